"""Read a definition: typed, or every problem in it with a JSON pointer and a remedy."""

import re
from collections.abc import Mapping
from typing import Any

import jsonschema

from apps.core.errors import Problem
from apps.integrations.connectors.rest.definition import (
    DEFAULT_TIMEOUT,
    MAX_TIMEOUT,
    Auth,
    Definition,
    ErrorSpec,
    Idempotency,
    Lookup,
    Operation,
    RequestSpec,
)
from apps.integrations.connectors.rest.reader import REQUEST_NAMES, RESPONSE_NAMES, Reader
from apps.integrations.exceptions import InvalidConnection

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
SAFE = frozenset({"GET"})
KINDS = ("key", "natural", "query", "none")
_NAME = re.compile(r"^[a-z][a-z0-9_]{0,79}$")
_HEADER = re.compile(r"^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,80}$")
_RESERVED_HEADERS = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "accept-encoding"}
)
_REQUEST_KEYS = ("method", "path", "query", "headers", "body", "content")


def parse_definition(definition: Mapping[str, Any]) -> Definition:
    """Return the typed definition; raise InvalidConnection listing all problems."""
    reader = Reader()
    top = reader.mapping(
        definition,
        "",
        known=("format", "connector", "description", "auth", "headers", "operations", "test", "requires"),
    )
    if top.get("format", 1) != 1:
        reader.problem("/format", "unknown_format", "Only format 1 is known.", "Write `format: 1`.")
    operations = _operations(reader, top.get("operations"))
    test = reader.text(top.get("test", ""), "/test")
    if test and test not in operations:
        reader.problem(
            "/test", "unknown_operation", f"There is no operation {test!r}.", "Name one of the operations."
        )
    parsed = Definition(
        auth=_auth(reader, top.get("auth", {})),
        headers=_headers(reader, top.get("headers", {}), "/headers"),
        operations=operations,
        test=test,
        config_required=tuple(reader.texts(top.get("requires", []), "/requires")),
    )
    if reader.problems:
        count = len(reader.problems)
        raise InvalidConnection(
            "invalid_connection", f"The definition has {count} problem(s); see errors.", reader.problems
        )
    return parsed


def _operations(reader: Reader, value: Any) -> dict[str, Operation]:
    operations: dict[str, Operation] = {}
    for name, spec in reader.mapping(value, "/operations").items():
        pointer = f"/operations/{name}"
        if not _NAME.match(str(name)):
            reader.problem(
                pointer,
                "bad_name",
                f"{name!r} is no name.",
                "Use lower-case letters, digits and underscores.",
            )
        operations[str(name)] = _operation(reader, str(name), spec, pointer)
    if isinstance(value, Mapping) and not value:
        reader.problem("/operations", "empty", "There are no operations.", "Describe at least one operation.")
    return operations


def _operation(reader: Reader, name: str, value: Any, pointer: str) -> Operation:
    known = (*_REQUEST_KEYS, "description", "success", "result", "errors", "idempotency", "input", "timeout")
    spec = reader.mapping(value, pointer, known=known)
    request = _request(reader, spec, pointer)
    return Operation(
        name=name,
        description=str(spec.get("description", "")),
        request=request,
        success=_success(reader, spec.get("success"), f"{pointer}/success"),
        result=reader.document(spec.get("result", "= response.body"), f"{pointer}/result", RESPONSE_NAMES),
        errors=_errors(reader, spec.get("errors", {}), f"{pointer}/errors"),
        idempotency=_idempotency(reader, spec.get("idempotency"), f"{pointer}/idempotency", request.method),
        input_schema=_schema(reader, spec.get("input"), f"{pointer}/input"),
        timeout=_timeout(reader, spec.get("timeout", DEFAULT_TIMEOUT), f"{pointer}/timeout"),
    )


def _request(reader: Reader, spec: Mapping[str, Any], pointer: str) -> RequestSpec:
    method = reader.text(spec.get("method", "GET"), f"{pointer}/method")
    if method not in METHODS:
        reader.problem(
            f"{pointer}/method",
            "bad_method",
            f"{method!r} is no method.",
            f"Use one of {', '.join(METHODS)}.",
        )
    content = spec.get("content", "json")
    if content not in ("json", "form"):
        reader.problem(f"{pointer}/content", "bad_content", f"{content!r} is not known.", "Use json or form.")
    query = reader.mapping(spec.get("query", {}), f"{pointer}/query")
    return RequestSpec(
        method=method,
        path=reader.path(spec.get("path"), f"{pointer}/path"),
        query=reader.document(query, f"{pointer}/query", REQUEST_NAMES),
        headers=_headers(reader, spec.get("headers", {}), f"{pointer}/headers"),
        body=reader.document(spec.get("body"), f"{pointer}/body", REQUEST_NAMES),
        has_body="body" in spec,
        form=content == "form",
    )


