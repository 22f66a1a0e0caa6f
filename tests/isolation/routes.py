"""Every route of a host, and how to probe it: addresses with ids of one side or the other, bodies that are valid."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from django.urls import URLPattern, URLResolver
from django.urls.resolvers import RoutePattern
from rest_framework import serializers

UNSAFE = ("POST", "PUT", "PATCH", "DELETE")

# Names of addresses' parts whose meaning depends on where they stand.
MEANINGS = (
    (r"inbound-hooks/.*events", "event_id", "inbound_id"),
    (r"settings/hooks/.*messages", "event_id", "inbound_id"),
    (r"api/v1/events", "event_id", "outbox_id"),
    (r"^events/", "event_id", "outbox_id"),
    (r"api/v1/staffing-requests", "request_id", "staffing_id"),
    (r"^approvals/", "request_id", "approval_id"),
    (r"^status/decisions/", "request_id", "decision_id"),
)
# Parts that name nothing of a tenant.
NEUTRAL: Mapping[str, Any] = {
    "number": 1,
    "name": "contract.signed",
    "token": "no-such-token",
    "uidb36": "1a",
    "rest": "nothing/here",
    "visit": "wait-1",
}


@dataclass(frozen=True)
class Route:
    """One address of a host with what it answers to."""

    pattern: str
    view: Any
    methods: tuple[str, ...]
    parts: tuple[str, ...]

    def __str__(self) -> str:
        return self.pattern or "(root)"

    @property
    def is_api(self) -> bool:
        return self.pattern.startswith("api/v1/")

    @property
    def names_things(self) -> bool:
        """Whether the address holds an id or key of something that belongs to a tenant."""
        return any(part not in NEUTRAL for part in self.parts) and "password/reset" not in self.pattern

    def path(self, ids: Mapping[str, Any]) -> str:
        """Return the address with these ids; KeyError names a part that nobody knows how to fill."""
        path = re.sub(r"^\^|\$$|\\/?", lambda m: "/" if m.group().endswith("/") else "", self.pattern)
        if "(?P" in path:
            path = re.sub(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)", lambda m: str(self._value(m[1], ids)), path)
        path = re.sub(r"<(?:\w+:)?(\w+)>", lambda m: str(self._value(m[1], ids)), path)
        return "/" + path.replace("^", "").replace("$", "")

    def body(self, method: str, ids: Mapping[str, Any]) -> dict[str, Any]:
        """Return a valid body for the method, made from what the view says it takes."""
        taken = getattr(getattr(self.view, "view_class", None), "takes", {}).get(method)
        return {} if taken is None else example(taken(), ids)

    def _value(self, part: str, ids: Mapping[str, Any]) -> Any:
        for where, name, meaning in MEANINGS:
            if part == name and re.search(where, self.pattern):
                return ids[meaning]
        if part == "key" and "password/reset" in self.pattern:
            return "x-y"
        return ids[part] if part in ids else NEUTRAL[part]


def routes_of(urlconf: str) -> list[Route]:
    """Return every route below a URL root."""
    return list(_walk(import_module(urlconf).urlpatterns, ""))


def example(serializer: serializers.BaseSerializer[Any], ids: Mapping[str, Any]) -> dict[str, Any]:
    """Return the least a serializer accepts; ids of things come from ``ids`` by the field's name."""
    if not isinstance(serializer, serializers.Serializer):
        return {}
    return {
        name: _example(name, held, ids)
        for name, held in serializer.fields.items()
        if not held.read_only and (held.required or name in ids)
    }


def _example(name: str, held: serializers.Field[Any, Any, Any, Any], ids: Mapping[str, Any]) -> Any:
    if isinstance(held, serializers.UUIDField):
        return str(ids[name])
    if isinstance(held, serializers.Serializer):
        return example(held, ids)
    if isinstance(held, serializers.ListField | serializers.ListSerializer):
        return _list(name, held, ids)
    if isinstance(held, serializers.ChoiceField):
        return next(iter(held.choices))
    return SIMPLE.get(type(held).__name__, BY_NAME.get(name, "example"))


def _list(name: str, held: Any, ids: Mapping[str, Any]) -> list[Any]:
    return [BY_NAME[name] if name in BY_NAME else _example(name, held.child, ids)]


SIMPLE: Mapping[str, Any] = {
    "BooleanField": True,
    "IntegerField": 1,
    "FloatField": 0.5,
    "DateField": "2030-01-01",
    "DayOrTimeField": "2030-01-01",
    "EmailField": "somebody@example.com",
    "URLField": "https://example.com/",
    "ObjectField": {},
    "JSONField": {},
    "DictField": {},
}
BY_NAME: Mapping[str, Any] = {
    "reason": "for the test",
    "scopes": "runs:read",
    "roles": "auditor",
    "role": "auditor",
    "slot": "psa",
    "url": "https://example.com/",
    "event_types": "*",
    "scheme": "standard-webhooks",
    "primary": "#1f3a5f",
    "slug": "a-new-name",
    "region": "EU",
}


def _walk(patterns: list[Any], prefix: str) -> Iterator[Route]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, prefix + _text(pattern))
        elif isinstance(pattern, URLPattern):
            yield _route(prefix + _text(pattern), pattern)


def _text(pattern: Any) -> str:
    text = str(pattern.pattern)
    return text if isinstance(pattern.pattern, RoutePattern) else text.lstrip("^")


def _route(text: str, pattern: URLPattern) -> Route:
    view_class = getattr(pattern.callback, "view_class", None)
    names = ("get", "post", "put", "patch", "delete")
    methods = tuple(name.upper() for name in names if view_class is None or hasattr(view_class, name))
    parts = tuple(re.findall(r"<(?:\w+:)?(\w+)>", text))
    return Route(text, pattern.callback, methods if view_class else ("GET", "POST"), parts)
