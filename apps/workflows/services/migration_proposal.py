"""The mapping between two versions as people see it: each step beside the one proposed to take its place."""

from dataclasses import dataclass

from django.db.models import Count

from apps.workflows.choices import RunStatus
from apps.workflows.engine.plan import changed_fields
from apps.workflows.models import StepRun
from apps.workflows.services.migrating import Move, read_move


@dataclass(frozen=True, slots=True)
class StepPair:
    """A step of the version left, its counterpart's id (None: it has none), what differs, how many runs stand at it."""

    step: str
    name: str
    kind: str
    counterpart: str | None
    changed: list[str]
    standing: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """The pairs in the order of the version left, and the steps only the other one has."""

    from_version: int
    to_version: int
    steps: list[StepPair]
    fresh: list[str]


def propose_migration(template_key: str, former: int, version: int) -> Proposal:
    """Return the proposed mapping. Raises as ``read_move`` does."""
    return show_move(template_key, read_move(template_key, {"from": former, "to": version}))


def show_move(template_key: str, move: Move) -> Proposal:
    """Return the mapping of a move."""
    old, new, standing = move.old, move.new, _standing(template_key, move.former.number)
    taken = {target for target in move.plan.steps.values() if target}
    pairs = []
    for key, place in old.places.items():
        target = move.plan.steps.get(key)
        changed = changed_fields(place.step, new.step(target), move.plan) if target else []
        pair = StepPair(key, place.step.name, place.step.kind, target, changed, standing.get(key, 0))
        pairs.append(pair)
    fresh = [step for step in new.places if step not in taken]
    return Proposal(move.former.number, move.version.number, pairs, fresh)


def _standing(template_key: str, number: int) -> dict[str, int]:
    rows = StepRun.objects.filter(
        ended_at=None,
        run__template_key=template_key,
        run__template_version__number=number,
        run__status=RunStatus.RUNNING,
    )
    return dict(rows.order_by().values_list("step").annotate(Count("run_id", distinct=True)))
