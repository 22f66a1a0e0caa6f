"""What integrations register with the apps below."""

from apps.dispatch.rebuilding import register_distrust, register_due_work
from apps.dispatch.registry import register as register_kind
from apps.integrations import due_work, events, policies, states
from apps.integrations.connectors.registry import connector_names
from apps.integrations.handlers import actions, inbound, webhooks
from apps.integrations.models import Connection, InboundEvent, InboundHook, WebhookEndpoint
from apps.integrations.selectors import connections, hooks
from apps.integrations.selectors.actions import calls_through
from apps.integrations.selectors.webhooks import does_anybody_want
from apps.integrations.services import kinds
from apps.integrations.services.actions import close_action, distrust_intended, drain_action, open_action
from apps.integrations.services.connections import try_slot
from apps.integrations.services.deliveries import fan_out
from apps.integrations.services.hooks import keep_mapping
from apps.integrations.services.mapping import give_up_mapping
from apps.ledger.events import subscribe_all
from apps.ledger.transitions import register_table
from apps.workflows.parts import events_named, register_part
from apps.workflows.selectors.finding import register_calls
from apps.workflows.steps import register_catalogue, register_step
from tenants.configuration import register_configuration


def register() -> None:
    """Called once, when the apps are loaded."""
    events.register()
    policies.register()
    register_configuration(WebhookEndpoint)
    register_table(Connection, states.CONNECTION)
    register_table(InboundHook, states.HOOK)
    register_table(InboundEvent, states.INBOUND_EVENT)
    register_table(WebhookEndpoint, states.ENDPOINT)
    register_step("action", open_action, close_action, drain_action)
    register_calls(calls_through)
    register_part(
        hooks.PART,
        hooks.mapping_copies,
        keys=events_named,
        label="inbound mappings",
        install=keep_mapping,
        is_live=True,
    )
    register_catalogue("slots", connections.bound_slots)
    register_catalogue("operations", connections.operations_of_slot)
    register_catalogue("idempotency", connections.idempotency_of)
    register_catalogue("try_slot", try_slot)
    register_catalogue("connectors", connector_names)
    subscribe_all("integrations.webhooks", fan_out, interest=does_anybody_want)
    register_distrust(distrust_intended)
    register_due_work(kinds.ACTION_KIND, kinds.MAPPING_KIND, kinds.WEBHOOK_KIND, source=due_work.due_work)
    register_kind(
        kinds.ACTION_KIND,
        actions.perform_actions,
        lane="actions",
        batch=4,
        lease_seconds=kinds.ACTION_LEASE_SECONDS,
        on_parked=actions.give_up,
        inline=True,
    )
    register_kind(kinds.MAPPING_KIND, inbound.map_inbound, lane="events", batch=4, on_parked=give_up_mapping)
    register_kind(
        kinds.WEBHOOK_KIND,
        webhooks.deliver_webhooks,
        lane="webhooks",
        batch=4,
        lease_seconds=kinds.WEBHOOK_LEASE_SECONDS,
        max_attempts=50,
    )
