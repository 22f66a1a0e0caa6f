"""What people do to a run by hand: retry, skip, reassign, answer, go back, replay."""

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api.views import Resource
from apps.workflows.api.serializers import RunDetailOut
from apps.workflows.api.steering_shapes import (
    RunJumpIn,
    RunReplayIn,
    StepAnswerIn,
    StepReassignIn,
    StepRetryIn,
    StepSkipIn,
)
from apps.workflows.selectors.runs import get_run
from apps.workflows.services.corrections import answer_wait, jump_to, reassign_step, retry_step, skip_step
from apps.workflows.services.replaying import replay_run


class _Step(Resource):
    actions = {"POST": "exceptions:resolve"}
    returns = {"POST": RunDetailOut}


class StepRetry(_Step):
    takes = {"POST": StepRetryIn}

    def post(self, request: Request, run_id: UUID, visit: str) -> Response:
        """Have a step tried again, with its input or another: stopped, waiting for its next attempt, or open."""
        sent = self.read()
        retry_step(
            run_id=run_id,
            visit=visit,
            actor=self.actor,
            reason=sent["reason"],
            input_override=sent.get("input"),
            epoch=sent.get("epoch"),
        )
        return shown(run_id)


class StepSkip(_Step):
    takes = {"POST": StepSkipIn}

    def post(self, request: Request, run_id: UUID, visit: str) -> Response:
        """Declare an open step done; what it asked of others is withdrawn."""
        sent = self.read()
        skip_step(
            run_id=run_id, visit=visit, actor=self.actor, reason=sent["reason"], output=sent.get("output")
        )
        return shown(run_id)


class StepReassign(_Step):
    takes = {"POST": StepReassignIn}

    def post(self, request: Request, run_id: UUID, visit: str) -> Response:
        """Give an open task or exception to another role or person."""
        reassign_step(run_id=run_id, visit=visit, actor=self.actor, **self.read())
        return shown(run_id)


class StepAnswer(_Step):
    takes = {"POST": StepAnswerIn}

    def post(self, request: Request, run_id: UUID, visit: str) -> Response:
        """Answer a waiting step by hand: with the event's data, or that its time has passed."""
        sent = self.read()
        answer_wait(
            run_id=run_id, visit=visit, actor=self.actor, reason=sent["reason"], event=sent.get("event")
        )
        return shown(run_id)


class RunJump(Resource):
    actions = {"POST": "exceptions:resolve"}
    takes = {"POST": RunJumpIn}
    returns = {"POST": RunDetailOut}

    def post(self, request: Request, run_id: UUID) -> Response:
        """Send a run back to a step it has visited."""
        sent = self.read()
        jump_to(
            run_id=run_id,
            step=sent["step"],
            actor=self.actor,
            reason=sent["reason"],
            visits=sent.get("visits"),
        )
        return shown(run_id)


class RunReplay(Resource):
    actions = {"POST": "runs:write"}
    takes = {"POST": RunReplayIn}
    returns = {"POST": RunDetailOut}
    statuses = {"POST": 201}

    def post(self, request: Request, run_id: UUID) -> Response:
        """Start a new run that repeats this one from a step, on its own version or the newest."""
        sent = self.read()
        run = replay_run(
            run_id=run_id,
            actor=self.actor,
            reason=sent["reason"],
            step=sent["step"],
            newest=sent["version"] == "newest",
            input=sent.get("input"),
        )
        location = f"/api/v1/runs/{run.id}"
        return Response(RunDetailOut(get_run(run.id)).data, status=201, headers={"Location": location})


def shown(run_id: UUID) -> Response:
    """Answer how the run stands now."""
    return Response(RunDetailOut(get_run(run_id)).data)
