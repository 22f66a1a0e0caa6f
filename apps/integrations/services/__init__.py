"""Commands of integrations."""

from apps.integrations.services.connections import (
    bind_slot,
    create_connection,
    install_connection,
    pause_connection,
    resume_connection,
    test_connection,
    unbind_slot,
    update_connection,
)
from apps.integrations.services.deliveries import resend_delivery
from apps.integrations.services.endpoints import (
    create_endpoint,
    disable_endpoint,
    enable_endpoint,
    rotate_endpoint_secret,
    test_endpoint,
    update_endpoint,
)
from apps.integrations.services.hooks import (
    create_hook,
    pause_hook,
    resume_hook,
    rotate_hook_secret,
    update_hook,
)
from apps.integrations.services.inbound import receive_message
from apps.integrations.services.mapping import map_inbound_event, replay_inbound_event

__all__ = [
    "bind_slot",
    "create_connection",
    "create_endpoint",
    "create_hook",
    "disable_endpoint",
    "enable_endpoint",
    "install_connection",
    "map_inbound_event",
    "pause_connection",
    "pause_hook",
    "receive_message",
    "replay_inbound_event",
    "resend_delivery",
    "resume_connection",
    "resume_hook",
    "rotate_endpoint_secret",
    "rotate_hook_secret",
    "test_connection",
    "test_endpoint",
    "unbind_slot",
    "update_connection",
    "update_endpoint",
    "update_hook",
]
