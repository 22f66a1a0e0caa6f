"""Messages and what they say over REST."""

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.actor import Actor
from apps.core.api.views import Resource
from apps.messaging import selectors, services
from apps.messaging.api import serializers as shapes
from apps.messaging.exceptions import UnknownMessage
from apps.messaging.models import NotificationPreference
from apps.messaging.selectors.notices import list_notices
from apps.messaging.selectors.preferences import preference_of
from apps.messaging.services.notices import read_notices, save_preferences


class Messages(Resource):
    actions = {"GET": "messages:read"}
    returns = {"GET": shapes.MessageShape}
    filters = shapes.MessageFilters
    listing = True

    def get(self, request: Request) -> Response:
        """List the messages that were sent or wait to be."""
        return self.page(selectors.list_messages().filter(**self.query()), shapes.MessageShape)


class OneMessage(Resource):
    actions = {"GET": "messages:read"}
    returns = {"GET": shapes.MessageDetail}

    def get(self, request: Request, message_id: UUID) -> Response:
        """Show a message with its text."""
        return self.respond(shapes.MessageDetail, selectors.get_message(message_id))


class MessageResent(Resource):
    actions = {"POST": "messages:resend"}
    takes = {"POST": shapes.ResendReason}
    returns = {"POST": shapes.MessageDetail}

    def post(self, request: Request, message_id: UUID) -> Response:
        """Try again to deliver a message that could not be delivered."""
        message = services.resend_message(message_id=message_id, actor=self.actor, **self.read())
        return self.respond(shapes.MessageDetail, message)


class MessageTemplates(Resource):
    actions = {"GET": "message_templates:read"}
    returns = {"GET": shapes.Wordings}

    def get(self, request: Request) -> Response:
        """List what every kind of message says here."""
        return Response({"results": shapes.WordingShape(selectors.list_wordings(), many=True).data})


class OneMessageTemplate(Resource):
    actions = {"GET": "message_templates:read"}
    returns = {"GET": shapes.WordingShape}

    def get(self, request: Request, key: str) -> Response:
        """Show what a kind of message says here."""
        wording = selectors.find_wording(key)
        if wording is None:
            raise UnknownMessage
        return Response(shapes.WordingShape(wording).data)


class MessageTemplateVersions(Resource):
    actions = {"POST": "message_templates:manage"}
    takes = {"POST": shapes.NewWording}
    returns = {"POST": shapes.WordingShape}
    statuses = {"POST": 201}

    def post(self, request: Request, key: str) -> Response:
        """Publish a new wording of a kind of message."""
        services.publish_wording(key=key, actor=self.actor, **self.read())
        return Response(shapes.WordingShape(selectors.find_wording(key)).data, status=201)


class Notifications(Resource):
    actions = {"GET": "notifications:use"}
    returns = {"GET": shapes.NoticeShape}
    filters = shapes.NoticeFilters
    listing = True

    def get(self, request: Request) -> Response:
        """List what you were told, the latest first."""
        rows = list_notices(self.actor)
        if self.query()["unread"]:
            rows = rows.filter(read_at__isnull=True)
        return self.page(rows, shapes.NoticeShape)


class NotificationsRead(Resource):
    actions = {"POST": "notifications:use"}
    takes = {"POST": shapes.ReadNotices}
    returns = {"POST": shapes.NoticesRead}

    def post(self, request: Request) -> Response:
        """Mark what you were told as read."""
        return Response({"count": read_notices(actor=self.actor, ids=self.read()["notices"])})


class NotificationPreferences(Resource):
    actions = {"GET": "notifications:use", "PUT": "notifications:use"}
    takes = {"PUT": shapes.PreferencesShape}
    returns = {"GET": shapes.PreferencesShape, "PUT": shapes.PreferencesShape}

    def get(self, request: Request) -> Response:
        """Show how you want to be told."""
        return Response(shapes.PreferencesShape(_own(self.actor)).data)

    def put(self, request: Request) -> Response:
        """Say how you want to be told, from now on."""
        return Response(shapes.PreferencesShape(save_preferences(actor=self.actor, **self.read())).data)


def _own(actor: Actor) -> NotificationPreference:
    return preference_of(UUID(actor.user_id) if actor.user_id else UUID(int=0))
