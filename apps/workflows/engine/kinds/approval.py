"""`approval`: people decide under a policy."""

from __future__ import annotations

from typing import Any

from apps.workflows.engine.definition import CONTINUE, END, EXCEPTION, ApprovalStep
from apps.workflows.engine.effects import OpenApproval
from apps.workflows.engine.kinds.base import Kind
from apps.workflows.engine.linting import Lint
from apps.workflows.engine.reader import Reader
from apps.workflows.engine.results import Done, Opening, Reacts, Result, Waits
from apps.workflows.engine.state import Visit
from apps.workflows.engine.turn import Turn

Json = dict[str, Any]


class Approval(Kind[ApprovalStep]):
    """Opens an approval; a rejection leads to `on_reject`."""

    name = "approval"
    has_limit = True

    def parse(self, reader: Reader, base: Json) -> ApprovalStep:
        """Read policy, show, subject, requested_by and on_reject."""
        policy = reader.template("policy", "", required=True)
        if not isinstance(policy, str | dict):
            reader.problem("type", "'policy' must be the key of a policy or an inline policy.", "policy")
            policy = ""
        return ApprovalStep(
            **base,
            policy=policy,
            show=reader.mapping("show"),
            subject=reader.template("subject"),
            requested_by=reader.template("requested_by"),
            on_reject=reader.reaction("on_reject", (EXCEPTION, END, CONTINUE), EXCEPTION),
        )

    def lint(self, step: ApprovalStep, path: str, lint: Lint) -> None:
        """The policy must exist and be decidable."""
        where = f"{path}.policy"
        if isinstance(step.policy, str) and not lint.known(
            "policy", step.policy, lint.catalogue.policies(), where
        ):
            return
        for message in lint.catalogue.policy_problems(step.policy):
            lint.report.add("unreachable_policy", message, where, "Change the policy or who holds its roles.")

    def open(self, turn: Turn, step: ApprovalStep, opening: Opening) -> Result:
        """Open the request."""
        opened = OpenApproval(
            visit=opening.visit,
            step=step.id,
            name=step.name,
            policy=turn.resolve(step.policy),
            show=turn.resolve(step.show),
            subject=turn.resolve(step.subject),
            requested_by=turn.resolve(step.requested_by),
            due_at=opening.due_at,
            audience=step.audience,
            epoch=opening.epoch,
        )
        return Waits({"pending": "approval"}, [opened])

    def completed(self, turn: Turn, step: ApprovalStep, visit: Visit, output: Json) -> Result:
        """Approved goes on; everything else is a rejection."""
        if output.get("outcome") == "approved":
            return Done(output)
        comment = str(output.get("comment") or "").strip()
        message = f"Rejected: {comment}" if comment else "Rejected without a comment."
        return Reacts(step.on_reject, "on_reject", {"outcome": "rejected", **output}, "rejected", message)
