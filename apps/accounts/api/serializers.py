"""Shapes of users, roles and keys."""

from typing import Any

from rest_framework import serializers

from apps.accounts.models import User
from apps.accounts.selectors.users import role_pairs


class RoleHeld(serializers.Serializer[Any]):
    role = serializers.CharField(max_length=32)
    region = serializers.CharField(max_length=16, required=False, default="", allow_blank=True)


class UserShape(serializers.Serializer[User]):
    id = serializers.UUIDField()
    email = serializers.EmailField()
    name = serializers.CharField()
    is_active = serializers.BooleanField()
    roles = serializers.SerializerMethodField()
    manager_id = serializers.UUIDField(allow_null=True)
    last_login = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()

    def get_roles(self, user: User) -> list[dict[str, str]]:
        return [{"role": role, "region": region} for role, region in role_pairs(user)]


class NewUser(serializers.Serializer[Any]):
    email = serializers.EmailField(max_length=254)
    name = serializers.CharField(max_length=120, required=False, default="", allow_blank=True)
    roles = serializers.ListField(
        child=serializers.CharField(max_length=32), required=False, default=list, max_length=20
    )
    regions = serializers.ListField(
        child=serializers.CharField(max_length=16), required=False, default=list, max_length=50
    )
    password = serializers.CharField(max_length=200, required=False, trim_whitespace=False, write_only=True)


class UserChange(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=120, required=False)
    manager_id = serializers.UUIDField(
        required=False, allow_null=True, help_text="Whom policies ask that name this person's manager."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs:
            raise serializers.ValidationError({"name": "Send what changes."}, code="required")
        return attrs


class MemberShape(serializers.Serializer[Any]):
    user_id = serializers.UUIDField()
    name = serializers.CharField(source="user.label")


class GroupShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    key = serializers.CharField()
    name = serializers.CharField()
    members = MemberShape(many=True, source="memberships.all")


class NewGroup(serializers.Serializer[Any]):
    key = serializers.SlugField(max_length=60)
    name = serializers.CharField(max_length=120)


class GroupChange(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=120)


class MemberOf(serializers.Serializer[Any]):
    user_id = serializers.UUIDField()
    reason = serializers.CharField(max_length=400, required=False, default="", allow_blank=True)


class NewMember(serializers.Serializer[Any]):
    user_id = serializers.UUIDField()


class UserFilters(serializers.Serializer[Any]):
    email = serializers.CharField(max_length=254, required=False)
    role = serializers.CharField(max_length=32, required=False)
    is_active = serializers.BooleanField(required=False, allow_null=True, default=None)


class Why(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=400, required=False, default="", allow_blank=True)


class RoleShape(serializers.Serializer[Any]):
    role = serializers.CharField()
    name = serializers.CharField()
    actions = serializers.ListField(child=serializers.CharField())


class Roles(serializers.Serializer[Any]):
    results = RoleShape(many=True)
    scopes = serializers.ListField(child=serializers.CharField(), help_text="All scopes an API key may have.")


class KeyShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    prefix = serializers.CharField(help_text="How the key begins; its secret is not kept.")
    user_id = serializers.UUIDField()
    scopes = serializers.ListField(child=serializers.CharField())
    expires_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()


class NewKey(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=80)
    scopes = serializers.ListField(child=serializers.CharField(max_length=64), min_length=1, max_length=100)
    days = serializers.IntegerField(min_value=1, max_value=365, required=False, default=90)
    user_id = serializers.UUIDField(required=False, help_text="Whom the key acts for; yourself unless given.")


class KeyOnce(KeyShape):
    key = serializers.CharField(help_text="Shown this once.")


class ActorShape(serializers.Serializer[Any]):
    kind = serializers.CharField()
    id = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    roles = serializers.ListField(child=serializers.CharField())
    scopes = serializers.ListField(child=serializers.CharField(), allow_null=True)
