"""What must hold; the first thing that does not ends the scenario."""

from collections.abc import Callable


class CheckFailed(RuntimeError):
    """Something that had to hold did not."""


class Checks:
    """Counts what held and says it."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self.held = 0

    def step(self, text: str) -> None:
        """Begin a step of the story."""
        self._say(f"\n{text}")

    def note(self, text: str) -> None:
        self._say(f"  · {text}")

    def that(self, holds: object, text: str) -> None:
        """Raise CheckFailed unless ``holds`` is true."""
        if not holds:
            raise CheckFailed(text)
        self.held += 1
        self._say(f"  ✓ {text}")
