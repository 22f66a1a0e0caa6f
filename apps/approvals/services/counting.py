"""Between the rows of a request and the pure count of its votes."""

from collections.abc import Sequence

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count as CountOf
from django.db.models import Q, Value

from apps.approvals.choices import DecisionOutcome
from apps.approvals.models import ApprovalRequest, ApprovalStage
from apps.approvals.voting import Ballot, Count


def stages_with_votes(request: ApprovalRequest) -> list[ApprovalStage]:
    """Return the stages in order, each with ``approved_by`` (user ids) and ``votes`` (how many), in one query."""
    approved_by = ArrayAgg(
        "decisions__user_id", filter=Q(decisions__outcome=DecisionOutcome.APPROVED), default=Value([])
    )
    stages = ApprovalStage.objects.filter(request=request)
    return list(stages.annotate(approved_by=approved_by, votes=CountOf("decisions")).order_by("index"))


def count_of(request: ApprovalRequest, stages: Sequence[ApprovalStage]) -> Count:
    """Return where the request stands, from stages as ``stages_with_votes`` gives them."""
    separation = request.policy_definition.get("separation", {})
    return Count(
        ballots=tuple(ballot_of(stage) for stage in stages),
        requester=request.requested_by_id,
        not_requester=separation.get("not_requester", True),
        not_twice=separation.get("not_twice", True),
        status=request.status,
    )


def ballot_of(stage: ApprovalStage) -> Ballot:
    return Ballot(
        status=stage.status,
        candidates=frozenset(candidate["id"] for candidate in stage.candidates),
        needed=stage.needed,
        approved_by=frozenset(str(user) for user in getattr(stage, "approved_by", ())),
    )
