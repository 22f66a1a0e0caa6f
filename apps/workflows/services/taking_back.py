"""Take an earlier version back into use and, if wanted, look at what following it means for the work under way."""

from apps.core.actor import Actor
from apps.ledger.services import unit_of_work
from apps.workflows.choices import RunStatus
from apps.workflows.models import BulkOperation, Run, TemplateVersion
from apps.workflows.selectors.templates import published_version
from apps.workflows.services.migration_commands import prepare_migration
from apps.workflows.services.templates import roll_back_template


def take_back_template(
    *, template_key: str, number: int, actor: Actor, reason: str, migrate: bool = False
) -> tuple[TemplateVersion, BulkOperation | None]:
    """Make an earlier version current again; with ``migrate`` prepare the migration of the runs of the one before it.

    The migration is only looked at: it is returned to be started, None where no run would move. Both are done or none.
    Raises as ``roll_back_template`` and ``prepare_migration`` do.
    """
    with unit_of_work(actor, reason=reason):
        former = published_version(template_key)
        version = roll_back_template(template_key=template_key, number=number, actor=actor, reason=reason)
        if not migrate or former is None or not _has_runs(former):
            return version, None
        parameters = {"from": former.number, "to": version.number}
        migration = prepare_migration(
            template_key=template_key, parameters=parameters, actor=actor, reason=reason
        )
        return version, migration


def _has_runs(version: TemplateVersion) -> bool:
    return Run.objects.filter(template_version_id=version.pk, status=RunStatus.RUNNING).exists()
