"""Who is asked, what somebody holds, and whether there will be somebody, over REST."""

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from apps.approvals.api import people_shapes as shapes
from apps.approvals.api.serializers import RequestDetail
from apps.approvals.models import ApprovalRequest, CoverageForecast
from apps.approvals.selectors.forecasts import get_forecast, list_forecasts
from apps.approvals.selectors.holdings import get_hand_over, hand_over_items, read_holdings
from apps.approvals.selectors.requests import get_request, list_facts
from apps.approvals.services.forecasting import make_forecast
from apps.approvals.services.hand_over import start_hand_over
from apps.approvals.services.reassigning import add_approver, reassign_request, recall_request
from apps.core.api.views import Resource
from apps.core.errors import Invalid, Problem


class _Changed(Resource):
    """What the commands on one request share: they answer with the request as it is then."""

    def answer(self, request_id: UUID) -> Response:
        found: ApprovalRequest = get_request(actor=self.actor, request_id=request_id)
        return self.respond(RequestDetail, found)


class Reassigned(_Changed):
    actions = {"POST": "approvals:pass_on"}
    takes = {"POST": shapes.ReassignIn}
    returns = {"POST": RequestDetail}

    def post(self, request: Request, approval_id: UUID) -> Response:
        """Ask somebody else in a person's place; whoever is asked may pass it on himself."""
        given = self.read()
        giver = given["from_user_id"] or _own_id(self.actor.user_id)
        reassign_request(
            request_id=approval_id,
            from_user_id=giver,
            to_user_id=given["to_user_id"],
            actor=self.actor,
            reason=given["reason"],
        )
        return self.answer(approval_id)


class ApproverAdded(_Changed):
    actions = {"POST": "approvals:pass_on"}
    takes = {"POST": shapes.AddApproverIn}
    returns = {"POST": RequestDetail}

    def post(self, request: Request, approval_id: UUID) -> Response:
        """Ask somebody besides; no more decisions are needed than before."""
        given = self.read()
        add_approver(
            request_id=approval_id, user_id=given["to_user_id"], actor=self.actor, reason=given["reason"]
        )
        return self.answer(approval_id)


class Recalled(_Changed):
    actions = {"POST": "approvals:pass_on"}
    takes = {"POST": shapes.RecallIn}
    returns = {"POST": RequestDetail}

    def post(self, request: Request, approval_id: UUID) -> Response:
        """Take back what you asked for; the run goes the way of a rejection."""
        recall_request(request_id=approval_id, actor=self.actor, **self.read())
        return self.answer(approval_id)


class Facts(Resource):
    actions = {"GET": "approvals:follow"}
    returns = {"GET": shapes.FactOut}
    listing = True

    def get(self, request: Request, approval_id: UUID) -> Response:
        """List what happened to an approval besides decisions: reminders, escalation, changes of people."""
        self.query()
        return self.page(
            list_facts(actor=self.actor, request_id=approval_id), shapes.FactOut, oldest_first=True
        )


class UserHoldings(Resource):
    actions = {"GET": "approvals:follow"}
    returns = {"GET": shapes.HoldingsOut}

    def get(self, request: Request, user_id: UUID) -> Response:
        """Show all that somebody holds, before he leaves; your own, or anybody's for who leads."""
        self.query()
        return Response(shapes.HoldingsOut(read_holdings(user_id=user_id, actor=self.actor)).data)


class HandOvers(Resource):
    actions = {"POST": "approvals:reassign"}
    takes = {"POST": shapes.NewHandOver}
    returns = {"POST": shapes.HandOverOut}
    statuses = {"POST": 202}

    def post(self, request: Request) -> Response:
        """Give what somebody holds to somebody else; a worker does it, item by item."""
        given = self.read()
        row = start_hand_over(
            giver_id=given["from_user_id"],
            taker_id=given["to_user_id"],
            reason=given["reason"],
            chosen=given["items"],
            actor=self.actor,
        )
        return self.respond(shapes.HandOverOut, row, status=202, location=f"/api/v1/hand-overs/{row.id}")


class OneHandOver(Resource):
    actions = {"GET": "approvals:reassign"}
    returns = {"GET": shapes.HandOverDetail}

    def get(self, request: Request, hand_over_id: UUID) -> Response:
        """Show how far a hand-over is, and what came of each thing."""
        row = get_hand_over(hand_over_id)
        row.listed = hand_over_items(hand_over_id)  # type: ignore[attr-defined]
        return self.respond(shapes.HandOverDetail, row)


class Forecasts(Resource):
    actions = {"GET": "coverage:read", "POST": "coverage:check"}
    takes = {"POST": shapes.NewForecast}
    returns = {"GET": shapes.ForecastOut, "POST": shapes.ForecastOut}
    statuses = {"POST": 201}
    listing = True

    def get(self, request: Request) -> Response:
        """List the coverage forecasts, the newest first; one is made every night."""
        self.query()
        return self.page(list_forecasts(), shapes.ForecastOut)

    def post(self, request: Request) -> Response:
        """Look ahead now: every approval likely due, against who will be there; or one policy alone."""
        row: CoverageForecast = make_forecast(actor=self.actor, **self.read())
        return self.respond(
            shapes.ForecastOut, row, status=201, location=f"/api/v1/coverage-forecasts/{row.id}"
        )


class OneForecast(Resource):
    actions = {"GET": "coverage:read"}
    returns = {"GET": shapes.ForecastOut}

    def get(self, request: Request, forecast_id: UUID) -> Response:
        """Show a coverage forecast."""
        return self.respond(shapes.ForecastOut, get_forecast(forecast_id))


def _own_id(user_id: str | None) -> UUID:
    if not user_id:
        problem = Problem("/from_user_id", "Say who is asked now.", "required")
        raise Invalid("required", problem.message, [problem])
    return UUID(user_id)
