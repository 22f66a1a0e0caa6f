"""YAML text as nodes: by libyaml where it is there, ten times as quick; what it refuses the Python parser judges."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MAX_DEPTH = 100
"""Deeper nesting is left to the Python parser, which cannot exhaust the stack of the process."""
_PLAIN_TAG = "tag:yaml.org,2002:str"


def compose(text: str) -> yaml.Node | None:
    """The one document of a text; None for an empty one. Raise yaml.YAMLError or RecursionError.

    Tags of nodes are only meaningful where the text gives them.
    """
    try:
        return _Composer(text).document()
    except (yaml.YAMLError, RecursionError):
        return yaml.compose(text, Loader=yaml.SafeLoader)


class _Composer:
    def __init__(self, text: str) -> None:
        self.events: Iterator[Any] = yaml.parse(text, Loader=_LOADER)
        self.anchors: dict[str, yaml.Node] = {}

    def document(self) -> yaml.Node | None:
        next(self.events)
        if isinstance(next(self.events), yaml.StreamEndEvent):
            return None
        node = self.node(next(self.events), 0)
        next(self.events)
        if not isinstance(next(self.events), yaml.StreamEndEvent):
            raise yaml.YAMLError("more than one document")
        return node

    def node(self, event: Any, depth: int) -> yaml.Node:
        start: Any = event.start_mark
        if depth > _MAX_DEPTH:
            raise RecursionError
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        node: yaml.Node
        if isinstance(event, yaml.ScalarEvent):
            node = yaml.ScalarNode(event.tag or _PLAIN_TAG, event.value, start, None, event.style or None)
            return self._anchored(event, node)
        if isinstance(event, yaml.SequenceStartEvent):
            node = yaml.SequenceNode(event.tag or _PLAIN_TAG, [], start)
            self._anchored(event, node)
            while not isinstance(inner := next(self.events), yaml.SequenceEndEvent):
                node.value.append(self.node(inner, depth + 1))
            return node
        node = yaml.MappingNode(event.tag or _PLAIN_TAG, [], start)
        self._anchored(event, node)
        while not isinstance(inner := next(self.events), yaml.MappingEndEvent):
            key = self.node(inner, depth + 1)
            node.value.append((key, self.node(next(self.events), depth + 1)))
        return node

    def _anchored(self, event: Any, node: yaml.Node) -> yaml.Node:
        if event.anchor is not None:
            if event.anchor in self.anchors:
                raise yaml.YAMLError("an anchor stands twice")
            self.anchors[event.anchor] = node
        return node

    def _alias(self, event: Any) -> yaml.Node:
        if event.anchor not in self.anchors:
            raise yaml.YAMLError("an alias of nothing")
        return self.anchors[event.anchor]
