"""The main job's workflow templates: installed as drafts, published once the slots are bound to connections."""

from importlib.resources import files

from apps.core.actor import Actor
from apps.ledger.services import unit_of_work
from apps.workflows.choices import VersionStatus
from apps.workflows.models import TemplateVersion
from apps.workflows.services.templates import publish_version, save_draft

# In the order in which they can be published: a subflow before the template that runs it.
TEMPLATE_KEYS = ("milestone-billing", "contract-to-project")


def template_source(key: str) -> str:
    """Return the YAML text of one of TEMPLATE_KEYS as it is delivered."""
    return files("apps.delivery").joinpath("workflow_templates", f"{key}.yaml").read_text(encoding="utf-8")


def template_tests(key: str) -> str:
    """Return the YAML of the test cases of one of TEMPLATE_KEYS as they are delivered."""
    found = files("apps.delivery").joinpath("workflow_templates", f"{key}.tests.yaml")
    return found.read_text(encoding="utf-8")


def install_templates(*, actor: Actor) -> list[TemplateVersion]:
    """Save each template that the tenant does not have yet as a draft; return the new drafts."""
    with unit_of_work(actor):
        return [
            save_draft(source=template_source(key), tests=template_tests(key), actor=actor)
            for key in TEMPLATE_KEYS
            if not TemplateVersion.objects.filter(template__key=key).exists()
        ]


def publish_templates(*, actor: Actor) -> list[TemplateVersion]:
    """Publish the draft of each template that has no published version; needs the slots psa and erp to be bound.

    Raises TemplateRefused with every reason why one of them cannot be published.
    """
    published = []
    with unit_of_work(actor):
        install_templates(actor=actor)
        for key in TEMPLATE_KEYS:
            versions = TemplateVersion.objects.filter(template__key=key)
            draft = versions.filter(status=VersionStatus.DRAFT).order_by("-number").first()
            if draft is not None and not versions.filter(status=VersionStatus.PUBLISHED).exists():
                published.append(publish_version(template_key=key, number=draft.number, actor=actor))
    return published
