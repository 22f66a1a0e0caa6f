"""The generic-rest connector: bind a connection, perform its operations."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import jsonschema
from referencing import Registry
from referencing.exceptions import Unresolvable

from apps.core.errors import Problem
from apps.core.expressions import ExpressionError, compile_expression, resolve
from apps.core.http import HttpError, HttpResponse, SafeClient, outbound_client
from apps.integrations.connectors.excerpts import excerpt, mask, response_excerpt
from apps.integrations.connectors.rest.answer import body_of, no_answer, refusal, succeeded
from apps.integrations.connectors.rest.definition import (
    MAX_RESPONSE,
    MAX_TIMEOUT,
    Definition,
    ErrorSpec,
    Lookup,
    Operation,
    RequestSpec,
)
from apps.integrations.connectors.rest.parse import parse_definition
from apps.integrations.connectors.rest.request import PreparedRequest, authorisation, prepare
from apps.integrations.exceptions import InvalidConnection, OperationError
from apps.integrations.types import Json, OperationResult, Secret

_MIN_MASKED = 4


class RestConnection:
    """One connection to one system over REST; immutable."""

    def __init__(
        self, definition: Definition, config: Mapping[str, Any], secret: Secret | None, client: SafeClient
    ) -> None:
        self._definition = definition
        self._config = dict(config)
        self._base_url = str(config["base_url"])
        self._auth = authorisation(definition.auth, secret)
        self._secrets = _to_mask(secret)
        self._client = client

    @property
    def test_operation(self) -> str:
        return self._definition.test

    def has_operation(self, name: str) -> bool:
        return name in self._definition.operations

    def sends_once(self, name: str) -> bool:
        operation = self._definition.operations.get(name)
        return operation is not None and operation.idempotency.kind == "none"

    def patience(self, name: str, timeout: float | None) -> float:
        operation = self._definition.operations.get(name)
        if operation is None:
            return 0.0
        calls = 2 if operation.idempotency.lookup else 1
        return calls * _limit(operation, timeout)

    def execute(
        self, name: str, values: Json, key: str, *, maybe_sent: bool = False, timeout: float | None = None
    ) -> OperationResult:
        """Perform the operation; raise OperationError.

        ``maybe_sent``: an earlier call under the same intent may have had its effect, so look it up first if the
        operation can. ``timeout`` in seconds replaces the operation's own.
        """
        operation = self._definition.operations.get(name)
        if operation is None:
            raise OperationError("unknown_operation", f"The connection has no operation {name!r}.")
        _check_input(operation, values)
        scope = {"input": values, "config": self._config, "connection": {"config": self._config}, "key": key}
        seconds = _limit(operation, timeout)
        lookup = operation.idempotency.lookup
        if lookup is not None and maybe_sent:
            found = self._look_up(operation, lookup, scope, seconds)
            if found is not None:
                return found
        return self._perform(operation, scope, key, seconds)

    def _perform(self, operation: Operation, scope: Json, key: str, seconds: float) -> OperationResult:
        request = self._prepare(operation.request, scope)
        if operation.idempotency.kind == "key":
            request.headers[operation.idempotency.header] = key
        try:
            response = self._send(request, seconds)
        except OperationError as error:
            raise self._weighed(operation, error, request) from error
        answered = self._answered(scope, response)
        if not succeeded(operation, answered):
            refused = refusal(operation.errors, answered)
            refused.details["response"] = self._shown_response(answered)
            raise self._weighed(operation, refused, request)
        output = self._output(operation.result, answered, request)
        return OperationResult(
            output, self._shown(request), self._shown_response(answered), response.elapsed_ms
        )

    def _look_up(
        self, operation: Operation, lookup: Lookup, scope: Json, seconds: float
    ) -> OperationResult | None:
        """Return the result of an effect that exists already, None if it does not; not knowing is worth a retry."""
        request = self._prepare(lookup.request, scope)
        response = self._send(request, seconds)
        answered = self._answered(scope, response)
        try:
            found = compile_expression(lookup.found).evaluate(answered) is True
        except ExpressionError:
            found = False
        if found:
            output = self._output(lookup.result, answered, request)
            shown = self._shown_response(answered)
            return OperationResult(output, self._shown(request), shown, response.elapsed_ms, looked_up=True)
        if response.status >= 500 or response.status in (401, 403, 408, 429):
            error = refusal(ErrorSpec(), answered)
            error.details["request"] = self._shown(request)
            raise error
        return None

    def _prepare(self, spec: RequestSpec, scope: Json) -> PreparedRequest:
        return prepare(spec, base_url=self._base_url, common_headers=self._definition.headers, scope=scope)

    def _send(self, request: PreparedRequest, seconds: float) -> HttpResponse:
        headers = {
            "Accept": "application/json",
            "User-Agent": "integration/1",
            **request.headers,
            **self._auth,
        }
        try:
            return self._client.send(
                request.method,
                request.url,
                headers=headers,
                body=request.body,
                timeout=seconds,
                max_bytes=MAX_RESPONSE,
            )
        except HttpError as error:
            raise no_answer(error) from error

    @staticmethod
    def _answered(scope: Json, response: HttpResponse) -> Json:
        seen = {"status": response.status, "headers": dict(response.headers), "body": body_of(response)}
        return scope | {"response": seen}

    def _output(self, result: Any, answered: Json, request: PreparedRequest) -> Json:
        try:
            value = resolve(result, answered)
        except ExpressionError as error:
            # It was done; sending it again cannot make the answer readable.
            details = {"request": self._shown(request), "response": self._shown_response(answered)}
            message = f"It was done, but the answer does not hold the expected result. {error.message}"
            raise OperationError("result_not_readable", message, ambiguous=True, details=details) from error
        return value if isinstance(value, dict) else {"value": value}

    def _weighed(
        self, operation: Operation, error: OperationError, request: PreparedRequest
    ) -> OperationError:
        """Return the error in the light of the operation's idempotency: ambiguous where nothing helps is for a person."""
        details = error.details | {"operation": operation.name, "request": self._shown(request)}
        if error.ambiguous and operation.idempotency.kind == "none":
            message = (
                f"Nobody knows whether it was done. {error.message} Look in the system before trying again."
            )
            return OperationError(
                "outcome_unknown", mask(message, self._secrets), ambiguous=True, details=details
            )
        return OperationError(
            error.code,
            mask(error.message, self._secrets),
            retryable=error.retryable,
            ambiguous=error.ambiguous,
            retry_after=error.retry_after,
            details=mask(details, self._secrets),
        )

    def _shown(self, request: PreparedRequest) -> Json:
        shown = request.shown | {"body": excerpt(request.shown["body"], self._secrets)}
        masked: Json = mask(shown, self._secrets)
        return masked

    def _shown_response(self, answered: Json) -> Json:
        response = answered["response"]
        return response_excerpt(response["status"], response["headers"], response["body"], self._secrets)


