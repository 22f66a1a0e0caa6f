"""The reference page's contents, from the OpenAPI document; pure."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_SUCCESS = ("200", "201", "202", "204")


@dataclass(frozen=True, slots=True)
class Field:
    """One input or output: its name, what it may hold, whether it must be given, what it means."""

    name: str
    kind: str
    required: bool
    meaning: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one address."""

    anchor: str
    method: str
    path: str
    summary: str
    description: str
    parameters: list[Field]
    body: list[Field]
    status: str
    answer: list[Field]
    listing: bool
    curl: str
    python: str


@dataclass(frozen=True, slots=True)
class Chapter:
    """All operations of one resource."""

    name: str
    title: str
    operations: list[Operation]


def chapters(document: Mapping[str, Any]) -> list[Chapter]:
    """Return the operations of an OpenAPI document by resource, in the order of their names."""
    by_name: dict[str, list[Operation]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            made = _operation(document, path, method.upper(), operation)
            by_name.setdefault(operation["tags"][0], []).append(made)
    return [Chapter(name, _title(name), by_name[name]) for name in sorted(by_name)]


def _title(name: str) -> str:
    return name.replace("-", " ").capitalize().replace("Api ", "API ")


def _operation(
    document: Mapping[str, Any], path: str, method: str, operation: Mapping[str, Any]
) -> Operation:
    body = _schema_of(operation.get("requestBody", {}))
    status = next((code for code in operation["responses"] if code in _SUCCESS), "200")
    answered = _resolve(document, _schema_of(operation["responses"].get(status, {})))
    listing = set(answered.get("properties", {})) == {"results", "next", "previous"}
    item = answered["properties"]["results"]["items"] if listing else answered
    example = _example(document, body) if body else None
    return Operation(
        anchor=operation["operationId"].replace("_", "-"),
        method=method,
        path=path,
        summary=operation.get("summary", ""),
        description=operation.get("description", ""),
        parameters=[_parameter(document, parameter) for parameter in operation.get("parameters", ())],
        body=list(_fields(document, body)),
        status=status,
        answer=list(_fields(document, item)),
        listing=listing,
        curl=_curl(method, path, example),
        python=_python(method, path, example),
    )


def _schema_of(content: Mapping[str, Any]) -> Mapping[str, Any]:
    for media in content.get("content", {}).values():
        schema: Mapping[str, Any] = media.get("schema", {})
        return schema
    return {}


def _resolve(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    while True:
        reference = schema.get("$ref")
        if reference is None and len(schema.get("allOf", ())) == 1:
            reference = schema["allOf"][0].get("$ref")
        if reference is None:
            return schema
        schema = document["components"]["schemas"][reference.rsplit("/", 1)[-1]]


def _fields(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[Field]:
    schema = _resolve(document, schema)
    required = schema.get("required", ())
    for name, inner in schema.get("properties", {}).items():
        meaning = inner.get("description", "") or _resolve(document, inner).get("description", "")
        yield Field(name, _kind(document, inner), name in required, meaning)


def _parameter(document: Mapping[str, Any], parameter: Mapping[str, Any]) -> Field:
    kind = _kind(document, parameter.get("schema", {}))
    return Field(
        parameter["name"],
        kind,
        parameter.get("required", False),
        parameter.get("description", ""),
        parameter["in"],
    )


def _kind(document: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    schema = _resolve(document, schema)
    if "enum" in schema:
        return "one of " + ", ".join(str(value) for value in schema["enum"] if value not in {"", None})
    names = _types(schema) or ["any"]
    if names == ["array"]:
        return f"list of {_kind(document, schema.get('items', {}))}"
    return " or ".join(str(schema.get("format", name)) if name == "string" else name for name in names)


def _types(schema: Mapping[str, Any]) -> list[str]:
    """Return what the value may be, besides null."""
    kind = schema.get("type", [])
    return [name for name in ([kind] if isinstance(kind, str) else kind) if name != "null"]


def _example(document: Mapping[str, Any], schema: Mapping[str, Any], depth: int = 0) -> Any:
    """Return a plausible value of the schema, for the quick starts."""
    schema = _resolve(document, schema)
    if schema.get("examples") or "default" in schema:
        return schema["examples"][0] if schema.get("examples") else schema["default"]
    kind = next(iter(_types(schema)), "any")
    if kind == "object" or "properties" in schema:
        required = schema.get("required", ()) or list(schema.get("properties", {}))[:3]
        inner = schema.get("properties", {})
        return {
            name: _example(document, inner[name], depth + 1)
            for name in required
            if name in inner and depth < 4
        }
    if kind == "array":
        return [_example(document, schema.get("items", {}), depth + 1)]
    if schema.get("enum"):
        return schema["enum"][0]
    texts = {
        "uuid": "0198c2f0-…",
        "email": "anna@example.com",
        "date-time": "2026-01-31T09:00:00Z",
        "date": "2026-01-31",
    }
    plain: dict[Any, Any] = {"integer": 1, "number": 1.5, "boolean": True}
    return plain.get(kind, texts.get(schema.get("format", ""), "…"))


def _curl(method: str, path: str, example: Any) -> str:
    lines = [f'curl -X {method} "$BASE{path}"', '-H "Authorization: Bearer $KEY"']
    if method == "POST":
        lines.append('-H "Idempotency-Key: $(uuidgen)"')
    if example:
        lines += ['-H "Content-Type: application/json"', f"-d '{json.dumps(example, ensure_ascii=False)}'"]
    return " \\\n  ".join(lines)


def _python(method: str, path: str, example: Any) -> str:
    arguments = [f'"{method}"', f'BASE + "{path}"', 'headers={"Authorization": f"Bearer {KEY}"}']
    if example:
        arguments.append(f"json={json.dumps(example, ensure_ascii=False)}")
    return "requests.request(\n    " + ",\n    ".join(arguments) + ",\n)"
