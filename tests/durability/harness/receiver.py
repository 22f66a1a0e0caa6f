"""Another system, in this process: does what it is asked, keeps its own log, and knows idempotency keys."""

from collections.abc import Callable
from dataclasses import dataclass, field

from apps.integrations.exceptions import OperationError
from apps.integrations.types import Json, OperationResult
from tests.durability.harness.points import Places
from tests.durability.harness.scope import Effect

Mood = Callable[[str, str], None]


@dataclass
class Receiver:
    """Answers ``execute`` like a bound connection. ``kind`` is how it tells repetitions: ``key`` or ``none``."""

    places: Places
    kind: str = "key"
    calls: list[tuple[str, str]] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    moods: list[Mood] = field(default_factory=list)
    answers: dict[str, Json] = field(default_factory=dict)

    def has_operation(self, name: str) -> bool:
        return True

    def sends_once(self, name: str) -> bool:
        return self.kind == "none"

    def patience(self, name: str, timeout: float | None) -> float:
        return timeout or 10.0

    def execute(
        self, name: str, values: Json, key: str, *, maybe_sent: bool = False, timeout: float | None = None
    ) -> OperationResult:
        """Do it unless it was done under this key; the next mood, if there is one, may fail before or after that."""
        self.places.reach("effect:before")
        mood = self.moods.pop(0) if self.moods else None
        if mood is not None:
            mood("before", key)
        self.calls.append((name, key))
        if self.kind != "key" or key not in self.answers:
            self.effects.append(Effect(str(values.get("run", "")), str(values.get("step", name)), key))
        answer = self.answers.setdefault(key, {"id": f"{name}-{len(self.answers) + 1}"})
        if mood is not None:
            mood("after", key)
        self.places.reach("effect:after")
        return OperationResult(dict(answer), {}, {}, 1.0)


def refuses(code: str = "unavailable", *, retry_after: float | None = None) -> Mood:
    """Fail before anything is done, in a way that may be tried again."""

    def mood(when: str, _key: str) -> None:
        if when == "before":
            raise OperationError(code, "Not now.", retryable=True, retry_after=retry_after)

    return mood


def loses_answer(*, retryable: bool = True) -> Mood:
    """Do it, and lose the answer on the way back."""

    def mood(when: str, _key: str) -> None:
        if when == "after":
            raise OperationError("connection_lost", "The line was cut.", retryable=retryable, ambiguous=True)

    return mood
