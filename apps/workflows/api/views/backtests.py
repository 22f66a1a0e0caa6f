"""Back-tests."""

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api.views import Resource
from apps.workflows.api.backtest_shapes import BacktestIn, BacktestOut, BacktestRunFilters, BacktestRunOut
from apps.workflows.selectors.proof import get_backtest, list_backtest_runs, list_backtests
from apps.workflows.services.backtests import cancel_backtest, start_backtest


class Backtests(Resource):
    actions = {"GET": "templates:read", "POST": "templates:write"}
    takes = {"POST": BacktestIn}
    returns = {"GET": BacktestOut, "POST": BacktestOut}
    statuses = {"POST": 201}
    listing = True

    def get(self, request: Request, key: str) -> Response:
        """List the back-tests of a template."""
        self.query()
        return self.page(list_backtests(key), BacktestOut)

    def post(self, request: Request, key: str) -> Response:
        """Run the recorded runs of a window again under a version; what was recorded stays as it is."""
        sent = self.read()
        row = start_backtest(
            template_key=key,
            number=sent["version"],
            since=sent["since"],
            until=sent["until"],
            drafts=sent["policies"] == "drafts",
            actor=self.actor,
        )
        location = f"/api/v1/workflow-templates/{key}/backtests/{row.id}"
        return self.respond(BacktestOut, row, status=201, location=location)


class OneBacktest(Resource):
    actions = {"GET": "templates:read"}
    returns = {"GET": BacktestOut}

    def get(self, request: Request, key: str, backtest_id: UUID) -> Response:
        """Read a back-test with its progress and what it has found so far."""
        self.query()
        return Response(BacktestOut(get_backtest(key, backtest_id)).data)


class BacktestRuns(Resource):
    actions = {"GET": "templates:read"}
    returns = {"GET": BacktestRunOut}
    filters = BacktestRunFilters
    listing = True

    def get(self, request: Request, key: str, backtest_id: UUID) -> Response:
        """List the runs that would have gone another way, each with all that differs."""
        rows = list_backtest_runs(get_backtest(key, backtest_id), **self.query())
        return self.page(rows, BacktestRunOut)


class BacktestCancel(Resource):
    actions = {"POST": "templates:write"}
    returns = {"POST": BacktestOut}

    def post(self, request: Request, key: str, backtest_id: UUID) -> Response:
        """Look at no more runs; what was found is kept."""
        get_backtest(key, backtest_id)
        return self.respond(BacktestOut, cancel_backtest(backtest_id=backtest_id, actor=self.actor))
