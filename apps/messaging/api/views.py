"""Messages and what they say over REST."""

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api.views import Resource
from apps.messaging import selectors, services
from apps.messaging.api import serializers as shapes
from apps.messaging.exceptions import UnknownMessage


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
