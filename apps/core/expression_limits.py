"""Bounds on what an expression may cost, measured on its text and on the values it gets.

The CEL library has no budget of its own and cannot be interrupted, so the worst case is computed before it runs:
every token of a macro's body costs one step per iteration, and could put a whole input into the result.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

MAX_SOURCE: Final = 2_000
"""Characters in one expression."""
MAX_NESTING: Final = 3
"""Macros (`map`, `filter`, `all`, `exists`, `exists_one`) inside one another."""
MAX_BRACKETS: Final = 40
"""Brackets inside one another; the parser is recursive."""
MAX_NODES: Final = 50_000
"""Values in all the variables an expression refers to; a string counts one more for every 64 characters."""
MAX_STEPS: Final = 1_000_000
"""Worst-case evaluation steps, about a microsecond each."""
MAX_RESULT: Final = 2_000_000
"""Worst-case values in the result."""

MACROS: Final = frozenset({"map", "filter", "all", "exists", "exists_one"})

Paths = Mapping[str, "Paths"] | None
"""What is used of a value: some members, and what of each; None for all of it."""

_TOKEN = re.compile(
    r"""
    (?P<space>\s+|//[^\n]*)
  | (?P<string>[rRbB]{0,2}(?:\"\"\"(?:\\.|(?!\"\"\").)*\"\"\"|'''(?:\\.|(?!''').)*'''
      |"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'))
  | (?P<number>\d[\w.]*)
  | (?P<name>[A-Za-z_]\w*)
  | (?P<punct>&&|\|\||[<>=!]=|.)
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Token:
    """A lexical unit: kind `string`, `number`, `name` or `punct`."""

    kind: str
    text: str
    offset: int


@dataclass(frozen=True, slots=True)
class Shape:
    """What the text of an expression says about its cost.

    `body_tokens[d]` is the number of tokens inside d macros; `paths` holds the root variables, each with the members
    that are used of it, and so on down (`event.data.id` -> {event: {data: {id: None}}}); None where all is needed. Only
    `map` can make a result larger than what it gets, hence `maps`. `bound` are the names macros give to the elements.
    """

    body_tokens: tuple[int, ...]
    widening: int
    longest_literal: int
    deepest_bracket: int
    maps: bool
    bound: frozenset[str]
    paths: Mapping[str, Paths]

    @property
    def nesting(self) -> int:
        """How many macros stand inside one another at most."""
        return len(self.body_tokens) - 1


def tokenize(source: str) -> list[Token]:
    """The tokens of a CEL expression, without space and comments. Never fails: the parser judges, not this."""
    tokens = []
    for match in _TOKEN.finditer(source):
        kind = match.lastgroup or "punct"
        if kind != "space":
            tokens.append(Token(kind, match.group(), match.start()))
    return tokens


def measure(source: str) -> Shape:
    """Measure the text of an expression."""
    tokens = tokenize(source)
    body_tokens = [0]
    brackets: list[bool] = []
    bound = set()
    deepest = depth = 0
    for position, token in enumerate(tokens):
        if token.text in ("(", "[", "{"):
            is_macro = token.text == "(" and _is_macro_call(tokens, position)
            brackets.append(is_macro)
            if is_macro:
                depth += 1
                bound.add(tokens[position + 1].text if position + 1 < len(tokens) else "")
            deepest = max(deepest, len(brackets))
            if depth == len(body_tokens):
                body_tokens.append(0)
        elif token.text in (")", "]", "}") and brackets:
            depth -= brackets.pop()
        body_tokens[depth] += 1
    return Shape(
        body_tokens=tuple(body_tokens),
        widening=1 + sum(token.text == "+" for token in tokens),
        longest_literal=1 + sum(token.text == "," for token in tokens),
        deepest_bracket=deepest,
        maps=any(token.text == "map" for token in tokens),
        bound=frozenset(bound),
        paths=_paths(tokens) or {},
    )


def worst_case(shape: Shape, longest: int, nodes: int) -> tuple[int, int]:
    """Evaluation steps and result size an expression could reach.

    `longest` is the length of the longest list or map it gets, `nodes` the number of values in all of them.
    """
    iterations = max(longest, shape.longest_literal) * shape.widening
    steps, result = 0, 0
    for depth, tokens in enumerate(shape.body_tokens):
        weight = tokens * iterations**depth
        steps += weight
        if depth and shape.maps:
            result += weight * nodes
    return steps, result


def _is_macro_call(tokens: list[Token], bracket: int) -> bool:
    return bracket >= 2 and tokens[bracket - 1].text in MACROS and tokens[bracket - 2].text == "."


def _paths(tokens: list[Token]) -> Paths:
    found: Paths = {}
    for position, token in enumerate(tokens):
        if token.kind == "name" and not (position and tokens[position - 1].text == "."):
            found = _with_path(found, [token.text, *_members(tokens, position)])
    return found


def _members(tokens: list[Token], position: int) -> list[str]:
    """The members named one after another behind a name; the name of a method is none."""
    found: list[str] = []
    texts = [token.text for token in tokens]
    while texts[position + 1 : position + 2] == ["."] and tokens[position + 2 : position + 3]:
        position += 2
        if tokens[position].kind != "name" or texts[position + 1 : position + 2] == ["("]:
            break
        found.append(texts[position])
    return found


def _with_path(paths: Paths, names: list[str]) -> Paths:
    """The paths with one more; what is needed whole stays whole."""
    if paths is None or not names:
        return None
    first, *rest = names
    return {**paths, first: _with_path(paths.get(first, {}), rest)}
