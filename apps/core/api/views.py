"""The base of every REST view."""

from collections.abc import Mapping
from typing import Any, ClassVar, cast

from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.actor import Actor
from apps.core.api import etags
from apps.core.api.gates import require_action
from apps.core.api.idempotency import once
from apps.core.api.paging import cut_page
from apps.core.api.parsers import StrictJSONParser, storable
from apps.core.api.reading import read, read_query
from apps.core.api.schema import ResourceSchema
from apps.core.api.shapes import represent, represent_all
from apps.core.errors import Invalid, NotFound, Unauthorized
from apps.core.rows import Listing

SerializerClass = type[serializers.BaseSerializer[Any]]


class Resource(APIView):
    """A resource or a command of the API.

    Say by HTTP method what it needs (``actions``), and for the reference what it takes and returns:

    * ``actions`` - the policy's action that is asked before the handler runs; "" for what every actor may do;
    * ``takes`` - the serializer of the body; ``returns`` - that of the answer; ``filters`` - that of the query;
    * ``listing`` - GET answers pages of ``returns["GET"]``; ``statuses`` - success statuses other than the usual;
    * ``secret_fields`` - of the answer to POST, shown this once: a repetition under the same key has null there;
    * ``public`` - no actor is needed (and there may be none).

    A POST with an ``Idempotency-Key`` is done once, unless ``once_by_key`` is False. Handlers raise ``apps.core.errors``;
    they become problem+json.
    """

    actions: ClassVar[Mapping[str, str]] = {}
    takes: ClassVar[Mapping[str, SerializerClass]] = {}
    returns: ClassVar[Mapping[str, SerializerClass]] = {}
    statuses: ClassVar[Mapping[str, int]] = {}
    filters: ClassVar[SerializerClass | None] = None
    listing: ClassVar[bool] = False
    public: ClassVar[bool] = False
    secret_fields: ClassVar[frozenset[str]] = frozenset()
    once_by_key: ClassVar[bool] = True

    parser_classes: Any = (StrictJSONParser,)
    schema = ResourceSchema()

    @property
    def actor(self) -> Actor:
        """Who asks; set by authentication."""
        actor = getattr(self.request, "actor", None)
        if actor is None:
            raise Unauthorized("not_authenticated", "Send an API key as a bearer token, or sign in.")
        return cast(Actor, actor)

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        if request.method == "POST" and "Idempotency-Key" in request.headers:
            request.body  # noqa: B018 - read now: once it is parsed as a stream the raw body is gone
        return super().initialize_request(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.method in self.allowed_methods and request.method != "OPTIONS" and not self.public:
            action = self.actions["GET" if request.method == "HEAD" else request.method]
            actor = self.actor
            if action:
                require_action(actor, action)
        _refuse_unstorable(request, kwargs)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """As the framework does it, with commands done once."""
        self.args, self.kwargs = args, kwargs
        framed = self.request = self.initialize_request(request, *args, **kwargs)
        self.headers = self.default_response_headers
        try:
            self.initial(framed, *args, **kwargs)
            response = self._answer(framed)
        except Exception as error:  # noqa: BLE001 - the exception handler answers all of them
            response = self.handle_exception(error)
        self.response = self.finalize_response(framed, response, *args, **kwargs)
        return self.response

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        answer = super().finalize_response(request, response, *args, **kwargs)
        # What the throttle has to tell about the actor's allowance.
        for name, value in getattr(request, "answer_headers", {}).items():
            answer[name] = value
        return answer

    def page(
        self,
        found: QuerySet[Any] | Listing[Any],
        serializer_class: SerializerClass,
        *,
        oldest_first: bool = False,
        context: Mapping[str, Any] | None = None,
    ) -> Response:
        """Answer one page of the list, by id, the newest first unless told otherwise."""
        cut = cut_page(found, self.request, oldest_first=oldest_first)
        body = represent_all(serializer_class, cut.rows, self._context(context))
        return Response({"results": body, "next": cut.next, "previous": cut.previous})

    def respond(
        self,
        serializer_class: SerializerClass,
        row: Any,
        *,
        status: int = 200,
        location: str = "",
        context: Mapping[str, Any] | None = None,
    ) -> Response:
        """Answer one row, with its ETag if it has a version (304 if the reader has it already)."""
        versioned = hasattr(row, "version")
        if versioned and self.request.method in {"GET", "HEAD"} and etags.is_unchanged(self.request, row):
            return Response(status=304, headers={"ETag": etags.etag(row)})
        body = represent(serializer_class, row, self._context(context))
        response = Response(body, status=status)
        if versioned:
            response["ETag"] = etags.etag(row)
        if location:
            response["Location"] = location
        return response

    def read(
        self, serializer_class: SerializerClass | None = None, *, partial: bool = False
    ) -> dict[str, Any]:
        """Return the validated body (by ``takes`` unless told otherwise); raise Invalid with pointers."""
        chosen = serializer_class or self.takes[cast(str, self.request.method)]
        return read(chosen, self.request.data, partial=partial)

    def query(self, serializer_class: SerializerClass | None = None) -> dict[str, Any]:
        """Return the validated query parameters (by ``filters`` unless told otherwise); unknown ones raise Invalid."""
        return read_query(serializer_class or self.filters, self.request.query_params)

    def check_if_match(self, row: Any) -> None:
        """Raise PreconditionFailed if the client read another version than the row has."""
        etags.check_if_match(self.request, row)

    def _answer(self, request: Request) -> Response:
        method = cast(str, request.method)
        handler = getattr(self, method.lower(), None)
        if handler is None or method.lower() not in self.http_method_names:
            self.http_method_not_allowed(request)
            raise AssertionError("not reached: the line above raises")
        if method != "POST" or self.public or not self.once_by_key:
            return cast(Response, handler(request, **self.kwargs))
        return once(
            request,
            self.actor,
            lambda: cast(Response, handler(request, **self.kwargs)),
            secret_fields=self.secret_fields,
        )

    def _context(self, extra: Mapping[str, Any] | None) -> dict[str, Any]:
        return {"request": self.request, "actor": getattr(self.request, "actor", None), **(extra or {})}


def _refuse_unstorable(request: Request, kwargs: Mapping[str, Any]) -> None:
    """No stored text holds U+0000 or half a surrogate pair: such a path leads nowhere, such a query is wrong."""
    if any(isinstance(value, str) and not storable(value) for value in kwargs.values()):
        raise NotFound("not_found", "There is nothing at this address.")
    if any(not storable(f"{name}{value}") for name, value in request.query_params.items()):
        raise Invalid("invalid_input", "The query holds a character that no text can hold.")
