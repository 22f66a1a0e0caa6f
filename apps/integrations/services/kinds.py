"""The kinds of work this app enqueues."""

ACTION_KIND = "integrations.action"
MAPPING_KIND = "integrations.mapping"
WEBHOOK_KIND = "integrations.webhook"

ACTION_LEASE_SECONDS = 20
WEBHOOK_LEASE_SECONDS = 30
