"""Operators look at partners, tenants, hosts and leases; making and changing them is the services' business."""

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from tenants.models import AccessLease, Domain, Partner, Tenant


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    """A table that is only looked at."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Partner)
class PartnerAdmin(ReadOnly):
    list_display = ("name", "slug", "created_at")
    search_fields = ("name", "slug")


@admin.register(Tenant)
class TenantAdmin(ReadOnly):
    list_display = ("name", "slug", "partner", "environment", "region", "status", "created_at")
    list_filter = ("status", "environment", "region")
    list_select_related = ("partner",)
    search_fields = ("name", "slug")


@admin.register(Domain)
class DomainAdmin(ReadOnly):
    list_display = ("domain", "tenant", "partner", "is_primary")
    list_select_related = ("tenant", "partner")
    search_fields = ("domain",)


@admin.register(AccessLease)
class AccessLeaseAdmin(ReadOnly):
    list_display = ("partner_user_email", "tenant", "starts_at", "ends_at", "revoked_at")
    list_select_related = ("tenant",)
    search_fields = ("partner_user_email",)
