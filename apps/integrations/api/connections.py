"""Connections and the slots they fill, over REST."""

from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api.views import Resource
from apps.core.errors import NotFound
from apps.integrations import policies, services
from apps.integrations.api import serializers as shapes
from apps.integrations.models import SlotBinding
from apps.integrations.selectors.connections import get_connection, list_bindings, list_connections
from apps.integrations.types import Json, Secret


class Connections(Resource):
    actions = {"GET": policies.CONNECTIONS_READ, "POST": policies.CONNECTIONS_MANAGE}
    takes = {"POST": shapes.NewConnection}
    returns = {"GET": shapes.ConnectionShape, "POST": shapes.ConnectionShape}
    statuses = {"POST": 201}
    listing = True

    def get(self, request: Request) -> Response:
        """List the connections."""
        self.query()
        return self.page(list_connections(), shapes.ConnectionShape)

    def post(self, request: Request) -> Response:
        """Set up a connection and fill slots with it."""
        wanted = _with_secret(self.read())
        row = get_connection(services.create_connection(actor=self.actor, **wanted).id)
        return self.respond(shapes.ConnectionShape, row, status=201, location=f"/api/v1/connections/{row.id}")


class OneConnection(Resource):
    actions = {"GET": policies.CONNECTIONS_READ, "PATCH": policies.CONNECTIONS_MANAGE}
    takes = {"PATCH": shapes.ConnectionChange}
    returns = {"GET": shapes.ConnectionShape, "PATCH": shapes.ConnectionShape}

    def get(self, request: Request, connection_id: UUID) -> Response:
        """Show a connection, without its secret."""
        return self.respond(shapes.ConnectionShape, get_connection(connection_id))

    def patch(self, request: Request, connection_id: UUID) -> Response:
        """Change a connection; a credential that is sent replaces the stored one."""
        changes = _with_secret(self.read())
        self.check_if_match(get_connection(connection_id))
        services.update_connection(connection_id=connection_id, actor=self.actor, **changes)
        return self.respond(shapes.ConnectionShape, get_connection(connection_id))


class ConnectionTested(Resource):
    actions = {"POST": policies.CONNECTIONS_MANAGE}
    returns = {"POST": shapes.TestOutcome}

    def post(self, request: Request, connection_id: UUID) -> Response:
        """Perform the test operation and say what came of it."""
        outcome = services.test_connection(connection_id=connection_id, actor=self.actor)
        return Response(shapes.TestOutcome(outcome).data)


class ConnectionPaused(Resource):
    actions = {"POST": policies.CONNECTIONS_MANAGE}
    takes = {"POST": shapes.Why}
    returns = {"POST": shapes.ConnectionShape}

    def post(self, request: Request, connection_id: UUID) -> Response:
        """Make no more calls; those intended wait."""
        services.pause_connection(connection_id=connection_id, actor=self.actor, **self.read())
        return self.respond(shapes.ConnectionShape, get_connection(connection_id))


class ConnectionResumed(Resource):
    actions = {"POST": policies.CONNECTIONS_MANAGE}
    takes = {"POST": shapes.Why}
    returns = {"POST": shapes.ConnectionShape}

    def post(self, request: Request, connection_id: UUID) -> Response:
        """Make calls again, those that waited first."""
        services.resume_connection(connection_id=connection_id, actor=self.actor, **self.read())
        return self.respond(shapes.ConnectionShape, get_connection(connection_id))


class Slots(Resource):
    actions = {"GET": policies.CONNECTIONS_READ, "POST": policies.CONNECTIONS_MANAGE}
    takes = {"POST": shapes.NewSlot}
    returns = {"GET": shapes.SlotShape, "POST": shapes.SlotShape}
    statuses = {"POST": 201}
    listing = True

    def get(self, request: Request) -> Response:
        """List which connection fills which slot."""
        self.query()
        return self.page(list_bindings(), shapes.SlotShape)

    def post(self, request: Request) -> Response:
        """Fill a slot of one template, or of all, with a connection."""
        wanted = self.read()
        binding = services.bind_slot(
            slot=wanted["slot"],
            connection_id=wanted["connection_id"],
            template_key=wanted["template"],
            actor=self.actor,
        )
        return self.respond(shapes.SlotShape, binding, status=201)


class OneSlot(Resource):
    actions = {"DELETE": policies.CONNECTIONS_MANAGE}

    def delete(self, request: Request, binding_id: UUID) -> Response:
        """Empty a slot."""
        binding: SlotBinding | None = list_bindings().filter(pk=binding_id).first()
        if binding is None:
            raise NotFound("not_found", "There is no such slot binding.")
        services.unbind_slot(slot=binding.slot, template_key=binding.template_key, actor=self.actor)
        return Response(status=204)


def _with_secret(wanted: Json) -> dict[str, Any]:
    """Return the input with its credential as a secret."""
    credential: Json | None = wanted.pop("credential", None)
    secret = Secret(credential["kind"], shapes.secret_values(credential)) if credential else None
    return wanted | {"secret": secret}