def _headers(reader: Reader, value: Any, pointer: str) -> dict[str, Any]:
    headers = reader.mapping(value, pointer)
    for name in headers:
        if not _HEADER.match(str(name)) or str(name).lower() in _RESERVED_HEADERS:
            remedy = (
                "Leave it out; the platform sets it."
                if str(name).lower() in _RESERVED_HEADERS
                else "Rename it."
            )
            reader.problem(f"{pointer}/{name}", "bad_header", f"{name!r} cannot be set.", remedy)
    checked: dict[str, Any] = reader.document(headers, pointer, REQUEST_NAMES)
    return checked


def _idempotency(reader: Reader, value: Any, pointer: str, method: str) -> Idempotency:
    if value is None:
        if method not in SAFE:
            reader.problem(
                pointer,
                "missing",
                f"A {method} must say why sending it twice does no harm, or that it does.",
                "Write `idempotency: {kind: key}`, natural, query or none.",
            )
        return Idempotency("natural")
    spec = reader.mapping(value, pointer, known=("kind", "header", "lookup"))
    kind = reader.text(spec.get("kind", ""), f"{pointer}/kind")
    if kind not in KINDS:
        reader.problem(
            f"{pointer}/kind", "bad_kind", f"{kind!r} is not known.", f"Use one of {', '.join(KINDS)}."
        )
    if (kind == "query") != ("lookup" in spec):
        remedy = (
            "Say in `lookup` how to find what an earlier call made."
            if kind == "query"
            else "Remove `lookup`."
        )
        reader.problem(f"{pointer}/lookup", "bad_lookup", "Exactly the kind `query` has a lookup.", remedy)
    header = spec.get("header", "Idempotency-Key")
    if not isinstance(header, str) or not _HEADER.match(header):
        reader.problem(f"{pointer}/header", "bad_header", f"{header!r} is no header name.", "Name a header.")
    lookup = _lookup(reader, spec["lookup"], f"{pointer}/lookup") if "lookup" in spec else None
    return Idempotency(kind, str(header), lookup)


def _lookup(reader: Reader, value: Any, pointer: str) -> Lookup:
    spec = reader.mapping(value, pointer, known=(*_REQUEST_KEYS, "found", "result"))
    return Lookup(
        request=_request(reader, spec, pointer),
        found=reader.expression(spec.get("found"), f"{pointer}/found", RESPONSE_NAMES),
        result=reader.document(spec.get("result", "= response.body"), f"{pointer}/result", RESPONSE_NAMES),
    )


def _success(reader: Reader, value: Any, pointer: str) -> frozenset[int] | str | None:
    if value is None:
        return None
    if isinstance(value, list):
        return reader.statuses(value, pointer)
    return reader.expression(value, pointer, RESPONSE_NAMES)


def _errors(reader: Reader, value: Any, pointer: str) -> ErrorSpec:
    spec = reader.mapping(value, pointer, known=("retryable", "code", "message"))
    texts = {
        name: reader.expression(spec[name], f"{pointer}/{name}", RESPONSE_NAMES)
        for name in ("code", "message")
        if name in spec
    }
    return ErrorSpec(
        retryable=reader.statuses(spec.get("retryable", []), f"{pointer}/retryable"),
        code=texts.get("code"),
        message=texts.get("message"),
    )


def _auth(reader: Reader, value: Any) -> Auth:
    spec = reader.mapping(value, "/auth", known=("kind", "header", "prefix"))
    kind = spec.get("kind", "")
    if kind not in ("", "none", "bearer", "basic", "header"):
        reader.problem(
            "/auth/kind", "bad_kind", f"{kind!r} is not known.", "Use none, bearer, basic or header."
        )
    header = spec.get("header", "Authorization")
    if not isinstance(header, str) or not _HEADER.match(header) or header.lower() in _RESERVED_HEADERS:
        reader.problem("/auth/header", "bad_header", f"{header!r} is no header name.", "Name a header.")
    default_prefix = "" if kind == "header" else "Bearer "
    prefix = reader.text(spec.get("prefix", default_prefix), "/auth/prefix")
    return Auth(kind=str(kind), header=str(header), prefix=prefix)


def _schema(reader: Reader, value: Any, pointer: str) -> Mapping[str, Any] | None:
    if value is None:
        return None
    schema = reader.mapping(value, pointer)
    try:
        jsonschema.Draft202012Validator.check_schema(schema)
    except jsonschema.SchemaError as error:
        reader.problems.append(Problem(pointer, error.message, "bad_schema", "Write JSON Schema 2020-12."))
    return schema


def _timeout(reader: Reader, value: Any, pointer: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= MAX_TIMEOUT:
        reader.problem(
            pointer, "bad_timeout", f"{value!r} is no time-out.", f"Use seconds up to {MAX_TIMEOUT:.0f}."
        )
        return DEFAULT_TIMEOUT
    return float(value)
