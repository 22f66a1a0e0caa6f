"""Runs."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api.shapes import represent, represent_all
from apps.core.api.views import Resource
from apps.core.errors import Invalid, Problem
from apps.workflows.api.filters import RunFilters
from apps.workflows.api.serializers import HistoryOut, ReasonIn, RunDetailOut, RunIn, RunOut
from apps.workflows.choices import BulkAbout
from apps.workflows.filtering import read_filter
from apps.workflows.selectors.runs import get_run, list_runs, run_history
from apps.workflows.services import cancel_run, roll_back_run, start_run

MAX_FACTS = 100
_LAST_NUMBER = 2**31 - 1


class Runs(Resource):
    actions = {"GET": "runs:read", "POST": "runs:write"}
    takes = {"POST": RunIn}
    returns = {"GET": RunOut, "POST": RunDetailOut}
    statuses = {"POST": 201}
    filters = RunFilters
    listing = True

    def get(self, request: Request) -> Response:
        """List the runs."""
        return self.page(list_runs(**read_filter(BulkAbout.RUN, self.query(), "")), RunOut)

    def post(self, request: Request) -> Response:
        """Start a run of the published version of a template."""
        sent = self.read()
        run = start_run(
            template_key=sent["template"],
            input=sent["input"],
            actor=self.actor,
            subject=sent["subject"],
            name=sent["name"],
        )
        location = f"/api/v1/runs/{run.id}"
        return Response(represent(RunDetailOut, run), status=201, headers={"Location": location})


class OneRun(Resource):
    actions = {"GET": "runs:read"}
    returns = {"GET": RunDetailOut}

    def get(self, request: Request, run_id: UUID) -> Response:
        """Read a run with its input and steps."""
        self.query()
        return Response(represent(RunDetailOut, get_run(run_id)))


class RunHistory(Resource):
    actions = {"GET": "runs:read"}
    returns = {"GET": HistoryOut}
    listing = True

    def get(self, request: Request, run_id: UUID) -> Response:
        """Read what happened in a run, the oldest first."""
        self.query()
        after = _number(request, "cursor", 0, at_most=_LAST_NUMBER, at_least=0)
        limit = _number(request, "limit", MAX_FACTS, at_most=MAX_FACTS, at_least=1)
        facts = list(run_history(run_id, after=after)[: limit + 1])
        last = facts[limit - 1].seq if len(facts) > limit else None
        return Response(
            {
                "results": represent_all(HistoryOut, facts[:limit]),
                "next": _link(request, limit, last) if last is not None else None,
                "previous": _link(request, limit, max(0, after - limit)) if after else None,
            }
        )


class RunCancel(Resource):
    actions = {"POST": "runs:write"}
    takes = {"POST": ReasonIn}
    returns = {"POST": RunDetailOut}

    def post(self, request: Request, run_id: UUID) -> Response:
        """Stop a run; what it has done stays done."""
        cancel_run(run_id=run_id, actor=self.actor, reason=self.read()["reason"])
        return Response(represent(RunDetailOut, get_run(run_id)))


class RunRollBack(Resource):
    actions = {"POST": "exceptions:resolve"}
    takes = {"POST": ReasonIn}
    returns = {"POST": RunDetailOut}

    def post(self, request: Request, run_id: UUID) -> Response:
        """Stop a run and undo its actions, last first."""
        roll_back_run(run_id=run_id, actor=self.actor, reason=self.read()["reason"])
        return Response(represent(RunDetailOut, get_run(run_id)))


def _number(request: Request, name: str, default: int, *, at_most: int, at_least: int) -> int:
    text = request.query_params.get(name, str(default))
    if text.isascii() and text.isdecimal() and len(text) <= 10 and at_least <= int(text) <= at_most:
        return int(text)
    message = f"Use a whole number from {at_least} to {at_most}."
    raise Invalid(f"invalid_{name}", message, [Problem(f"/{name}", message, f"invalid_{name}")])


def _link(request: Request, limit: int, after: int) -> str:
    query: dict[str, Any] = {"limit": limit, "cursor": after}
    return request.build_absolute_uri(f"{request.path}?{urlencode(query)}")
