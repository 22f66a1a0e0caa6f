"""Webhook endpoints and deliveries over REST."""

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api.views import Resource
from apps.integrations import policies, services
from apps.integrations.api import serializers as shapes
from apps.integrations.selectors.webhooks import get_delivery, get_endpoint, list_deliveries, list_endpoints
from apps.integrations.services.endpoints import NewEndpoint


class Endpoints(Resource):
    actions = {"GET": policies.WEBHOOKS_READ, "POST": policies.WEBHOOKS_MANAGE}
    takes = {"POST": shapes.NewEndpointShape}
    returns = {"GET": shapes.EndpointShape, "POST": shapes.EndpointOnce}
    statuses = {"POST": 201}
    listing = True

    def get(self, request: Request) -> Response:
        """List the webhook endpoints."""
        self.query()
        return self.page(list_endpoints(), shapes.EndpointShape)

    def post(self, request: Request) -> Response:
        """Subscribe a URL to event types; the secret of its signatures is in the answer, this once."""
        return _with_secret(services.create_endpoint(actor=self.actor, **self.read()), status=201)


class OneEndpoint(Resource):
    actions = {"GET": policies.WEBHOOKS_READ, "PATCH": policies.WEBHOOKS_MANAGE}
    takes = {"PATCH": shapes.EndpointChange}
    returns = {"GET": shapes.EndpointShape, "PATCH": shapes.EndpointShape}

    def get(self, request: Request, endpoint_id: UUID) -> Response:
        """Show a webhook endpoint."""
        return self.respond(shapes.EndpointShape, get_endpoint(endpoint_id))

    def patch(self, request: Request, endpoint_id: UUID) -> Response:
        """Change an endpoint's URL, event types or name."""
        changes = self.read()
        self.check_if_match(get_endpoint(endpoint_id))
        row = services.update_endpoint(endpoint_id=endpoint_id, actor=self.actor, **changes)
        return self.respond(shapes.EndpointShape, row)


class EndpointSecretRotated(Resource):
    actions = {"POST": policies.WEBHOOKS_MANAGE}
    takes = {"POST": shapes.NewSecret}
    returns = {"POST": shapes.EndpointOnce}

    def post(self, request: Request, endpoint_id: UUID) -> Response:
        """Add a new secret; messages are signed with both until the next rotation."""
        made = services.rotate_endpoint_secret(endpoint_id=endpoint_id, actor=self.actor, **self.read())
        return _with_secret(made)


class EndpointEnabled(Resource):
    actions = {"POST": policies.WEBHOOKS_MANAGE}
    takes = {"POST": shapes.Why}
    returns = {"POST": shapes.EndpointShape}

    def post(self, request: Request, endpoint_id: UUID) -> Response:
        """Send events again."""
        row = services.enable_endpoint(endpoint_id=endpoint_id, actor=self.actor, **self.read())
        return self.respond(shapes.EndpointShape, row)


class EndpointDisabled(Resource):
    actions = {"POST": policies.WEBHOOKS_MANAGE}
    takes = {"POST": shapes.Why}
    returns = {"POST": shapes.EndpointShape}

    def post(self, request: Request, endpoint_id: UUID) -> Response:
        """Send nothing more."""
        row = services.disable_endpoint(endpoint_id=endpoint_id, actor=self.actor, **self.read())
        return self.respond(shapes.EndpointShape, row)


class EndpointTested(Resource):
    actions = {"POST": policies.WEBHOOKS_MANAGE}
    returns = {"POST": shapes.DeliveryShape}
    statuses = {"POST": 202}

    def post(self, request: Request, endpoint_id: UUID) -> Response:
        """Send a test message; look at the delivery for what came of it."""
        row = services.test_endpoint(endpoint_id=endpoint_id, actor=self.actor)
        return self.respond(shapes.DeliveryShape, row, status=202)


class Deliveries(Resource):
    actions = {"GET": policies.WEBHOOKS_READ}
    returns = {"GET": shapes.DeliveryShape}
    filters = shapes.DeliveryFilters
    listing = True

    def get(self, request: Request) -> Response:
        """List deliveries with their attempts, the newest first."""
        return self.page(list_deliveries(**self.query()), shapes.DeliveryShape)


class OneDelivery(Resource):
    actions = {"GET": policies.WEBHOOKS_READ}
    returns = {"GET": shapes.DeliveryShape}

    def get(self, request: Request, delivery_id: UUID) -> Response:
        """Show a delivery with its attempts."""
        return self.respond(shapes.DeliveryShape, get_delivery(delivery_id))


class DeliveryResent(Resource):
    actions = {"POST": policies.WEBHOOKS_MANAGE}
    returns = {"POST": shapes.DeliveryShape}
    statuses = {"POST": 202}

    def post(self, request: Request, delivery_id: UUID) -> Response:
        """Deliver once more, with the same id and body."""
        services.resend_delivery(delivery_id=delivery_id, actor=self.actor)
        return self.respond(shapes.DeliveryShape, get_delivery(delivery_id), status=202)


def _with_secret(made: NewEndpoint, status: int = 200) -> Response:
    body = shapes.EndpointShape(made.endpoint).data | {"secret": made.secret}
    return Response(
        body, status=status, headers={"Location": f"/api/v1/webhook-endpoints/{made.endpoint.id}"}
    )
