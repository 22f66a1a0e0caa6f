"""Rows of the API, in each tenant's schema and, for partners' staff, in the platform's."""

from apps.api.models.idempotency import IdempotencyRecord

__all__ = ["IdempotencyRecord"]
