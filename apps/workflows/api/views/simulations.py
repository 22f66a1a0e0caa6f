"""Simulations."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api.views import Resource
from apps.workflows.api.simulation_shapes import SimulationIn, SimulationOut
from apps.workflows.engine.history import step_of
from apps.workflows.engine.simulation.judging import path_of
from apps.workflows.engine.simulation.scenario import Played, example_event
from apps.workflows.selectors.templates import get_version
from apps.workflows.services.scenarios import play_version


class VersionSimulate(Resource):
    actions = {"POST": "templates:read"}
    takes = {"POST": SimulationIn}
    returns = {"POST": SimulationOut}

    def post(self, request: Request, key: str, number: int) -> Response:
        """Play a run of a version that is nowhere stored: send the moves made so far, get what it asks next."""
        sent = self.read()
        begin: dict[str, Any] = {name: sent[name] for name in ("input", "event", "subject") if name in sent}
        if "at" in sent:
            begin["at"] = sent["at"].isoformat()
        played = play_version(get_version(key, number), begin, sent.get("moves") or [])
        return Response(SimulationOut(_told(played)).data)


def _told(played: Played) -> dict[str, Any]:
    run = played.run
    return {
        "now": run.now,
        "outcome": run.finished.outcome if run.finished else "running",
        "path": path_of(run.history),
        "questions": [
            {
                "visit": one.prefix + question.visit,
                "step": one.prefix + question.step,
                "kind": question.kind,
                "since": question.since,
                "asked": _plain(question.asked),
            }
            for one, question in played.questions()
        ],
        "waits": [
            {
                "visit": one.prefix + visit,
                "type": one.awaiting[visit].type,
                "example": example_event(one, visit),
            }
            for one, visit in played.waits()
        ],
        "exceptions": [one.prefix + held.id for one, held in played.exceptions()],
        "timers": [
            {"step": one.prefix + step_of(timer.rpartition("/")[0]), "at": at}
            for one in run.everyone()
            for timer, at in one.timers.items()
        ],
        "outputs": run.state.outputs,
        "vars": run.state.vars,
        "history": run.history,
    }


def _plain(asked: dict[str, Any]) -> dict[str, Any]:
    """What was asked as JSON: times and durations as text."""
    return {
        name: value if isinstance(value, str | int | float | dict | list | None) else str(value)
        for name, value in asked.items()
    }
