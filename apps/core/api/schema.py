"""OpenAPI of a Resource, from what it declares about itself."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

_PAGE_PARAMETERS = [
    OpenApiParameter("cursor", str, description="Where the page begins: taken from a next or previous link."),
    OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": 100, "default": 25}),
]
_KEY_PARAMETER = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
    OpenApiParameter.HEADER,
    description="Any text unique to this command, such as a UUID; sent again, the command is not done again.",
)
_MATCH_PARAMETER = OpenApiParameter(
    "If-Match",
    {"type": "string", "pattern": '^"[0-9]{1,9}"$'},
    OpenApiParameter.HEADER,
    description="The ETag you read; if the resource has changed since, the answer is 412.",
)


class ProblemDetail(serializers.Serializer[Any]):
    """One thing wrong with the input."""

    pointer = serializers.CharField(help_text="JSON pointer into the body, or the name of the parameter.")
    detail = serializers.CharField()
    code = serializers.CharField()
    remedy = serializers.CharField(required=False)
    line = serializers.IntegerField(required=False)


class Problem(serializers.Serializer[Any]):
    """A refusal as RFC 9457 describes it; ``code`` is stable."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField()
    request_id = serializers.CharField(required=False)
    errors = ProblemDetail(many=True)  # type: ignore[assignment]


class ResourceSchema(AutoSchema):
    """Reads ``takes``, ``returns``, ``filters``, ``listing`` and the handler's docstring."""

    def get_tags(self) -> list[str]:
        return [self._segments()[0]]

    def get_operation_id(self) -> str:
        segments = self._segments()
        name = (
            "_".join(part for part in segments if not part.startswith("{"))
            .replace("-", "_")
            .replace(".", "_")
        )
        if self._listing():
            return f"{name}_list"
        one = "_one" if segments[-1].startswith("{") else ""
        verb = {"POST": "do", "PATCH": "change", "PUT": "replace"}.get(self.method, self.method.lower())
        return f"{name}_{verb}{one}"

    def get_summary(self) -> str | None:
        handler = getattr(self.view, self.method.lower(), None)
        first = (getattr(handler, "__doc__", None) or "").strip().split("\n")[0]
        return first.rstrip(".") or None

    def get_override_parameters(self) -> list[Any]:
        parameters: list[Any] = []
        if self._listing():
            parameters += _PAGE_PARAMETERS
        filters = getattr(self.view, "filters", None)
        if self.method == "GET" and filters is not None:
            parameters.append(filters)
        if self.method == "POST":
            parameters.append(_KEY_PARAMETER)
        if self.method in {"PUT", "PATCH"}:
            parameters.append(_MATCH_PARAMETER)
        return parameters

    def get_request_serializer(self) -> Any:
        return self._declared("takes").get(self.method)

    def get_response_serializers(self) -> Any:
        status = self._declared("statuses").get(self.method, 204 if self.method == "DELETE" else 200)
        returned = self._declared("returns").get(self.method)
        if returned is None and status != 204:
            returned = {"type": "object", "additionalProperties": True}
        return {status: returned, "default": Problem}

    def _is_list_view(self, serializer: Any = None) -> bool:
        return False

    def _get_response_for_code(
        self, serializer: Any, status_code: str, media_types: Any = None, direction: str = "response"
    ) -> dict[str, Any]:
        if status_code == "default":
            media_types = ["application/problem+json"]
        answer: dict[str, Any] = super()._get_response_for_code(  # type: ignore[no-untyped-call]
            serializer, status_code, media_types, direction
        )
        if self._listing() and status_code == "200":
            for content in answer.get("content", {}).values():
                content["schema"] = _page_of(content["schema"])
        return answer

    def _listing(self) -> bool:
        return self.method == "GET" and bool(getattr(self.view, "listing", False))

    def _declared(self, name: str) -> Mapping[str, Any]:
        declared: Mapping[str, Any] = getattr(self.view, name, {})
        return declared

    def _segments(self) -> list[str]:
        parts = [part for part in self.path.split("/") if part and part not in {"api", "v1"}]
        return parts or ["root"]


def _page_of(schema: Mapping[str, Any]) -> dict[str, Any]:
    link = {"type": ["string", "null"], "format": "uri"}
    return {
        "type": "object",
        "required": ["results", "next", "previous"],
        "properties": {"results": {"type": "array", "items": dict(schema)}, "next": link, "previous": link},
    }
