"""People as rules name them: by group, as somebody's manager, by id or mail address; and what somebody holds."""

from collections.abc import Collection, Iterable
from uuid import UUID

from django.db.models import Q, QuerySet

from apps.accounts.models import Group, GroupMembership, RoleAssignment, User
from tenants.configuration import remembered


def list_groups() -> QuerySet[Group]:
    """Return the groups with their members."""
    return Group.objects.prefetch_related("memberships__user")


def group_keys() -> list[str]:
    """Return the keys of all groups."""
    return list(Group.objects.values_list("key", flat=True))


def members_of_group(key: str) -> list[User]:
    """Return the active members of the group, oldest first; none if there is no such group. Remembered."""

    def read() -> list[User]:
        members = GroupMembership.objects.filter(group__key=key).values("user_id")
        return list(User.objects.filter(is_active=True, pk__in=members).order_by("pk"))

    return remembered(("members_of_group", key), read)


def manager_of(named: str) -> User | None:
    """Return the active manager of the person (id or mail address), or None."""
    person = User.objects.filter(_named([named])).select_related("manager").first()
    manager = person.manager if person else None
    return manager if manager and manager.is_active else None


def people_named(names: Collection[str]) -> list[User]:
    """Return the active people of these ids or mail addresses, oldest first; unknown names are left out."""
    return list(User.objects.filter(_named(names), is_active=True).order_by("pk")) if names else []


def holdings_of(user_ids: Iterable[str]) -> dict[str, set[tuple[str, str]]]:
    """Return for each user what limits may name him by: ``("role", …)``, ``("group", …)``, ``("user", id and address)``.

    Three queries, however many they are.
    """
    ids = list(user_ids)
    held: dict[str, set[tuple[str, str]]] = {user_id: {("user", user_id)} for user_id in ids}
    for pk, email in User.objects.filter(pk__in=ids).values_list("pk", "email"):
        held[str(pk)].add(("user", email))
    for pk, role in RoleAssignment.objects.filter(user_id__in=ids).values_list("user_id", "role"):
        held[str(pk)].add(("role", role))
    for pk, key in GroupMembership.objects.filter(user_id__in=ids).values_list("user_id", "group__key"):
        held[str(pk)].add(("group", key))
    return held


def _named(names: Collection[str]) -> Q:
    ids, addresses = set(), set()
    for name in names:
        try:
            ids.add(UUID(name))
        except ValueError:
            addresses.add(User.objects.normalize_email(name))
    return Q(pk__in=ids) | Q(email__in=addresses)
