"""Who may be assigned a calendar, and whose work a run is: answered by the apps that know customers and people."""

from collections.abc import Callable
from uuid import UUID

Label = Callable[[UUID], str | None]
CustomerOf = Callable[[UUID, str], UUID | None]

_labels: dict[str, Label] = {}
_customer_of: list[CustomerOf] = []


def register_calendar_subject(noun: str, label: Label) -> None:
    """Let ``<noun>/<id>`` be assigned a calendar; ``label`` returns its name, or None when there is no such thing."""
    _labels[noun] = label


def register_customer_of(function: CustomerOf) -> None:
    """Tell which customer a run (its id and subject) works for; None if for none."""
    if function not in _customer_of:
        _customer_of.append(function)


def subject_nouns() -> list[str]:
    return sorted(_labels)


def subject_label(subject: str) -> str | None:
    """Return the name of ``<noun>/<id>``; None when nothing of the kind can be assigned a calendar."""
    noun, _, number = subject.partition("/")
    label = _labels.get(noun)
    try:
        return label(UUID(number)) if label else None
    except ValueError:
        return None


def customer_of(run_id: UUID, subject: str) -> UUID | None:
    """Return the customer a run works for."""
    noun, _, number = subject.partition("/")
    if noun == "customer":
        try:
            return UUID(number)
        except ValueError:
            return None
    return next((found for ask in _customer_of if (found := ask(run_id, subject)) is not None), None)
