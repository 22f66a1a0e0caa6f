"""Two tenants of two partners with rows of every model, each with words of its own in all of them.

Made by the product's services and handlers from real contracts, messages and calls.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.test import Client

from apps.accounts.choices import STAFF_ROLES
from apps.accounts.models import User
from apps.accounts.services import add_member, create_api_key, create_group, create_user
from apps.core.actor import Actor
from apps.delivery import models as delivery
from apps.ledger.services import unit_of_work
from apps.ledger.services.sealing import seal_entries, sign_head
from apps.partners.services import create_partner
from tenants.context import platform_context, tenant_context
from tenants.models import Brand, Partner, Tenant
from tenants.services.leases import grant_lease
from tenants.types import TenantRef
from tests.conftest import order_tenant
from tests.integration.delivery.contracts import actor_of
from tests.interfaces.pages import signed_in, signed_in_partner
from tests.isolation.addresses import ids_of, ids_of_other, key_id
from tests.isolation.contracts import deliver
from tests.isolation.exchanges import ask_around, keep_time, talk
from tests.isolation.templates import connect_systems
from tests.isolation.words import SYSTEM, brand_word, own_key

PASSWORD = "correct horse battery"


@dataclass
class Place:
    """One tenant as its visitors find it. ``word`` is in all that is its own, ``other_word`` in another customer's."""

    ref: TenantRef
    word: str
    other_word: str
    staff: Client
    customer: Client
    staff_key: str
    staff_key_id: UUID
    staff_id: UUID
    customer_id: UUID
    ids: dict[str, Any] = field(default_factory=dict)
    other_ids: dict[str, Any] = field(default_factory=dict)

    @property
    def host(self) -> str:
        return self.ref.primary_host


@dataclass
class Console:
    """One partner's console as its visitors find it."""

    partner: Partner
    word: str
    host: str
    admin: Client
    admin_key: str
    ids: dict[str, Any] = field(default_factory=dict)


def make_console(word: str) -> Console:
    """A partner with somebody who may do everything there."""
    with platform_context():
        brand = {
            "name": brand_word(word),
            "primary": "#1f3a5f",
            "support_email": f"help@{brand_word(word)}.example",
        }
        partner = create_partner(
            slug=f"p-{brand_word(word)}", name=brand_word(word), brand=brand, actor=SYSTEM
        )
        user = create_user(
            email=f"admin@{word}.example",
            name=f"{word} admin",
            roles=["partner_admin"],
            partner_id=partner.id,
            actor=SYSTEM,
        )
        key = create_api_key(user_id=user.pk, name=f"{word} key", scopes=["*"], actor=SYSTEM)[1]
        host = partner.domains.get().domain
        ids = {"user_id": user.pk, "brand_id": partner.brand_id, "key_id": key_id(user)}
    console = Console(partner, word, host, signed_in_partner(user, host), key)
    console.ids = ids
    return console


def make_place(word: str, console: Console, systems: str, tokens: Mapping[str, str]) -> Place:
    """A tenant of the partner, with contracts under way."""
    row = order_tenant(console.partner.id, brand_word(word))
    with platform_context():
        Tenant.objects.filter(pk=row.pk).update(name=f"{brand_word(word)} delivery")
        brand = Brand.objects.create(name=brand_word(word), primary="#0b7a75")
        Tenant.objects.filter(pk=row.pk).update(brand=brand)
        lease = grant_lease(
            partner_id=console.partner.id,
            tenant_id=row.pk,
            partner_user_id=console.ids["user_id"],
            partner_user_email=f"admin@{word}.example",
            roles=["auditor"],
            reason=f"{word} reason",
            hours=4,
            actor=SYSTEM,
        )
    console.ids |= {"tenant_id": row.pk, "lease_id": lease.pk}
    with tenant_context(row.pk) as ref:
        people = _people(word)
        other = f"other{word}"
        connect_systems(word, systems, tokens)
        deliver(word, other, people)
        talk(word, ref.primary_host, systems)
        keep_time(word)
        ask_around(word, people)
        with unit_of_work(SYSTEM):
            seal_entries()
        with unit_of_work(SYSTEM):
            sign_head()
        staff = User.objects.get(email=f"staff@{word}.example")
        customer = delivery.Contact.objects.get(email=f"ada@{word}.example").user
        assert customer is not None
        key = create_api_key(user_id=staff.pk, name=f"{word} key", scopes=["*"], actor=SYSTEM)[1]
        place = Place(
            ref=ref,
            word=word,
            other_word=other,
            staff=signed_in(staff, ref),
            customer=signed_in(customer, ref),
            staff_key=key,
            staff_key_id=key_id(staff),
            staff_id=staff.pk,
            customer_id=customer.pk,
        )
        place.ids, place.other_ids = ids_of(word), ids_of_other(word)
    return place


def _people(word: str) -> dict[str, Actor]:
    roles = {
        "staff": sorted(STAFF_ROLES),
        "resources": ["resource_manager"],
        "director": ["delivery_director"],
    }
    found = {}
    for name, held in roles.items():
        user = create_user(
            email=f"{name}@{word}.example", name=f"{word} {name}", roles=held, password=PASSWORD, actor=SYSTEM
        )
        found[name] = actor_of(user)
        if name == "director":
            board = create_group(key=own_key(word), name=f"{word} board", actor=SYSTEM)
            add_member(group_id=board.id, user_id=user.pk, actor=SYSTEM)
    return found
