"""Where a request stands in its run: its step, what follows it, and what was asked there before."""

from dataclasses import dataclass

from django.utils.safestring import SafeString

from apps.approvals.models import ApprovalRequest
from apps.approvals.selectors.requests import Requests
from apps.core.data_words import label_of, value_words
from apps.workflows.definitions import definition_of
from apps.workflows.engine.definition import ApprovalStep, Definition, Step
from apps.workflows.engine.history import step_of
from apps.workflows.models import StepRun, TemplateVersion


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs from the last time the same was asked in this run."""

    label: str
    before: SafeString
    after: SafeString


def definition_followed(request: ApprovalRequest) -> Definition:
    """Return the definition that the request's run follows now; one query."""
    version = TemplateVersion.objects.defer("source").get(pk=request.run.template_version_id)
    return definition_of(version)


def step_id(request: ApprovalRequest, definition: Definition) -> str:
    """Return the id of the request's step in the version the run follows now."""
    wanted = step_of(request.visit)
    if wanted in definition.places:
        return wanted
    rows = StepRun.objects.filter(run_id=request.run_id, visit=request.visit)
    return rows.values_list("step", flat=True).first() or wanted


def approval_step(request: ApprovalRequest, definition: Definition) -> ApprovalStep | None:
    """Return the request's step, None where the version the run follows now has none of the kind."""
    place = definition.places.get(step_id(request, definition))
    return place.step if place and isinstance(place.step, ApprovalStep) else None


def step_after(request: ApprovalRequest, definition: Definition) -> Step | None:
    """Return the step that comes after the request's, None where it is the last."""
    place = definition.places.get(step_id(request, definition))
    while place is not None and place.next is None and place.owner is not None:
        place = definition.places.get(place.owner)
    return definition.step(place.next) if place and place.next else None


def changes_since_last(request: ApprovalRequest, among: Requests) -> list[Change]:
    """Return what differs from the last time the step asked, as far as that is ``among`` what the reader may see."""
    before = last_time(request, among)
    return changes_between(before, request) if before else []


def last_time(request: ApprovalRequest, among: Requests) -> ApprovalRequest | None:
    """Return what the step asked before in this run, with ``show`` alone, if that is ``among`` what the reader may see."""
    return (
        among.filter(run_id=request.run_id, visit__startswith=f"{step_of(request.visit)}#")
        .filter(pk__lt=request.pk)
        .only("show")
        .order_by("-pk")
        .first()
    )


def changes_between(before: ApprovalRequest, request: ApprovalRequest) -> list[Change]:
    """Return what two requests of one step show differently."""
    names = dict.fromkeys([*before.show, *request.show])
    return [
        Change(label_of(name), value_words(before.show.get(name)), value_words(request.show.get(name)))
        for name in names
        if before.show.get(name) != request.show.get(name)
    ]
