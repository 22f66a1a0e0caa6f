"""The workflow templates a new tenant is born with, as drafts: they are published once its systems are connected."""

from apps.core.actor import Actor
from apps.delivery.services.templates import install_templates


def seed_templates() -> None:
    """Save the drafts in the tenant that has been entered; nothing changes where there are versions already."""
    install_templates(actor=Actor.system("provisioning"))
