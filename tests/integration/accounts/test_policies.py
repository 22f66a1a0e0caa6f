"""Roles, scopes and object permissions."""

import pytest

from apps.accounts import services
from apps.accounts.choices import Role
from apps.accounts.exceptions import ActionForbidden
from apps.accounts.models import RoleAssignment
from apps.accounts.policies import grant, list_actions, may, objects_for, require, revoke
from apps.accounts.selectors import actor_of_user, get_user, users_with_role
from apps.accounts.selectors.keys import actor_of_key, find_live_key
from apps.accounts.selectors.users import role_pairs
from apps.core.actor import Actor, ActorKind
from apps.core.errors import Conflict, Invalid
from apps.ledger.models import AuditEntry
from tests.integration.accounts.people import person

SYSTEM = Actor.system("test")


def acting(text: str) -> Actor:
    """Return the actor of the key with this text."""
    key = find_live_key(text)
    assert key is not None
    return actor_of_key(key)


def test_a_staff_role_may_do_its_actions_and_no_others(in_alpha):
    auditor = actor_of_user(person("auditor", Role.AUDITOR))
    assert may(auditor, "audit:read")
    assert not may(auditor, "users:manage")
    with pytest.raises(ActionForbidden) as refused:
        require(auditor, "users:manage")
    assert refused.value.extra == {"action": "users:manage"}


def test_an_unregistered_action_is_a_defect(in_alpha):
    with pytest.raises(LookupError):
        may(SYSTEM, "nothing:at-all")


def test_every_actor_kind_but_the_system_needs_a_role(in_alpha):
    for kind in set(ActorKind) - {ActorKind.SYSTEM}:
        assert not may(Actor(kind, "1", "somebody"), "users:read")
    assert may(SYSTEM, "users:read")


def test_a_key_may_do_what_both_its_scopes_and_its_owner_may(in_alpha):
    owner = person("integrator", Role.AUDITOR)
    _key, text = services.create_api_key(
        user_id=owner.pk, name="k", scopes=["audit:read", "users:manage"], actor=SYSTEM
    )
    actor = acting(text)
    assert actor.user_id == str(owner.pk)
    assert may(actor, "audit:read")
    assert not may(actor, "users:manage"), "the owner is no administrator"
    assert not may(actor, "users:read"), "not among the scopes"
    _key, text = services.create_api_key(user_id=owner.pk, name="k2", scopes=["*"], actor=SYSTEM)
    assert may(acting(text), "users:read")


def test_regions_decide_who_holds_a_role(in_alpha):
    everywhere = person("all", Role.RESOURCE_MANAGER)
    eu = person("eu", Role.RESOURCE_MANAGER, region="EU")
    us = person("us", Role.RESOURCE_MANAGER, region="US")
    gone = person("gone", Role.RESOURCE_MANAGER, region="EU")
    services.deactivate_user(user_id=gone.pk, actor=SYSTEM)
    found = {user.pk for user in users_with_role(Role.RESOURCE_MANAGER, region="EU")}
    assert {everywhere.pk, eu.pk} <= found
    assert not found & {us.pk, gone.pk}
    assert {everywhere.pk, eu.pk, us.pk} <= {user.pk for user in users_with_role(Role.RESOURCE_MANAGER)}
    assert actor_of_user(get_user(eu.pk)).regions == {"EU"}
    assert actor_of_user(get_user(everywhere.pk)).regions == frozenset()


def test_a_customer_sees_only_what_was_granted(in_alpha, monkeypatch):
    monkeypatch.setitem(_registered(), "things:read", frozenset({Role.CUSTOMER.value, Role.AUDITOR.value}))
    customer, other = person("customer", Role.CUSTOMER), person("other", Role.CUSTOMER)
    mine, theirs = person("mine"), person("theirs")
    things = type(mine).objects.filter(pk__in=[mine.pk, theirs.pk])
    actor = actor_of_user(customer)
    assert may(actor, "things:read"), "the door is open"
    assert not may(actor, "things:read", mine)
    grant(customer, "things:read", mine)
    grant(customer, "things:read", mine)
    grant(other, "things:read", theirs)
    assert may(actor, "things:read", mine)
    assert not may(actor, "things:read", theirs)
    assert list(objects_for(actor, "things:read", things)) == [mine]
    assert objects_for(actor_of_user(person("auditor", Role.AUDITOR)), "things:read", things).count() == 2
    assert not objects_for(actor_of_user(person("nobody")), "things:read", things).exists()
    revoke(customer, "things:read", mine)
    assert not may(actor, "things:read", mine)


def test_commands_are_refused_without_the_role_and_audited_with_it(in_alpha):
    finance, admin = person("finance", Role.FINANCE), person("admin", Role.TENANT_ADMIN)
    with pytest.raises(ActionForbidden):
        services.create_user(email="new@example.com", actor=actor_of_user(finance))
    made = services.create_user(
        email=" New@Example.com", roles=["approver"], regions=["EU", "US"], actor=actor_of_user(admin)
    )
    assert made.email == "new@example.com"
    assert not made.has_usable_password()
    entry = AuditEntry.objects.get(action="user.create", subject_id=str(made.pk))
    assert (entry.actor_id, entry.after["roles"]) == (str(admin.pk), ["approver (EU)", "approver (US)"])


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"email": "no address"}, "invalid_email"),
        ({"email": "x@example.com", "roles": ["emperor"]}, "unknown_role"),
        ({"email": "x@example.com", "roles": ["partner_admin"]}, "unknown_role"),
        ({"email": "x@example.com", "password": "short"}, "weak_password"),
    ],
)
def test_what_a_user_cannot_be(in_alpha, given, code):
    with pytest.raises(Invalid) as refused:
        services.create_user(actor=SYSTEM, **given)
    assert refused.value.code == code


def test_an_address_is_used_once_whatever_its_case(in_alpha):
    person("anna")
    with pytest.raises(Conflict) as refused:
        services.create_user(email="ANNA@people.example", actor=SYSTEM)
    assert refused.value.code == "email_taken"


def test_the_last_administrator_stays(in_alpha):
    RoleAssignment.objects.filter(role=Role.TENANT_ADMIN).delete()
    admin = person("admin", Role.TENANT_ADMIN)
    with pytest.raises(Conflict) as refused:
        services.revoke_role(user_id=admin.pk, role=Role.TENANT_ADMIN, actor=SYSTEM)
    assert refused.value.code == "last_administrator"
    with pytest.raises(Conflict):
        services.deactivate_user(user_id=admin.pk, actor=SYSTEM)
    person("second", Role.TENANT_ADMIN)
    services.revoke_role(user_id=admin.pk, role=Role.TENANT_ADMIN, actor=SYSTEM)
    assert role_pairs(get_user(admin.pk)) == []


def _registered():
    from apps.accounts import policies  # noqa: PLC0415 - the registry itself, for one test

    assert list_actions()
    return policies._actions
