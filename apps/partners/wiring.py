"""What the reseller's business registers with the apps below."""

from apps.dispatch.registry import register as register_kind
from apps.ledger.transitions import register_table
from apps.partners import events
from apps.partners.services import tenants as provisioning
from tenants import states
from tenants.models import Tenant


def register() -> None:
    """Called once, when the apps are loaded."""
    events.register()
    register_table(Tenant, states.TENANT)
    register_kind(
        provisioning.PROVISION_KIND,
        provisioning.provision_tenants,
        lane="platform",
        lease_seconds=120,
        max_attempts=3,
        on_parked=provisioning.fail_tenant,
    )
