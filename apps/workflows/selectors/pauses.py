"""Reads of pauses."""

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from apps.workflows.choices import PauseScope
from apps.workflows.models import Pause, Run
from tenants.configuration import remembered


def list_pauses(*, scope: str = "", key: str = "", is_open: bool | None = None) -> QuerySet[Pause]:
    """Return pauses, those that hold (``is_open``), those that ended, or all."""
    rows = Pause.objects.all()
    if scope:
        rows = rows.filter(scope=scope)
    if key:
        rows = rows.filter(key=key)
    return rows if is_open is None else rows.filter(ended_at__isnull=is_open)


def wide_pauses() -> list[Pause]:
    """Return the pauses of templates and of the workspace that hold. Remembered: do not change them."""
    wide = (PauseScope.TEMPLATE, PauseScope.TENANT)
    return remembered("wide_pauses", lambda: list(Pause.objects.filter(scope__in=wide, ended_at=None)))


def wide_pause(scope: PauseScope, key: str = "") -> Pause | None:
    """Return the pause of a template or of the workspace that holds, if there is one; mostly without a query."""
    return next((pause for pause in wide_pauses() if (pause.scope, pause.key) == (scope, key)), None)


def pauses_of_run(run: Run) -> list[Pause]:
    """Return what holds the run now, the widest first; no query where nothing does."""
    if not run.paused_by:
        return []
    wanted = Q(scope=PauseScope.RUN, key=str(run.id)) | Q(scope=PauseScope.TEMPLATE, key=run.template_key)
    held = Pause.objects.filter(wanted | Q(scope=PauseScope.TENANT), ended_at=None)
    order = (PauseScope.TENANT, PauseScope.TEMPLATE, PauseScope.RUN)
    return sorted(held, key=lambda pause: order.index(PauseScope(pause.scope)))


def pauses_by_key(scope: PauseScope, keys: Iterable[str]) -> dict[str, Pause]:
    """Return the pauses that hold, by key."""
    rows = Pause.objects.filter(scope=scope, key__in=list(keys), ended_at=None)
    return {pause.key: pause for pause in rows}
