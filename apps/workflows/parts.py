"""What else decides how a version's runs behave: copies of it are held with the version, each kind lent by its app.

A published version keeps a copy of every policy, wording, mapping and the like that its text names. Its runs use the
copies, so that taking the version back takes everything back. Versions published before a kind of part was known, and
names that are only known at run time, use what holds in the tenant at that moment.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from apps.core.actor import Actor
from apps.core.expressions import is_expression
from apps.workflows.engine.definition import (
    ApprovalStep,
    CheckStep,
    Definition,
    NotifyStep,
    Step,
    WaitStep,
)

Json = dict[str, Any]
Keys = Callable[[Definition], Collection[str]]
Snapshot = Callable[[Collection[str]], Mapping[str, Json]]
Install = Callable[[str, Json, Actor], None]


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of part. ``label`` is its plural for people.

    ``keys`` says which of them a definition names, ``snapshot`` copies those that there are. ``install`` brings one into
    the tenant as what holds there, and does nothing where it holds already; without it the copy only informs. A kind
    that ``is_live`` acts outside of runs, which therefore cannot use the copy: taking a version back installs it.
    """

    name: str
    label: str
    keys: Keys
    snapshot: Snapshot
    install: Install | None = None
    is_live: bool = False


_parts: dict[str, Part] = {}


def register_part(
    name: str,
    snapshot: Snapshot,
    *,
    keys: Keys,
    label: str,
    install: Install | None = None,
    is_live: bool = False,
) -> None:
    """Have versions hold copies of these from now on; a second registration is a defect and raises."""
    if name in _parts:
        raise ValueError(f"part {name!r} is registered twice")
    _parts[name] = Part(name, label, keys, snapshot, install, is_live)


def list_parts() -> list[Part]:
    """Return the kinds of parts by name."""
    return [_parts[name] for name in sorted(_parts)]


def find_part(name: str) -> Part | None:
    """Return a kind of part, or None."""
    return _parts.get(name)


def snapshot_parts(definition: Definition) -> dict[str, dict[str, Json]]:
    """Return copies of everything the definition names, as ``{part: {key: copy}}``; kinds it does not use are left out."""
    found = {
        part.name: dict(part.snapshot(sorted(set(part.keys(definition)))))
        for part in list_parts()
        if part.keys(definition)
    }
    return {name: copies for name, copies in found.items() if copies}


def policies_named(definition: Definition) -> list[str]:
    """Return the keys of the approval policies a definition names; inline policies have none."""
    return _named(step.policy for step in _steps(definition) if isinstance(step, ApprovalStep))


def messages_named(definition: Definition) -> list[str]:
    """Return the keys of the messages a definition sends."""
    return _named(step.message for step in _steps(definition) if isinstance(step, NotifyStep))


def events_named(definition: Definition) -> list[str]:
    """Return the types of the events that start, continue or recheck its runs."""
    waited = (
        match.type
        for step in _steps(definition)
        for match in (
            step.event if isinstance(step, WaitStep) else None,
            step.recheck_on if isinstance(step, CheckStep) else None,
        )
        if match is not None
    )
    return _named([definition.trigger.event if definition.trigger else "", *waited])


def _steps(definition: Definition) -> list[Step]:
    return [place.step for place in definition.places.values()]


def _named(names: Any) -> list[str]:
    return sorted({name for name in names if isinstance(name, str) and name and not is_expression(name)})
