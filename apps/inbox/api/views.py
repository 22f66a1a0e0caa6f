"""The inbox over REST: what waits for whoever asks, and what he notes about it."""

from urllib.parse import urlencode
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api.paging import limit_of
from apps.core.api.views import Resource
from apps.inbox import selectors, services
from apps.inbox.api import serializers as shapes
from apps.inbox.choices import ItemKind
from apps.inbox.selectors.lists import team_load
from apps.inbox.types import Counts, Wanted
from tenants.links import tenant_url


class Inbox(Resource):
    actions = {"GET": "inbox:read"}
    returns = {"GET": shapes.EntryShape}
    filters = shapes.InboxFilters
    listing = True

    def get(self, request: Request) -> Response:
        """List what waits for you, the most urgent first."""
        cursor = request.query_params.get("cursor", "")
        page = selectors.page_waiting(
            self.actor, Wanted.read(self.query()), cursor=cursor, limit=limit_of(request)
        )
        body = {
            "results": shapes.EntryShape(list(page.entries), many=True).data,
            "next": self._link(page.next),
            "previous": self._link(page.previous),
        }
        return Response(body)

    def _link(self, cursor: str) -> str | None:
        if not cursor:
            return None
        query = {**self.request.query_params.dict(), "cursor": cursor}
        return self.request.build_absolute_uri(f"{self.request.path}?{urlencode(query)}")


class InboxCounts(Resource):
    actions = {"GET": "inbox:read"}
    returns = {"GET": shapes.CountsShape}

    def get(self, request: Request) -> Response:
        """Count what waits for you, by kind."""
        counts = selectors.count_waiting(self.actor)
        return Response(shapes.CountsShape(_by_kind(counts)).data)


class ItemsRead(Resource):
    actions = {"POST": "inbox:write"}
    takes = {"POST": shapes.ReadItems}
    returns = {"POST": shapes.Touched}

    def post(self, request: Request) -> Response:
        """Mark what waits for you as read or unread."""
        sent = self.read()
        count = services.mark_read(item_ids=sent["items"], read=sent["read"], actor=self.actor)
        return Response({"count": count})


class ItemsSnoozed(Resource):
    actions = {"POST": "inbox:write"}
    takes = {"POST": shapes.SnoozeItems}
    returns = {"POST": shapes.Touched}

    def post(self, request: Request) -> Response:
        """Put what waits for you off until later; what is overdue stays."""
        sent = self.read()
        put_off = services.snooze_items(item_ids=sent["items"], until=sent["until"], actor=self.actor)
        return Response({"count": len(put_off)})


class ItemsWoken(Resource):
    actions = {"POST": "inbox:write"}
    takes = {"POST": shapes.WakeItems}
    returns = {"POST": shapes.Touched}

    def post(self, request: Request) -> Response:
        """Bring back what you have put off."""
        return Response({"count": services.wake_items(item_ids=self.read()["items"], actor=self.actor)})


class Workload(Resource):
    actions = {"GET": "inbox:team"}
    returns = {"GET": shapes.Loads}

    def get(self, request: Request) -> Response:
        """Show how many decisions each of your people holds, and for how long."""
        return Response({"results": shapes.LoadShape(team_load(self.actor), many=True).data})


class Filters(Resource):
    actions = {"GET": "inbox:read", "POST": "inbox:write"}
    takes = {"POST": shapes.NewFilter}
    returns = {"GET": shapes.FilterShape, "POST": shapes.FilterShape}
    statuses = {"POST": 201}
    listing = True

    def get(self, request: Request) -> Response:
        """List your saved filters."""
        return self.page(selectors.list_filters(self.actor), shapes.FilterShape)

    def post(self, request: Request) -> Response:
        """Save a filter under a name, instead of the one that had it."""
        saved = services.save_filter(actor=self.actor, **self.read())
        return Response(shapes.FilterShape(saved).data, status=201)


class OneFilter(Resource):
    actions = {"GET": "inbox:read", "DELETE": "inbox:write"}
    returns = {"GET": shapes.FilterShape}
    statuses = {"DELETE": 204}

    def get(self, request: Request, filter_id: UUID) -> Response:
        """Show one of your saved filters."""
        return Response(shapes.FilterShape(selectors.get_filter(self.actor, filter_id)).data)

    def delete(self, request: Request, filter_id: UUID) -> Response:
        """Forget one of your saved filters."""
        services.delete_filter(filter_id=filter_id, actor=self.actor)
        return Response(status=204)


class Feed(Resource):
    actions = {"POST": "inbox:write", "DELETE": "inbox:write"}
    returns = {"POST": shapes.FeedShape}
    statuses = {"POST": 201, "DELETE": 204}
    secret_fields = frozenset({"url"})

    def post(self, request: Request) -> Response:
        """Make a secret address under which your calendar fetches your due dates; the one before stops working."""
        secret = services.make_feed(actor=self.actor)
        return Response({"url": tenant_url(f"/calendar/{secret}.ics")}, status=201)

    def delete(self, request: Request) -> Response:
        """Have your calendar address stop working."""
        services.revoke_feed(actor=self.actor)
        return Response(status=204)


def _by_kind(counts: Counts) -> dict[str, object]:
    return {**{str(kind): counts.of(kind) for kind in ItemKind}, "all": counts.all}
