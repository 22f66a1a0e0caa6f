"""Reads template text (YAML, and JSON as a part of it) into JSON values, remembering where each value stands.

Of YAML only what JSON can hold is read, in the 1.2 sense: `yes` and dates are strings, anchors and tags are refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from apps.workflows.engine.problems import TemplateProblem
from apps.workflows.engine.yaml_nodes import compose

MAX_TEXT = 256 * 1024
MAX_NESTING = 60
Position = tuple[int, int]

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?[0-9]+(\.[0-9]*)?([eE][-+]?[0-9]+)?")
_WORDS: dict[str, Any] = {"": None, "~": None, "null": None, "true": True, "false": False}


@dataclass(slots=True)
class Source:
    """A document as JSON, with the line and column of every value by its path."""

    data: Any
    positions: dict[str, Position] = field(default_factory=dict)
    problems: list[TemplateProblem] = field(default_factory=list)
    styles: dict[str, str] = field(default_factory=dict)
    """Style of the scalars that are not plain: quotes, `|`, `>`; by path."""

    def position(self, path: str) -> Position:
        """Line and column of the value at a path, or of the nearest thing around it; (0, 0) when unknown."""
        while path and path not in self.positions:
            cut = max(path.rfind("."), path.rfind("["))
            path = path[:cut] if cut > 0 else ""
        return self.positions.get(path, (0, 0))


def read_text(text: str, *, limit: int = MAX_TEXT) -> Source:
    """Read YAML or JSON. Syntax errors, duplicate keys and unsupported YAML are problems of the result.

    `limit` is in characters.
    """
    source = Source(data=None)
    if len(text) > limit:
        source.problems.append(_problem("too_large", f"The text is larger than {limit // 1024} KB.", (1, 1)))
        return source
    try:
        node = compose(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        position = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        source.problems.append(
            _problem("syntax", f"Not readable as YAML: {error.problem or error.context}.", position)
        )
        return source
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        source.problems.append(_problem("syntax", f"Not readable as YAML: {error}.", (1, 1)))
        return source
    if node is not None:
        source.data = _Builder(source).value(node, "", 0)
    return source


def _problem(
    code: str, message: str, position: Position, path: str = "", remedy: str = ""
) -> TemplateProblem:
    return TemplateProblem(code, message, path, position[0], position[1], remedy)


class _Builder:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.seen: set[int] = set()

    def value(self, node: yaml.Node, path: str, depth: int) -> Any:
        position = (node.start_mark.line + 1, node.start_mark.column + 1)
        self.source.positions[path] = position
        if depth > MAX_NESTING:
            self._report("too_deep", f"Nested more than {MAX_NESTING} levels.", position, path)
            return None
        if id(node) in self.seen:
            self._report(
                "alias", "Anchors and aliases are not supported.", position, path, "Repeat the value."
            )
            return None
        self.seen.add(id(node))
        if not node.tag.startswith("tag:yaml.org,2002:"):
            self._report("tag", f"The tag {node.tag} is not supported.", position, path, "Remove the tag.")
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path, depth)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, f"{path}[{index}]", depth + 1) for index, item in enumerate(node.value)]
        if not isinstance(node, yaml.ScalarNode):
            return None
        if node.style:
            self.source.styles[path] = node.style
        return _scalar(node)

    def _mapping(self, node: yaml.MappingNode, path: str, depth: int) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            position = (key_node.start_mark.line + 1, key_node.start_mark.column + 1)
            if not isinstance(key_node, yaml.ScalarNode):
                self._report("key", "A key must be a string.", position, path)
                continue
            key = key_node.value
            inner = f"{path}.{key}" if path else key
            if key in result:
                self._report(
                    "duplicate_key", f"'{key}' stands here twice.", position, inner, "Remove one of them."
                )
                continue
            result[key] = self.value(value_node, inner, depth + 1)
        return result

    def _report(self, code: str, message: str, position: Position, path: str, remedy: str = "") -> None:
        self.source.problems.append(_problem(code, message, position, path, remedy))


def _scalar(node: yaml.ScalarNode) -> Any:
    text: str = node.value
    if node.style is not None:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text) and len(text) < 19:
        return int(text)
    if _FLOAT.fullmatch(text) and len(text) < 40:
        number = float(text)
        return number if abs(number) < 1e300 else text
    return text
