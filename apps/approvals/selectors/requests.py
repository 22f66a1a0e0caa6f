"""What waits for whom, and what was decided."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F, Prefetch, QuerySet

from apps.accounts import policies as account_policies
from apps.approvals.choices import RequestStatus
from apps.approvals.exceptions import UnknownRequest
from apps.approvals.models import ApprovalRequest, ApprovalStage, Decision, RequestFact
from apps.approvals.policies import is_contact
from apps.approvals.selectors.standing import candidates_of, deputies_of
from apps.approvals.types import SimilarFigures
from apps.core.actor import Actor
from apps.core.clock import now
from apps.core.rows import Listing, Rows

Requests = QuerySet[ApprovalRequest]
_LISTED = Rows(
    ApprovalRequest,
    asked="""
coalesce((SELECT jsonb_agg(s.candidates ORDER BY s.index) FROM approvals_approvalstage s
           WHERE s.request_id = approvals_approvalrequest.id AND waiting_for <> '{}'), '[]')
""",
)


def visible_requests(actor: Actor) -> Requests:
    """Return the requests that the actor may see: all of the tenant's for its staff, for a contact those that ask him."""
    return account_policies.objects_for(actor, "approvals:read", ApprovalRequest.objects.all())


def list_requests(
    actor: Actor,
    *,
    mine: bool = False,
    requested_by_me: bool = False,
    decided_by_me: bool = False,
    **equal: Any,
) -> Requests | Listing[ApprovalRequest]:
    """Return the requests that the actor may see and that have these values; whom they ask is read along.

    For a contact his decisions are read along instead.
    """
    if account_policies.may_everywhere(actor, "approvals:read") and not (
        mine or requested_by_me or decided_by_me
    ):
        return Listing(_LISTED, equal)
    found = visible_requests(actor).filter(**equal)
    if mine:
        found &= waiting_for(actor)
    if requested_by_me:
        found &= requested_by(actor)
    if decided_by_me:
        found &= decided_by(actor)
    return found.prefetch_related("decisions__stage" if is_contact(actor) else "stages")


def get_request(*, actor: Actor, request_id: UUID) -> ApprovalRequest:
    """Return the request with its run, stages and decisions (three queries); raise UnknownRequest."""
    request = with_detail(visible_requests(actor)).filter(pk=request_id).first()
    if request is None:
        raise UnknownRequest
    return request


def list_facts(*, actor: Actor, request_id: UUID) -> QuerySet[RequestFact]:
    """Return what happened to a request besides decisions; raise UnknownRequest."""
    if not visible_requests(actor).filter(pk=request_id).exists():
        raise UnknownRequest
    return RequestFact.objects.filter(request_id=request_id).select_related("stage")


def with_detail(requests: Requests) -> Requests:
    """Load run, stages and decisions along, in a fixed number of queries."""
    return (
        requests.select_related("run")
        .defer("run__start", "run__state")
        .prefetch_related(
            Prefetch("stages", ApprovalStage.objects.order_by("index")),
            Prefetch("decisions", Decision.objects.select_related("stage").order_by("id")),
        )
    )


def waiting_for(actor: Actor) -> Requests:
    """Return the open requests on which a decision of the actor would count now, in no particular order."""
    if actor.user_id is None:
        return ApprovalRequest.objects.none()
    return visible_requests(actor).filter(status=RequestStatus.OPEN, waiting_for__contains=[actor.user_id])


def inbox(actor: Actor) -> Requests:
    """Return what waits for the actor, the most urgent first: by due time, then the larger amount, then the older."""
    return waiting_for(actor).order_by(
        F("due_at").asc(nulls_last=True), F("amount").desc(nulls_last=True), "id"
    )


def inbox_count(actor: Actor) -> int:
    """Return how many requests wait for the actor."""
    return waiting_for(actor).count()


def requested_by(actor: Actor) -> Requests:
    """Return what the actor asked for, the newest first."""
    if actor.user_id is None:
        return ApprovalRequest.objects.none()
    return visible_requests(actor).filter(requested_by_id=actor.user_id).order_by("-id")


def decided_by(actor: Actor) -> Requests:
    """Return the requests that the actor decided on, the newest first."""
    if actor.user_id is None:
        return ApprovalRequest.objects.none()
    own = Decision.objects.filter(user_id=actor.user_id).values("request_id")
    return visible_requests(actor).filter(pk__in=own).order_by("-id")


def similar_requests(request: ApprovalRequest, *, limit: int = 5) -> list[ApprovalRequest]:
    """Return the latest decided requests under the same policy, with their decisions."""
    decided = ApprovalRequest.objects.filter(
        policy_key=request.policy_key, status__in=(RequestStatus.APPROVED, RequestStatus.REJECTED)
    )
    if not request.policy_key:
        # A policy that a template holds itself has no name: its requests are called alike.
        decided = decided.filter(title=request.title, run__template_key=request.run.template_key)
    return list(decided.exclude(pk=request.pk).prefetch_related("decisions").order_by("-decided_at")[:limit])


def similar_figures(request: ApprovalRequest) -> SimilarFigures:
    """Return how the requests under the same policy ended in the last 365 days; one statement."""
    own = "" if request.policy_key else request.title
    with connection.cursor() as cursor:
        since = now() - timedelta(days=_SIMILAR_DAYS)
        cursor.execute(_SIMILAR, [request.policy_key, since, request.pk, own, own])
        approved, rejected, seconds = cursor.fetchone()
    return SimilarFigures(approved, rejected, timedelta(seconds=seconds) if seconds is not None else None)


_SIMILAR_DAYS = 365
_SIMILAR = """
SELECT count(*) FILTER (WHERE status = 'approved'), count(*) FILTER (WHERE status = 'rejected'),
       percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM decided_at - created_at))
  FROM approvals_approvalrequest
 WHERE policy_key = %s AND decided_at > %s AND id <> %s AND status IN ('approved', 'rejected') AND (%s = '' OR title = %s)
"""


def people_of(request: ApprovalRequest) -> list[dict[str, Any]]:
    """Return the people whose decision would count now, as ``{"id", "label"}``; reads the request's stages.

    Who stands in for members who are away has their names as ``stands_in_for``.
    """
    waiting = {str(user_id) for user_id in request.waiting_for}
    asked = {person["id"]: person for person in candidates_of(request)}
    members = [person for user_id, person in asked.items() if user_id in waiting]
    return members + (deputies_of(request, waiting - asked.keys()) if len(members) < len(waiting) else [])


def open_among(request_ids: Collection[UUID]) -> list[UUID]:
    """Return those of the requests that are open, the oldest first."""
    found = ApprovalRequest.objects.filter(pk__in=request_ids, status=RequestStatus.OPEN)
    return list(found.order_by("id").values_list("pk", flat=True))
