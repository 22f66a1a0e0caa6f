"""``manage.py setup_platform``: bring every schema up to date; safe to run at any time, and twice."""

import time
from typing import Any

from django.core.management.base import BaseCommand

from tenants.models import Tenant
from tenants.services.schemas import code_version, migrate_blueprint, migrate_platform, migrate_schema


class Command(BaseCommand):
    help = "Migrates the platform's schema, the blueprint, and every tenant that lags behind."

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.monotonic()
        migrate_platform()
        migrate_blueprint()
        version = code_version()
        lagging = Tenant.objects.exclude(schema_version__in=[version, ""]).order_by("slug")
        for tenant in lagging:
            migrate_schema(tenant.schema_name)
            Tenant.objects.filter(pk=tenant.pk).update(schema_version=version)
            self.stdout.write(f"{tenant.slug}: migrated")
        self.stdout.write(f"Schemas are up to date ({time.monotonic() - started:.1f} s).")
