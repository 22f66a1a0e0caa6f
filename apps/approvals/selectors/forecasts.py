"""What approvals are likely due in the coming days, and whom they ask: the facts a forecast is made of."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from apps.accounts.models import User
from apps.approvals.choices import DecisionOutcome, RequestStatus, StageStatus
from apps.approvals.delegation import Matter
from apps.approvals.exceptions import UnknownForecast, UnknownPolicy
from apps.approvals.forecast import Expected, Finding, Gap, advice
from apps.approvals.models import ApprovalPolicy, ApprovalStage, CoverageForecast, Decision
from apps.approvals.policies import DECIDERS
from apps.approvals.policy import Policy, StageRule, parse_policy
from apps.approvals.quorum import Quorum
from apps.approvals.selectors.coverage import asked_words, possible_people
from apps.approvals.selectors.policies import PART, published_policy
from apps.core.errors import Invalid
from apps.core.money import Money
from apps.workflows.choices import RunStatus
from apps.workflows.definitions import definition_of, parts_of
from apps.workflows.engine.definition import ApprovalStep
from apps.workflows.models import Run, StepRun, TemplateVersion

UNFINISHED = (StageStatus.OPEN, StageStatus.WAITING)
_UNKNOWN = "*"
_OVERDUE = timedelta(days=1)
"""What is overdue, or due within a day, is looked at for a day."""
Json = dict[str, Any]


def list_forecasts() -> QuerySet[CoverageForecast]:
    """Return the forecasts that were made."""
    return CoverageForecast.objects.all()


def latest_forecast() -> CoverageForecast | None:
    """Return the newest forecast of everything, or None."""
    return CoverageForecast.objects.filter(scope="").order_by("-id").first()


def get_forecast(forecast_id: UUID) -> CoverageForecast:
    """Return one forecast; raise UnknownForecast."""
    found = CoverageForecast.objects.filter(pk=forecast_id).first()
    if found is None:
        raise UnknownForecast
    return found


def open_stages(begins: datetime, ends: datetime) -> Iterator[Expected]:
    """Yield the stages of open requests that are not over, from three queries, however many they are."""
    active = {str(pk) for pk in User.objects.filter(is_active=True).values_list("pk", flat=True)}
    votes = _votes()
    for row in ApprovalStage.objects.filter(status__in=UNFINISHED, request__status=RequestStatus.OPEN).values(
        *_STAGE_COLUMNS
    ):
        yield from _of_stage(row, votes.get(row["request_id"], []), active, begins, ends)


def coming_stages(begins: datetime, ends: datetime) -> Iterator[Expected]:
    """Yield the stages of approval steps that runs are on their way to, from four queries and one for each policy.

    A step counts that the run has not visited and that stands behind one it has open. What a rule says only about a
    particular request is not known yet, and left out.
    """
    runs = Run.objects.filter(status=RunStatus.RUNNING).values_list(
        "id", "name", "template_version_id", "started_by"
    )
    found = list(runs)
    versions = TemplateVersion.objects.defer("source", "tests").in_bulk({row[2] for row in found})
    seen: dict[UUID, set[str]] = {}
    standing: dict[UUID, set[str]] = {}
    steps = StepRun.objects.filter(run__status=RunStatus.RUNNING)
    for run_id, visited, ended_at in steps.values_list("run_id", "step", "ended_at"):
        seen.setdefault(run_id, set()).add(visited)
        if ended_at is None:
            standing.setdefault(run_id, set()).add(visited)
    ahead = {pk: _Ahead.of(version) for pk, version in versions.items()}
    for run_id, name, version_id, started_by in found:
        starter = str(started_by.get("user_id") or started_by.get("id") or "")
        for step, rules in ahead[version_id].coming(standing.get(run_id, set()), seen.get(run_id, set())):
            for rule in rules:
                yield rule.expected(str(run_id), name, "" if step.requested_by else starter, begins, ends)


def stages_of_policy(key: str, begins: datetime, ends: datetime) -> Iterator[Expected]:
    """Yield the stages of one policy as if somebody asked now: of its draft if there is one. Raises UnknownPolicy."""
    rows = ApprovalPolicy.objects.filter(key=key, status__in=("draft", "published")).order_by("-number")
    row = rows.first()
    if row is None:
        raise UnknownPolicy
    for rule in _rules(row.definition, key):
        yield rule.expected("", row.name, "", begins, ends)


@dataclass(frozen=True, slots=True)
class _Rule:
    """One stage of a policy with whom it could ask."""

    policy: str
    stage: str
    asks: str
    members: frozenset[str]
    needed: int
    not_requester: bool

    def expected(self, ref: str, label: str, requester: str, begins: datetime, ends: datetime) -> Expected:
        excluded = frozenset({requester}) if requester and self.not_requester else frozenset()
        return Expected(
            ref,
            label,
            self.policy,
            self.stage,
            self.members,
            begins,
            ends,
            needed=self.needed,
            matter=Matter(self.policy),
            excluded=excluded,
            requester=requester,
            self_allowed=not self.not_requester,
            asks=self.asks,
            coming=True,
        )


@dataclass(frozen=True, slots=True)
class _Ahead:
    """The approval steps of one version in their order, each with the stages of its policy, and where all steps stand."""

    steps: Sequence[tuple[int, ApprovalStep, Sequence[_Rule]]]
    places: Mapping[str, int]

    @classmethod
    def of(cls, version: TemplateVersion) -> "_Ahead":
        definition = definition_of(version)
        places = {step: at for at, step in enumerate(definition.places)}
        found = [
            (at, place.step, _rules_of(place.step, version))
            for at, place in enumerate(definition.places.values())
            if isinstance(place.step, ApprovalStep)
        ]
        return cls(found, places)

    def coming(self, standing: set[str], seen: set[str]) -> Iterator[tuple[ApprovalStep, Sequence[_Rule]]]:
        here = min((self.places[step] for step in standing if step in self.places), default=-1)
        for at, step, rules in self.steps:
            if at > here and step.id not in seen:
                yield step, rules


def _rules_of(step: ApprovalStep, version: TemplateVersion) -> list[_Rule]:
    if not isinstance(step.policy, str):
        return _rules(step.policy, "")
    if step.policy.startswith("="):
        return []
    held = parts_of(version).get(PART, {}).get(step.policy)
    row = None if held else published_policy(step.policy)
    definition = held["definition"] if held else (row.definition if row else None)
    return _rules(definition, step.policy) if definition is not None else []


def _rules(definition: Any, key: str) -> list[_Rule]:
    try:
        policy = parse_policy(definition, roles=DECIDERS)
    except Invalid:
        return []
    return [rule for stage in policy.stages if (rule := _rule(stage, policy, key)) is not None]


def _rule(stage: StageRule, policy: Policy, key: str) -> _Rule | None:
    people = possible_people(stage)
    if _UNKNOWN in people:
        return None
    needed = stage.quorum.needed(len(people))
    return _Rule(key, stage.name, asked_words(stage), people, needed, policy.separation.not_requester)


_STAGE_COLUMNS = (
    "id",
    "name",
    "index",
    "status",
    "candidates",
    "needed",
    "mandatory",
    "rule",
    "request_id",
    "request__title",
    "request__about",
    "request__policy_key",
    "request__policy_definition__separation",
    "request__amount",
    "request__currency",
    "request__requested_by_id",
    "request__prepared_by",
    "request__due_at",
)


@dataclass(frozen=True, slots=True)
class _Vote:
    stage_id: UUID
    people: frozenset[str]
    approves: bool


def _votes() -> dict[UUID, list[_Vote]]:
    """The decisions on open requests, by request."""
    found: dict[UUID, list[_Vote]] = {}
    rows = Decision.objects.filter(request__status=RequestStatus.OPEN)
    for request_id, stage_id, user_id, behalf, outcome in rows.values_list(
        "request_id", "stage_id", "user_id", "on_behalf_of", "outcome"
    ):
        people = frozenset({str(user_id), behalf["id"]} if behalf else {str(user_id)})
        found.setdefault(request_id, []).append(_Vote(stage_id, people, outcome == DecisionOutcome.APPROVED))
    return found


def _of_stage(
    row: Json, votes: Sequence[_Vote], active: set[str], begins: datetime, ends: datetime
) -> Iterator[Expected]:
    separation = row["request__policy_definition__separation"] or {}
    here = [vote for vote in votes if vote.stage_id == row["id"]]
    voted = frozenset().union(*(vote.people for vote in here))
    candidates = [person["id"] for person in row["candidates"]]
    members = frozenset(candidates) & active - voted
    quorum = Quorum.stored(row["rule"].get("quorum"))
    needed = quorum.needed(len(candidates)) if quorum else row["needed"]
    approved = sum(vote.approves for vote in here)
    requester = row["request__requested_by_id"]
    excluded = _excluded(row, separation, votes)
    amount = row["request__amount"]
    due = row["request__due_at"]
    title, about = row["request__title"], row["request__about"]
    shared: Json = {
        "ref": str(row["request_id"]),
        "label": f"{title}: {about}" if about else title,
        "policy": row["request__policy_key"],
        "stage": row["name"],
        "begins": begins,
        "ends": max(begins + _OVERDUE, min(due or ends, ends)),
        "matter": Matter(
            row["request__policy_key"],
            Money(amount, row["request__currency"]) if amount is not None else None,
        ),
        "excluded": excluded,
        "requester": requester,
        "self_allowed": not separation.get("not_requester", True),
        "asks": _asks(row["rule"]),
    }
    yield Expected(members=members, needed=max(1, needed - approved), **shared)
    must = frozenset(row["mandatory"]) - voted
    if must:
        yield Expected(members=must & active, needed=len(must), **shared | {"asks": "those who must agree"})


def _excluded(row: Json, separation: Json, votes: Sequence[_Vote]) -> frozenset[str]:
    found: set[str] = set()
    if separation.get("not_requester", True) and row["request__requested_by_id"]:
        found.add(row["request__requested_by_id"])
    if separation.get("not_preparer", True):
        found |= {person["id"] for person in row["request__prepared_by"] or [] if person.get("id")}
    if separation.get("not_twice", True):
        for vote in votes:
            if vote.stage_id != row["id"] and vote.approves:
                found |= vote.people
    return frozenset(found)


def _asks(rule: Json) -> str:
    rules = rule.get("approvers") or [rule]
    names = [str(each.get("role") or each.get("group") or "").replace("_", " ") for each in rules]
    return " or ".join(name for name in names if name)


def finding_json(finding: Finding, names: Mapping[str, str]) -> Json:
    """Return a finding as it is kept and shown, in words."""

    def people(ids: Sequence[str]) -> list[dict[str, str]]:
        return [{"id": one, "label": names.get(one, one)} for one in ids]

    return {
        "gap": finding.gap.value,
        "grave": finding.is_grave,
        "policy": finding.policy,
        "stage": finding.stage,
        "asks": finding.asks,
        "people": people(finding.people),
        "away": people(finding.away),
        "needed": finding.needed,
        "since": finding.since.isoformat(),
        "count": finding.count,
        "coming": finding.coming,
        "examples": [{"id": ref, "label": label} for ref, label in finding.refs],
        "message": _message(finding, names),
        "fix": advice(finding, names),
    }


def _message(finding: Finding, names: Mapping[str, str]) -> str:
    def listed(ids: Sequence[str]) -> str:
        return ", ".join(names.get(one, one) for one in ids)

    match finding.gap:
        case Gap.RING:
            return f"{listed(finding.people)} decide for each other while they are away."
        case Gap.SELF_APPROVAL:
            return f"{listed(finding.people[-1:])} could decide what he asked for himself."
        case Gap.ONE_PERSON:
            one = len(finding.people) == 1
            return (
                f"Only {listed(finding.people)} can decide it{'' if one else ', and all of them are needed'}."
            )
        case Gap.TOO_FEW:
            return f"{finding.needed} must agree, and only {listed(finding.people)} can."
    if finding.away:
        return f"Nobody can decide it while {listed(finding.away)} {'is' if len(finding.away) == 1 else 'are'} away."
    return "Nobody can decide it."
