"""``manage.py verify_audit``: is the audit what it was when it was sealed? Exit code 0 if so, 1 if not."""

import sys
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.dispatch.models.queue import PLATFORM
from apps.ledger.selectors.verifying import ChainReport, verify_chain
from tenants.choices import TenantStatus
from tenants.context import platform_context, schema_context
from tenants.directory import tenant_ref
from tenants.models import Tenant

PLATFORM_NAME = "platform"


class Command(BaseCommand):
    help = "Holds every audit entry against its seal, every seal against the chain, the chain against its signed heads."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--tenant", default="", help=f"One tenant's slug, or '{PLATFORM_NAME}'; without it, all of them."
        )

    def handle(self, *args: Any, tenant: str = "", **options: Any) -> None:
        """Verify and say what was found; nothing is changed."""
        broken = 0
        if tenant in ("", PLATFORM_NAME):
            with platform_context():
                broken += self._tell(PLATFORM_NAME, PLATFORM)
        if tenant != PLATFORM_NAME:
            for row in self._tenants(tenant):
                with schema_context(tenant_ref(row)):
                    broken += self._tell(row.slug, row.id)
        if broken:
            sys.exit(1)

    def _tenants(self, slug: str) -> list[Tenant]:
        with platform_context():
            rows = Tenant.objects.select_related("partner__brand", "brand").order_by("slug")
            rows = rows.filter(status__in=(TenantStatus.READY, TenantStatus.SUSPENDED))
            found = list(rows.filter(slug=slug) if slug else rows)
        if slug and not found:
            raise CommandError(f"There is no tenant {slug!r}.")
        return found

    def _tell(self, name: str, chain: UUID) -> int:
        """Return how much is broken."""
        report = verify_chain(chain)
        self.stdout.write(f"{name}: {_counts(report)}: {'BROKEN' if report.breaks else 'unbroken'}")
        for found in report.breaks:
            self.stdout.write(f"{name}: {found.code}: {found.message}")
        return len(report.breaks)


def _counts(report: ChainReport) -> str:
    waiting = f", {report.waiting} waiting to be sealed" if report.waiting else ""
    return f"{report.entries} entries{waiting}, {report.seals} seals, {report.checkpoints} signed heads"
