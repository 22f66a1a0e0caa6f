"""Between the rows of a request and the pure count of its votes."""

from collections.abc import Sequence

from apps.approvals.models import ApprovalRequest, ApprovalStage
from apps.approvals.quorum import Quorum, Rejection
from apps.approvals.voting import Ballot, Cast, Count, Part
from apps.core.rows import Rows

_STAGES = Rows(
    ApprovalStage,
    casts="""
coalesce((SELECT jsonb_agg(jsonb_build_object('member', coalesce(d.on_behalf_of->>'id', d.user_id::text),
                                              'by', d.user_id::text, 'outcome', d.outcome) ORDER BY d.id)
            FROM approvals_decision d WHERE d.stage_id = approvals_approvalstage.id), '[]')
""",
)


def stages_with_votes(request: ApprovalRequest) -> list[ApprovalStage]:
    """Return the stages in order, each with ``casts`` (member, by, outcome of each vote), in one query."""
    return _STAGES.find("request_id = %s ORDER BY index", [request.pk])


def count_of(request: ApprovalRequest, stages: Sequence[ApprovalStage]) -> Count:
    """Return where the request stands, from stages as ``stages_with_votes`` gives them."""
    separation = request.policy_definition.get("separation", {})
    return Count(
        ballots=tuple(ballot_of(stage) for stage in stages),
        requester=request.requested_by_id,
        not_requester=separation.get("not_requester", True),
        not_twice=separation.get("not_twice", True),
        status=request.status,
        preparers=frozenset(person["id"] for person in request.prepared_by if person["id"]),
        not_preparer=separation.get("not_preparer", True),
    )


def ballot_of(stage: ApprovalStage) -> Ballot:
    """Return the stage as it is counted; without ``casts`` nobody has voted."""
    return Ballot(
        status=stage.status,
        candidates=frozenset(candidate["id"] for candidate in stage.candidates),
        needed=stage.needed,
        casts=tuple(
            Cast(vote["member"], vote["by"], vote["outcome"]) for vote in getattr(stage, "casts", ())
        ),
        rule=Quorum.stored(stage.rule.get("quorum")),
        parts=tuple(Part(part["name"], frozenset(part["members"]), part["needed"]) for part in stage.parts),
        mandatory=frozenset(stage.mandatory),
        rejection=Rejection.stored(stage.rule.get("reject")),
    )
