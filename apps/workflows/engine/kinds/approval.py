"""`approval`: people decide under a policy."""

from __future__ import annotations

from typing import Any

from apps.workflows.engine.definition import (
    CONTINUE,
    END,
    EXCEPTION,
    ApprovalStep,
    Reaction,
    ReturnTo,
)
from apps.workflows.engine.effects import MATTERS, OpenApproval
from apps.workflows.engine.kinds.base import Kind
from apps.workflows.engine.linting import Lint
from apps.workflows.engine.reader import Reader, suggestion
from apps.workflows.engine.results import Done, Opening, Reacts, Result, Waits
from apps.workflows.engine.state import Visit
from apps.workflows.engine.turn import Turn

Json = dict[str, Any]
CHANGES = "changes_requested"
_WORDS = (EXCEPTION, END, CONTINUE)


class Approval(Kind[ApprovalStep]):
    """Opens an approval; a rejection leads to `on_reject`, a request for changes to `on_changes`."""

    name = "approval"
    has_limit = True

    def parse(self, reader: Reader, base: Json) -> ApprovalStep:
        """Read policy, show, editable, decides, subject, requested_by, prepared_by, on_reject and on_changes."""
        policy = reader.template("policy", "", required=True)
        if not isinstance(policy, str | dict):
            reader.problem("type", "'policy' must be the key of a policy or an inline policy.", "policy")
            policy = ""
        show = reader.mapping("show")
        return ApprovalStep(
            **base,
            policy=policy,
            show=show,
            editable=_editable(reader, show),
            decides=_decides(reader),
            subject=reader.template("subject"),
            requested_by=reader.template("requested_by"),
            prepared_by=reader.template("prepared_by"),
            on_reject=reader.reaction("on_reject", _WORDS, EXCEPTION),
            on_changes=reader.reaction("on_changes", _WORDS, EXCEPTION)
            if reader.value("on_changes") is not None
            else None,
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
            prepared_by=turn.resolve(step.prepared_by),
            editable=step.editable,
            decides=_matters(turn, step),
        )
        return Waits({"pending": "approval"}, [opened])

    def completed(self, turn: Turn, step: ApprovalStep, visit: Visit, output: Json) -> Result:
        """Approved goes on; changes are reworked; everything else is a rejection."""
        if output.get("outcome") == "approved":
            return Done(output)
        comment = str(output.get("comment") or "").strip()
        if output.get("outcome") == CHANGES:
            message = f"Changes were requested: {comment}" if comment else "Changes were requested."
            return Reacts(reaction_to_changes(step), "on_changes", output, CHANGES, message)
        message = f"Rejected: {comment}" if comment else "Rejected without a comment."
        return Reacts(step.on_reject, "on_reject", {"outcome": "rejected", **output}, "rejected", message)


def reaction_to_changes(step: ApprovalStep) -> Reaction:
    """What follows a request for changes: without `on_changes` the rework of a rejection, else a person sees to it."""
    if step.on_changes is not None:
        return step.on_changes
    return step.on_reject if isinstance(step.on_reject, ReturnTo) else EXCEPTION


def _matters(turn: Turn, step: ApprovalStep) -> tuple[str, ...]:
    """What the step says it decides; where compliance depends on the template, every approval of it decides that too."""
    more = ["compliance"] if turn.definition.classification.get("compliance_impact") == "high" else []
    return tuple(dict.fromkeys([*step.decides, *more]))


def _decides(reader: Reader) -> tuple[str, ...]:
    """Which kinds of matters it decides."""
    names = []
    for index, name in enumerate(reader.list("decides")):
        if isinstance(name, str) and name in MATTERS:
            names.append(name)
            continue
        message = f"'{name}' is not a kind of decision."
        remedy = suggestion(str(name), MATTERS) or f"Use {', '.join(MATTERS)}."
        reader.problem("unknown_matter", message, f"decides[{index}]", remedy)
    return tuple(dict.fromkeys(names))


def _editable(reader: Reader, show: Json) -> tuple[str, ...]:
    """Which members of `show` approvers may correct."""
    names = []
    for index, name in enumerate(reader.list("editable")):
        if isinstance(name, str) and name in show:
            names.append(name)
            continue
        message = f"'{name}' is not among what the approver sees."
        remedy = suggestion(str(name), show) or "Add it to 'show', or leave it out here."
        reader.problem("unknown_field", message, f"editable[{index}]", remedy)
    return tuple(dict.fromkeys(names))
