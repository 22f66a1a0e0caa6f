"""The one place where state changes: transition, audit entry and outbox message in one transaction."""
