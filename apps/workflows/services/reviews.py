"""Four eyes on templates: hand a draft in, agree to it, send it back, take it back."""

import hashlib

from apps.accounts import policies
from apps.accounts.choices import Role
from apps.accounts.selectors import find_user
from apps.core.actor import Actor
from apps.core.errors import Invalid, Problem
from apps.ledger.services import record, transition, unit_of_work
from apps.ledger.types import DomainEvent
from apps.workflows import events
from apps.workflows.choices import ReviewCapacity, ReviewMode, ReviewVerdict, VersionStatus
from apps.workflows.engine.definition import Definition
from apps.workflows.engine.governance import is_high_impact, role_of_owner
from apps.workflows.exceptions import (
    InReview,
    NotInReview,
    NotReviewer,
    OwnWork,
    ReviewRequired,
)
from apps.workflows.models import TemplateReview, TemplateVersion, WorkflowSettings
from apps.workflows.selectors.reviews import agreed_capacities, is_author, review_mode
from apps.workflows.services.checking import check_source, lock_version, require_no_errors
from apps.workflows.services.editing import end_editing
from apps.workflows.services.proving import require_green


def submit_version(*, template_key: str, number: int, actor: Actor, comment: str = "") -> TemplateVersion:
    """Hand a draft in for review; it stays as it is until it is published, sent back or taken back.

    Raises TemplateRefused with every error, and CasesNotRun: what cannot be published need not be reviewed.
    """
    with unit_of_work(actor, reason=comment):
        policies.require(actor, "templates:write")
        version = lock_version(template_key, number)
        if version.status == VersionStatus.IN_REVIEW:
            raise InReview(version.number)
        require_no_errors(version)
        require_green(version, actor)
        end_editing(version)
        said = _say(
            version, actor, ReviewVerdict.SUBMITTED, ReviewCapacity.AUTHOR, comment, version.review_round + 1
        )
        transition(
            version,
            "submit",
            reason=comment,
            fields={"review_round": said.round},
            event=_event(events.TEMPLATE_SUBMITTED, version, said),
        )
        return version


def agree_to_version(*, template_key: str, number: int, actor: Actor, comment: str = "") -> TemplateVersion:
    """Agree to a version in review, as another author, as the control owner, or as both at once.

    Raises NotInReview, OwnWork, NotReviewer. Agreeing twice is agreeing once.
    """
    with unit_of_work(actor, reason=comment):
        policies.require(actor, "templates:review")
        version = _in_review(template_key, number)
        definition = require_no_errors(version)
        held = {
            (review.user_id, review.capacity)
            for review in version.reviews.filter(round=version.review_round, verdict=ReviewVerdict.APPROVED)
        }
        for capacity in _capacities(actor, version, definition):
            if (identity(actor), capacity.value) in held:
                continue
            said = _say(version, actor, ReviewVerdict.APPROVED, capacity, comment, version.review_round)
            record(
                "template_version.agree",
                version,
                after={"capacity": capacity.value},
                reason=comment,
                event=_event(events.TEMPLATE_REVIEWED, version, said),
            )
        return version


def send_version_back(*, template_key: str, number: int, actor: Actor, comment: str) -> TemplateVersion:
    """Ask for changes: the version is a draft again. The comment says which."""
    if not comment.strip():
        problem = Problem("/comment", "Say what should change.", "required")
        raise Invalid("reason_required", "A comment is needed.", [problem])
    with unit_of_work(actor, reason=comment):
        policies.require(actor, "templates:review")
        version = _in_review(template_key, number)
        definition = check_source(version.source).definition
        capacity = _capacities(actor, version, definition)[0]
        said = _say(version, actor, ReviewVerdict.CHANGES_REQUESTED, capacity, comment, version.review_round)
        transition(
            version,
            "request_changes",
            reason=comment,
            event=_event(events.TEMPLATE_REVIEWED, version, said),
        )
        return version


def withdraw_version(*, template_key: str, number: int, actor: Actor, comment: str = "") -> TemplateVersion:
    """Take a version back from review to change it."""
    with unit_of_work(actor, reason=comment):
        policies.require(actor, "templates:write")
        version = _in_review(template_key, number)
        _say(version, actor, ReviewVerdict.WITHDRAWN, ReviewCapacity.AUTHOR, comment, version.review_round)
        transition(version, "withdraw", reason=comment)
        return version


def set_review_mode(*, mode: str, actor: Actor) -> str:
    """Say which templates need four eyes before they are published."""
    with unit_of_work(actor):
        policies.require(actor, "workflow_settings:manage")
        before, wanted = review_mode(), ReviewMode(mode)
        row, _made = WorkflowSettings.objects.update_or_create(
            name="workflows", defaults={"review_mode": wanted}
        )
        record(
            "workflow_settings.update",
            row,
            before={"review_mode": before},
            after={"review_mode": wanted.value},
        )
        return str(wanted.value)


def require_agreement(version: TemplateVersion, definition: Definition, actor: Actor) -> None:
    """Raise ReviewRequired or OwnWork unless the actor may publish the version here; the platform itself may."""
    mode = review_mode()
    if actor.is_system or not (
        mode == ReviewMode.ALL or (mode == ReviewMode.HIGH_IMPACT and is_high_impact(definition))
    ):
        return
    wanted = [ReviewCapacity.REVIEWER.value]
    if is_high_impact(definition):
        wanted.append(ReviewCapacity.CONTROL.value)
    missing = [capacity for capacity in wanted if capacity not in agreed_capacities(version)]
    if missing:
        raise ReviewRequired(missing)
    if is_author(version, identity(actor)):
        raise OwnWork


def identity(actor: Actor) -> str:
    """Return who it is for four eyes: a key is its owner."""
    return actor.user_id or actor.id


def _in_review(template_key: str, number: int) -> TemplateVersion:
    version = lock_version(template_key, number)
    if version.status != VersionStatus.IN_REVIEW:
        raise NotInReview
    return version


def _capacities(
    actor: Actor, version: TemplateVersion, definition: Definition | None
) -> list[ReviewCapacity]:
    if is_author(version, identity(actor)):
        raise OwnWork
    found = []
    if policies.may(actor, "templates:publish"):
        found.append(ReviewCapacity.REVIEWER)
    if definition is not None and _is_control_owner(actor, str(definition.owners.get("control", ""))):
        found.append(ReviewCapacity.CONTROL)
    if not found:
        raise NotReviewer
    return found


def _is_control_owner(actor: Actor, owner: str) -> bool:
    role = role_of_owner(owner, Role.values)
    if role:
        return actor.has_role(role)
    user = find_user(owner) if owner else None
    return user is not None and identity(actor) == str(user.pk)


def _say(
    version: TemplateVersion,
    actor: Actor,
    verdict: ReviewVerdict,
    capacity: ReviewCapacity,
    comment: str,
    round: int,
) -> TemplateReview:
    return TemplateReview.objects.create(
        template_version=version,
        round=round,
        verdict=verdict,
        capacity=capacity,
        user_id=identity(actor),
        user_label=actor.label,
        comment=comment.strip()[:4000],
        source_hash=hashlib.sha256(version.source.encode()).hexdigest(),
    )


def _event(type_: str, version: TemplateVersion, said: TemplateReview) -> DomainEvent:
    data = {
        "template": version.template.key,
        "version": version.number,
        "verdict": str(said.verdict),
        "capacity": str(said.capacity),
        "by": said.user_label,
        "comment": said.comment,
    }
    return DomainEvent(type_, f"workflow_template/{version.template_id}", data)
