"""Inbound hooks and what came in through them, over REST."""

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api.views import Resource
from apps.integrations import policies, services
from apps.integrations.api import serializers as shapes
from apps.integrations.selectors.hooks import get_hook, get_inbound_event, list_hooks, list_inbound_events
from apps.integrations.services.hooks import NewHook


class Hooks(Resource):
    actions = {"GET": policies.HOOKS_READ, "POST": policies.HOOKS_MANAGE}
    takes = {"POST": shapes.NewHookShape}
    returns = {"GET": shapes.HookShape, "POST": shapes.HookOnce}
    statuses = {"POST": 201}
    listing = True

    def get(self, request: Request) -> Response:
        """List the inbound hooks."""
        self.query()
        return self.page(list_hooks(), shapes.HookShape)

    def post(self, request: Request) -> Response:
        """Set up a hook; its URL and, this once, its secret are in the answer."""
        return _with_secret(services.create_hook(actor=self.actor, **self.read()), status=201)


class OneHook(Resource):
    actions = {"GET": policies.HOOKS_READ, "PATCH": policies.HOOKS_MANAGE}
    takes = {"PATCH": shapes.HookChange}
    returns = {"GET": shapes.HookShape, "PATCH": shapes.HookShape}

    def get(self, request: Request, hook_id: UUID) -> Response:
        """Show a hook."""
        return self.respond(shapes.HookShape, get_hook(hook_id))

    def patch(self, request: Request, hook_id: UUID) -> Response:
        """Change a hook's name, mapping, options or owner."""
        changes = self.read()
        self.check_if_match(get_hook(hook_id))
        services.update_hook(hook_id=hook_id, actor=self.actor, **changes)
        return self.respond(shapes.HookShape, get_hook(hook_id))


class HookSecretRotated(Resource):
    actions = {"POST": policies.HOOKS_MANAGE}
    takes = {"POST": shapes.NewSecret}
    returns = {"POST": shapes.HookOnce}

    def post(self, request: Request, hook_id: UUID) -> Response:
        """Add a new secret; the one before stays live until the next rotation."""
        return _with_secret(services.rotate_hook_secret(hook_id=hook_id, actor=self.actor, **self.read()))


class HookPaused(Resource):
    actions = {"POST": policies.HOOKS_MANAGE}
    takes = {"POST": shapes.Why}
    returns = {"POST": shapes.HookShape}

    def post(self, request: Request, hook_id: UUID) -> Response:
        """Take nothing in; senders are told to try again later."""
        services.pause_hook(hook_id=hook_id, actor=self.actor, **self.read())
        return self.respond(shapes.HookShape, get_hook(hook_id))


class HookResumed(Resource):
    actions = {"POST": policies.HOOKS_MANAGE}
    takes = {"POST": shapes.Why}
    returns = {"POST": shapes.HookShape}

    def post(self, request: Request, hook_id: UUID) -> Response:
        """Take messages in again."""
        services.resume_hook(hook_id=hook_id, actor=self.actor, **self.read())
        return self.respond(shapes.HookShape, get_hook(hook_id))


class InboundEvents(Resource):
    actions = {"GET": policies.HOOKS_READ}
    returns = {"GET": shapes.InboundEventShape}
    filters = shapes.InboundEventFilters
    listing = True

    def get(self, request: Request, hook_id: UUID) -> Response:
        """List what came in through a hook, the newest first."""
        wanted = self.query()
        hook = get_hook(hook_id)
        return self.page(list_inbound_events(hook.id, wanted.get("status", "")), shapes.InboundEventShape)


class OneInboundEvent(Resource):
    actions = {"GET": policies.HOOKS_READ}
    returns = {"GET": shapes.InboundEventDetail}

    def get(self, request: Request, hook_id: UUID, event_id: UUID) -> Response:
        """Show a message with its headers and body."""
        return self.respond(shapes.InboundEventDetail, get_inbound_event(hook_id, event_id))


class InboundEventReplayed(Resource):
    actions = {"POST": policies.HOOKS_MANAGE}
    takes = {"POST": shapes.Why}
    returns = {"POST": shapes.InboundEventDetail}
    statuses = {"POST": 202}

    def post(self, request: Request, hook_id: UUID, event_id: UUID) -> Response:
        """Map a failed or ignored message once more, with the hook's present mapping."""
        row = get_inbound_event(hook_id, event_id)
        services.replay_inbound_event(event_id=row.id, actor=self.actor, **self.read())
        return self.respond(shapes.InboundEventDetail, get_inbound_event(hook_id, event_id), status=202)


def _with_secret(made: NewHook, status: int = 200) -> Response:
    body = shapes.HookShape(get_hook(made.hook.id)).data | {"secret": made.secret}
    return Response(body, status=status, headers={"Location": f"/api/v1/inbound-hooks/{made.hook.id}"})
