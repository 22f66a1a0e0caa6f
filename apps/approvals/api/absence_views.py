"""Absences over REST."""

from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from apps.approvals.api import absence_shapes as shapes
from apps.approvals.exceptions import UnknownFeed
from apps.approvals.selectors import delegations as selectors
from apps.approvals.services.delegations import create_delegation, withdraw_delegation
from apps.approvals.services.feeds import delete_feed, save_feed
from apps.core.api.views import Resource


class Delegations(Resource):
    actions = {"GET": "delegations:read", "POST": "delegations:write"}
    takes = {"POST": shapes.NewDelegation}
    returns = {"GET": shapes.DelegationOut, "POST": shapes.DelegationOut}
    statuses = {"POST": 201}
    filters = shapes.DelegationQuery
    listing = True

    def get(self, request: Request) -> Response:
        """List absences: your own and those in which you decide for others, or, for who leads, all."""
        rows = selectors.visible_delegations(self.actor)
        return self.page(selectors.narrow_delegations(rows, **self.query()), shapes.DelegationOut)

    def post(self, request: Request) -> Response:
        """Say that somebody is away, and who decides meanwhile."""
        row = create_delegation(actor=self.actor, **_people(self.read()))
        return self.respond(shapes.DelegationOut, row, status=201, location=f"/api/v1/delegations/{row.id}")


class OneDelegation(Resource):
    actions = {"GET": "delegations:read"}
    returns = {"GET": shapes.DelegationOut}

    def get(self, request: Request, delegation_id: UUID) -> Response:
        """Show an absence."""
        row = selectors.get_delegation(actor=self.actor, delegation_id=delegation_id)
        return self.respond(shapes.DelegationOut, row)


class DelegationWithdrawn(Resource):
    actions = {"POST": "delegations:write"}
    takes = {"POST": shapes.WithdrawalIn}
    returns = {"POST": shapes.DelegationOut}

    def post(self, request: Request, delegation_id: UUID) -> Response:
        """End an absence now, or call it off."""
        row = withdraw_delegation(delegation_id=delegation_id, actor=self.actor, **self.read())
        return self.respond(shapes.DelegationOut, row)


class Feeds(Resource):
    actions = {"GET": "delegations:read", "POST": "delegations:write"}
    takes = {"POST": shapes.NewFeed}
    returns = {"GET": shapes.FeedOut, "POST": shapes.FeedOut}
    statuses = {"POST": 201}
    listing = True

    def get(self, request: Request) -> Response:
        """List the calendars that absences are taken from."""
        self.query()
        return self.page(selectors.visible_feeds(self.actor), shapes.FeedOut)

    def post(self, request: Request) -> Response:
        """Take somebody's absences from a calendar; a later one replaces it."""
        given = self.read()
        taker = given.pop("deputy_id", None)
        feed = save_feed(actor=self.actor, taker_id=taker, **given)
        return self.respond(shapes.FeedOut, feed, status=201, location=f"/api/v1/absence-feeds/{feed.id}")


class OneFeed(Resource):
    actions = {"GET": "delegations:read", "DELETE": "delegations:write"}
    returns = {"GET": shapes.FeedOut}
    statuses = {"DELETE": 204}

    def get(self, request: Request, feed_id: UUID) -> Response:
        """Show a calendar that absences are taken from."""
        found = selectors.visible_feeds(self.actor).filter(pk=feed_id).first()
        if found is None:
            raise UnknownFeed
        return self.respond(shapes.FeedOut, found)

    def delete(self, request: Request, feed_id: UUID) -> Response:
        """Forget a calendar; absences it brought that are not over end now."""
        delete_feed(feed_id=feed_id, actor=self.actor)
        return Response(status=204)


def _people(given: dict[str, Any]) -> dict[str, Any]:
    """The body's names for people, as the services call them."""
    renamed = {"giver_id": given.pop("user_id", None), "taker_id": given.pop("deputy_id", None)}
    return {**given, **renamed}
