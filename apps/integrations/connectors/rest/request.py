"""Make the request of an operation: resolve expressions, and let no value escape its place in the URL."""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote, urlencode

from apps.core.expressions import ExpressionError, compile_expression, resolve
from apps.integrations.connectors.rest.definition import Auth, Path, RequestSpec
from apps.integrations.exceptions import OperationError
from apps.integrations.types import Json, Secret

_PATH = re.compile(r"^/[A-Za-z0-9\-._~!$&'()*+,;=:@%/]*(\?[A-Za-z0-9\-._~!$&'()*+,;=:@%/?\[\]]*)?$")


@dataclass(frozen=True, slots=True)
class PreparedRequest:
    """A request ready to be sent; ``shown`` is what may be kept of it."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes | None
    shown: Json


def prepare(
    spec: RequestSpec, *, base_url: str, common_headers: Mapping[str, Any], scope: Mapping[str, Any]
) -> PreparedRequest:
    """Return the request without credentials; raise OperationError ``request_not_built`` if an expression fails."""
    try:
        path = _path(spec.path, scope)
        query = _query(resolve(spec.query, scope))
        headers = _headers({**resolve(common_headers, scope), **resolve(spec.headers, scope)})
        body = resolve(spec.body, scope) if spec.has_body else None
    except ExpressionError as error:
        raise _not_built(f"{error.message}") from error
    content = _encode(body, headers, form=spec.form) if spec.has_body else None
    if query:
        path += ("&" if "?" in path else "?") + query
    url = base_url.rstrip("/") + path
    shown = {"method": spec.method, "url": url, "headers": dict(headers), "body": body}
    return PreparedRequest(spec.method, url, headers, content, shown)


def authorisation(auth: Auth, secret: Secret | None) -> dict[str, str]:
    """Return the headers that carry the credential; without a credential there are none."""
    kind = auth.kind or (secret.kind if secret else "none")
    if secret is None or kind == "none":
        return {}
    values = secret.values
    if kind == "bearer":
        return {auth.header: f"{auth.prefix}{values['token']}"}
    if kind == "basic":
        pair = f"{values['username']}:{values['password']}".encode()
        return {auth.header: f"Basic {base64.b64encode(pair).decode()}"}
    # A definition may fix the name of the header; otherwise the credential brings it along.
    name = auth.header if auth.header != "Authorization" else values.get("name") or auth.header
    return {name: f"{auth.prefix if auth.kind else ''}{values['value']}"}


def _path(path: Path, scope: Mapping[str, Any]) -> str:
    if path.expression is not None:
        made = compile_expression(path.expression).evaluate(scope)
        if not isinstance(made, str):
            raise _not_built("The path is not a text.")
    else:
        made = "".join(
            _segment(compile_expression(part).evaluate(scope)) if index % 2 else part
            for index, part in enumerate(path.parts)
        )
    if not _PATH.match(made):
        raise _not_built("The path holds characters that do not belong there.")
    segments = unquote(made.partition("?")[0]).replace("\\", "/").split("/")
    if "." in segments or ".." in segments or "" in segments[1:-1]:
        raise _not_built("The path leads out of its place.")
    return made


def _segment(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise _not_built("A part of the path is neither text nor whole number.")
    text = quote(str(value), safe="")
    if not text:
        raise _not_built("A part of the path is empty.")
    return text


def _query(values: Mapping[str, Any]) -> str:
    given = {name: value for name, value in values.items() if value is not None}
    return urlencode({name: _text(value) for name, value in given.items()}, doseq=True)


def _text(value: Any) -> Any:
    if isinstance(value, list):
        return [_text(item) for item in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _headers(values: Mapping[str, Any]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in values.items():
        if value is None:
            continue
        text = _text(value)
        if not isinstance(text, str) or not text.isprintable() or not text.isascii():
            raise _not_built(f"The header {name} cannot hold this value.")
        headers[name] = text
    return headers


def _encode(body: Any, headers: dict[str, str], *, form: bool) -> bytes:
    if form:
        if not isinstance(body, Mapping):
            raise _not_built("A form needs an object of fields.")
        headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
        return _query(body).encode()
    headers.setdefault("Content-Type", "application/json")
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _not_built(why: str) -> OperationError:
    return OperationError("request_not_built", f"The request cannot be made from this input. {why}")
