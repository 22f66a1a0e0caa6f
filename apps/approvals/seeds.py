"""The policies a new tenant is born with."""

from apps.approvals.services.policies import install_policy
from apps.core.actor import Actor

STAFFING_APPROVAL = {
    "stages": [
        {
            "name": "Resource manager of the region",
            "approvers": {
                "role": "resource_manager",
                "region": "= has(subject.region) ? subject.region : show.region",
            },
        },
        {
            "name": "Delivery director",
            "approvers": {"role": "delivery_director"},
            "when": "amount.value > 50000.0",
        },
    ],
    "separation": {"not_requester": True, "not_twice": True},
}


def seed_policies() -> None:
    """Install the policies in the tenant that has been entered; nothing changes where they are there already."""
    actor = Actor.system("provisioning")
    install_policy(
        key="staffing-approval", name="Staffing approval", definition=STAFFING_APPROVAL, actor=actor
    )