class RestConnector:
    """Binds definitions of the format described in docs/integrations.md."""

    def __init__(self, client: SafeClient | None = None) -> None:
        self._client = client

    def bind(
        self, definition: Mapping[str, Any], config: Mapping[str, Any], secret: Secret | None
    ) -> RestConnection:
        """Return the connection; raise InvalidConnection with everything wrong about it."""
        parsed = parse_definition(definition)
        problems = list(_config_problems(parsed, config, secret))
        if problems:
            raise InvalidConnection(
                "invalid_connection", "The configuration does not fit; see errors.", problems
            )
        return RestConnection(parsed, config, secret, self._client or outbound_client())


def _config_problems(
    parsed: Definition, config: Mapping[str, Any], secret: Secret | None
) -> Sequence[Problem]:
    problems: list[Problem] = []
    base_url = config.get("base_url")
    if not isinstance(base_url, str) or not base_url.startswith(("https://", "http://")):
        problems.append(
            Problem("/config/base_url", "The base URL is missing.", "missing", "Write https://...")
        )
    elif "?" in base_url or "#" in base_url or "@" in base_url:
        problems.append(
            Problem(
                "/config/base_url", "A base URL has no query, fragment or user.", "invalid", "Leave them out."
            )
        )
    problems.extend(
        Problem(f"/config/{name}", "The definition requires this value.", "missing", "Add it.")
        for name in parsed.config_required
        if config.get(name) in (None, "")
    )
    kind = parsed.auth.kind
    if secret is not None and kind not in ("", secret.kind):
        problems.append(
            Problem(
                "/credential/kind",
                f"The system expects {kind}, not {secret.kind}.",
                "wrong_kind",
                f"Send {kind}.",
            )
        )
    return problems


def _limit(operation: Operation, timeout: float | None) -> float:
    return min(timeout or operation.timeout, MAX_TIMEOUT)


def _check_input(operation: Operation, values: Json) -> None:
    if operation.input_schema is None:
        return
    # An empty registry: a schema never makes us fetch another one.
    validator = jsonschema.Draft202012Validator(operation.input_schema, registry=Registry())
    try:
        errors = list(validator.iter_errors(values))
    except (Unresolvable, re.error, RecursionError) as error:
        raise OperationError(
            "invalid_schema", f"The operation's input schema is not usable: {error}"
        ) from error
    if errors:
        found = [{"pointer": error.json_path, "detail": error.message} for error in errors[:10]]
        message = f"The input does not fit the operation: {errors[0].message}"
        raise OperationError("invalid_input", message, details={"operation": operation.name, "errors": found})


def _to_mask(secret: Secret | None) -> tuple[str, ...]:
    if secret is None:
        return ()
    hidden = (value for name, value in secret.values.items() if name not in ("username", "name"))
    return tuple(value for value in hidden if len(value) >= _MIN_MASKED)
