"""Open a tenant to partner staff who come with a handover from the console."""

from uuid import UUID

from apps.accounts.models import User
from apps.accounts.selectors.leases import actor_of_lease
from apps.core.journal import record, unit_of_work
from tenants.models import AccessLease
from tenants.services.leases import redeem_handover


def enter_under_lease(*, token: str, tenant_id: UUID) -> tuple[User, AccessLease]:
    """Use up the handover; return the user that stands for the partner's person in this tenant, and the lease.

    The user has no password and no roles of its own: its rights are the lease's, looked up with every request.
    """
    lease = redeem_handover(token=token, tenant_id=tenant_id)
    email = f"{lease.partner_user_id}@partner.invalid"
    user = User.objects.filter(email=email).first() or User(email=email)
    user.name, user.lease_id, user.is_active = lease.partner_user_email, lease.pk, True
    with unit_of_work(actor_of_lease(user, lease), reason=lease.reason):
        user.set_unusable_password()
        user.save()
        record(
            "access_lease.enter",
            lease,
            after={"roles": list(lease.roles), "until": lease.ends_at.isoformat()},
        )
    return user, lease
