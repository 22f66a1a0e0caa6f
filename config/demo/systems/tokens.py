"""Bearer tokens of the systems, one each, kept beside their data."""

import json
import secrets
from pathlib import Path

SYSTEMS = ("psa", "erp", "chat")


def ensure_tokens(data_dir: Path) -> dict[str, str]:
    """Returns system -> token from `data_dir/tokens.json`, making what is missing (file mode 0600)."""
    data_dir.mkdir(parents=True, exist_ok=True)
    path = data_dir / "tokens.json"
    tokens: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    if set(SYSTEMS) <= set(tokens):
        return tokens
    tokens = {system: tokens.get(system, f"{system}_{secrets.token_urlsafe(24)}") for system in SYSTEMS}
    draft = path.with_suffix(".tmp")
    draft.write_text(json.dumps(tokens, indent=2))
    draft.chmod(0o600)
    draft.replace(path)
    return tokens
