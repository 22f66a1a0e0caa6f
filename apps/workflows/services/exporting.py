"""Hand a version out of the workspace; who took which version where from is audited."""

from apps.accounts import policies
from apps.core.actor import Actor
from apps.ledger.services import record, unit_of_work
from apps.workflows.bundles import Json, make_bundle
from apps.workflows.models import TemplateVersion


def export_version(version: TemplateVersion, *, actor: Actor) -> Json:
    """Return the version as a signed bundle, and note that it left the workspace."""
    with unit_of_work(actor):
        policies.require(actor, "templates:write")
        bundle = make_bundle(version)
        record(
            "template_version.export",
            version,
            after={"template": version.template.key, "number": version.number, "hash": bundle["hash"]},
        )
        return bundle
