"""Operators look at partners' staff and at other operators, on their own host."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from apps.accounts.models import RoleAssignment, User


class RolesInline(admin.TabularInline):  # type: ignore[type-arg]
    model = RoleAssignment
    extra = 0
    fields = ("role", "region")
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(User)
class UserAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Read, and close an account; passwords and roles are the services' business."""

    list_display = ("email", "name", "partner_id", "is_active", "is_staff", "last_login")
    list_filter = ("is_active", "is_staff")
    search_fields = ("email", "name")
    fields = ("email", "name", "partner_id", "is_active", "is_staff", "last_login", "created_at")
    readonly_fields = ("email", "name", "partner_id", "is_staff", "last_login", "created_at")
    inlines = (RolesInline,)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
