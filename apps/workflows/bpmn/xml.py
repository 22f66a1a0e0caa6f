"""Reading XML safely: no document types, no entities, nothing from outside, bounded in size, depth and number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

MAX_BYTES = 2 * 1024 * 1024
MAX_DEPTH = 60
MAX_ELEMENTS = 20_000
_SEPARATOR = "\n"


class UnreadableXml(Exception):
    """The text is no XML we read; `line` counts from 1, 0 is unknown."""

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


@dataclass(slots=True)
class Element:
    """One element: namespace and local name, attributes by local name, its children, its text and its line."""

    space: str
    name: str
    attributes: dict[str, str]
    line: int
    children: list[Element] = field(default_factory=list)
    text: str = ""

    def all(self, *names: str) -> Iterator[Element]:
        """The children of these local names."""
        return (child for child in self.children if child.name in names)

    def first(self, *names: str) -> Element | None:
        """The first child of these local names."""
        return next(self.all(*names), None)

    def walk(self) -> Iterator[Element]:
        """The element and everything inside it."""
        yield self
        for child in self.children:
            yield from child.walk()


def read_xml(text: str) -> Element:
    """The root element. Raise UnreadableXml."""
    data = text.encode("utf-8", "replace")
    if len(data) > MAX_BYTES:
        raise UnreadableXml(f"The file is larger than {MAX_BYTES // (1024 * 1024)} MB")
    return _Builder().read(data)


class _Builder:
    def __init__(self) -> None:
        self.parser = expat.ParserCreate("utf-8", _SEPARATOR)
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._refused
        self.parser.EntityDeclHandler = self._refused
        self.parser.ExternalEntityRefHandler = self._refused
        self.parser.ProcessingInstructionHandler = None
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.open: list[Element] = []
        self.root: Element | None = None
        self.count = 0

    def read(self, data: bytes) -> Element:
        try:
            self.parser.Parse(data, True)
        except expat.ExpatError as error:
            raise UnreadableXml(
                f"Not readable as XML: {expat.ErrorString(error.code)}", error.lineno
            ) from error
        if self.root is None:
            raise UnreadableXml("The file is empty")
        return self.root

    def _refused(self, *_arguments: object) -> int:
        raise UnreadableXml("Document types and entities are not read", self.parser.CurrentLineNumber)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.count += 1
        line = self.parser.CurrentLineNumber
        if self.count > MAX_ELEMENTS or len(self.open) >= MAX_DEPTH:
            raise UnreadableXml("The file has too many elements, or they are nested too deeply", line)
        space, _, local = name.rpartition(_SEPARATOR)
        plain = {key.rpartition(_SEPARATOR)[2]: value for key, value in attributes.items()}
        element = Element(space, local, plain, line)
        if self.open:
            self.open[-1].children.append(element)
        elif self.root is None:
            self.root = element
        self.open.append(element)

    def _end(self, _name: str) -> None:
        self.open.pop()

    def _text(self, text: str) -> None:
        if self.open:
            self.open[-1].text += text
