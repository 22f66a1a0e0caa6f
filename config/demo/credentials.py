"""``credentials.json``: every host, login, key and secret of the demo."""

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

Json = dict[str, Any]


def password_of(email: str, secret: str) -> str:
    """Return the demo password of a person; the same as long as the machine's secret is the same."""
    digest = hmac.new(secret.encode(), email.encode(), hashlib.sha256).hexdigest()
    return f"demo-{digest[:14]}"


def read(path: Path) -> Json:
    """Return what an earlier start wrote, or an empty object."""
    try:
        held: Json = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return held


def write(path: Path, content: Json) -> None:
    """Write the file whole or not at all, for its owner's eyes."""
    draft = path.with_suffix(".new")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    draft.replace(path)


def tenant(content: Json, slug: str) -> Json:
    """Return the tenant's part."""
    found: Json = next(part for part in content["tenants"] if part["slug"] == slug)
    return found


def user(part: Json, role: str) -> Json:
    """Return the first login of a tenant or partner that has the role."""
    found: Json = next(login for login in part["users"] if role in login["roles"])
    return found
