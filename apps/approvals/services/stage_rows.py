"""The rows of a request's stages, and the words for a stage that has too few people."""

from apps.approvals.models import ApprovalRequest, ApprovalStage
from apps.approvals.policy import PlannedStage
from apps.approvals.selectors.people import Asked
from apps.approvals.services.asking import Asks
from apps.approvals.types import Requester
from apps.approvals.voting import Ballot
from apps.workflows.engine.commands import StepError


def stage_rows(request: ApprovalRequest, asks: Asks) -> list[ApprovalStage]:
    """Return the rows of the request's stages, not saved."""
    rows = []
    for index, (planned, asked, ballot) in enumerate(asks.stages()):
        stage = ApprovalStage(request=request, index=index, name=planned.name, status=ballot.status)
        fill_stage(stage, planned, asked, ballot)
        rows.append(stage)
    return rows


def fill_stage(stage: ApprovalStage, planned: PlannedStage, asked: Asked, ballot: Ballot) -> None:
    """Write down whom the stage asks, by which rules, and who is left out."""
    first = planned.approvers[0].to_json() if planned.approvers else {}
    rule = {key: first.get(key, "") for key in ("role", "region", "user")}
    stage.rule = rule | {
        "approvers": [approver.to_json() for approver in planned.approvers],
        "quorum": planned.quorum.to_json(),
        "reject": planned.rejection.to_json(),
        **planned.ladder.to_json(),
        **({"step_up": planned.step_up} if planned.step_up else {}),
    }
    stage.needed = ballot.required
    stage.candidates = [person.to_json() for person in asked.candidates]
    stage.left_out = [left.to_json() for left in asked.left_out]
    stage.mandatory = sorted(asked.mandatory)
    stage.parts = [
        {"name": part.name, "members": sorted(part.members), "needed": part.needed} for part in asked.parts
    ]
    stage.decided_by_rule = planned.auto.to_json() if planned.auto else None
    stage.reason = planned.reason[:400]


def nobody_error(asks: Asks, short: int, requester: Requester) -> StepError:
    """Return why the stage cannot be filled, with what mends it."""
    planned, asked, ballot = asks.stages()[short]
    role = next((rule for rule in planned.approvers if rule.kind == "role"), None)
    needed = ballot.required
    found = f"{len(asked.candidates)} of {needed} can be asked" if asked.candidates else "nobody can be asked"
    left_out = "; ".join(f"{left.person.label} {left.reason}" for left in asked.left_out[:5])
    return StepError(
        "approval_without_approver",
        f"Stage “{planned.name}” asks for a decision by {planned.words()}, but {found}: the requester may not decide, "
        "and nobody may approve in two stages."
        + (f" Not asked: {left_out}." if left_out else "")
        + " Give somebody the role or change the policy, then retry.",
        details={
            "stage": planned.name,
            "role": role.value if role else "",
            "region": role.within if role else "",
            "candidates": [person.label for person in asked.candidates],
            "left_out": [left.to_json() for left in asked.left_out],
            "needed": needed,
            "requested_by": requester.label,
        },
    )
