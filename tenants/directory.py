"""Which host leads where, kept in memory and proven fresh with every activation.

The public row ``Directory`` carries a number that database triggers raise in the same transaction as any change of
partners, tenants, domains or brands. ``activate`` reads that number in the statement that sets the search path, which
every request sends anyway; so a warm host costs no query of its own, and a stale or foreign answer is impossible.
"""

from dataclasses import dataclass, field
from threading import Lock
from uuid import UUID

from django.db import DatabaseError, InterfaceError
from django.db.models import Q, QuerySet

from apps.core import clock
from apps.core.outages import is_outage
from tenants.choices import TenantStatus
from tenants.db import connection
from tenants.exceptions import UnknownTenant
from tenants.models import Brand, Domain, Partner, Tenant
from tenants.types import BrandRef, HostRef, PartnerRef, TenantRef


@dataclass
class _Known:
    """What this process knows as of one number of the directory."""

    number: int = -1
    hosts: dict[str, HostRef] = field(default_factory=dict)
    tenants: dict[UUID, TenantRef] = field(default_factory=dict)


_ACTIVATE = """
SELECT set_config('search_path', quote_ident(%(schema)s), false), number,
       coalesce((SELECT number FROM "public".tenants_configuration WHERE schema_name = %(schema)s), 0), clock_timestamp()
  FROM "public".tenants_directory
"""
_known = _Known()
_lock = Lock()


def resolve_host(host: str) -> HostRef | None:
    """Return what the host leads to, its schema already activated on the connection; None if nowhere.

    ``host`` is lower-case, with its port if one was sent. An unready tenant leads nowhere.
    """
    known = _known
    ref = known.hosts.get(host)
    schema = _schema_of(ref)
    number = _activate_anew(schema)
    if ref is None or number != known.number:
        ref = _load_host(host, number)
        if _schema_of(ref) != schema:
            _activate(_schema_of(ref))
    return ref


def tenant_by_id(tenant_id: UUID) -> TenantRef:
    """Return the tenant if it is ready; raise UnknownTenant otherwise.

    The lookup has sent the tenant's path, so entering the tenant next costs no statement.
    """
    outer_schema, known = connection.schema_name, _known
    ref = known.tenants.get(tenant_id)
    try:
        number = _activate(ref.schema_name if ref else "public")
        if ref is None or number != known.number:
            ref = _load_tenant(tenant_id, number)
    finally:
        connection.set_schema(outer_schema)
    return ref


def forget() -> None:
    """Drop all that this process knows; for tests."""
    global _known
    _known = _Known()


def _schema_of(ref: HostRef | None) -> str:
    return ref.tenant.schema_name if ref and ref.tenant else "public"


def _activate_anew(schema: str) -> int:
    """Do as ``_activate``, a second time on a new connection if the first has died while nobody used it.

    Nothing has been done yet when a request asks where it leads: so a server that came back costs no request.
    """
    try:
        return _activate(schema)
    except (DatabaseError, InterfaceError) as error:
        if connection.connection is None or not is_outage(error):
            raise
        connection.renew()
        return _activate(schema)


def _activate(schema: str) -> int:
    """Set the path to ``schema`` and return the directory's number, in one statement."""
    connection.set_schema(schema)
    connection.ensure_connection()
    # Past the wrapper's cursor, which would send the path in a statement of its own first.
    with connection.wrap_database_errors, connection.connection.cursor() as cursor:
        cursor.execute(_ACTIVATE, {"schema": schema})
        row = cursor.fetchone()
    connection.assume_path(schema)
    connection.note_configuration(int(row[2]))
    clock.agree(row[3])
    return int(row[1])


def _generation(number: int) -> _Known:
    """Return the knowledge for ``number``, starting afresh when the directory has moved on."""
    global _known
    with _lock:
        if _known.number != number:
            _known = _Known(number=number)
        return _known


def _load_host(host: str, number: int) -> HostRef | None:
    known = _generation(number)
    domain = (
        Domain.objects.select_related("tenant__partner__brand", "tenant__brand", "partner__brand")
        .filter(domain=host)
        .filter(Q(tenant__isnull=True) | Q(tenant__status=TenantStatus.READY))
        .first()
    )
    if domain is None:
        return None
    ref = HostRef(
        host=host,
        tenant=tenant_ref(domain.tenant) if domain.tenant else None,
        partner=partner_ref(domain.partner) if domain.partner else None,
    )
    if len(known.hosts) < 50_000:
        known.hosts[host] = ref
    return ref


def _load_tenant(tenant_id: UUID, number: int) -> TenantRef:
    known = _generation(number)
    row = _ready_tenants().filter(pk=tenant_id).first()
    if row is None:
        raise UnknownTenant
    ref = known.tenants[tenant_id] = tenant_ref(row)
    return ref


def _ready_tenants() -> QuerySet[Tenant]:
    return Tenant.objects.select_related("partner__brand", "brand").filter(status=TenantStatus.READY)


def tenant_ref(row: Tenant) -> TenantRef:
    """Return the immutable view of a tenant's row (its partner and brand loaded)."""
    primary = row.domains.filter(is_primary=True).values_list("domain", flat=True).first() or ""
    return TenantRef(
        id=row.id,
        slug=row.slug,
        name=row.name,
        schema_name=row.schema_name,
        partner_id=row.partner_id,
        partner_slug=row.partner.slug,
        environment=row.environment,
        region=row.region,
        timezone=row.timezone,
        currency=row.currency,
        primary_host=primary,
        brand=brand_ref(row.brand or row.partner.brand),
    )


def partner_ref(row: Partner) -> PartnerRef:
    return PartnerRef(id=row.id, slug=row.slug, name=row.name, brand=brand_ref(row.brand))


def brand_ref(row: Brand) -> BrandRef:
    """Return the immutable view of a brand; its URLs are relative to any host that carries it."""
    return BrandRef(
        name=row.name,
        primary=row.primary,
        accent=row.accent or row.primary,
        logo_url=f"/brand/logo?v={row.version}" if row.logo else "",
        support_email=row.support_email,
        mail_from=f'"{row.mail_sender_name or row.name}" <{row.mail_sender_address}>'
        if row.mail_sender_address
        else "",
        version=row.version,
        css_url=f"/brand.css?v={row.version}-{row.id.hex[-8:]}",
        favicon_url=f"/brand/favicon.svg?v={row.version}-{row.id.hex[-8:]}",
    )
