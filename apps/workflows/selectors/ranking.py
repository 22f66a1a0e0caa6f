"""Templates ranked by what they are worth and what they risk."""

from datetime import timedelta
from typing import Any

from django.db.models import Count, F, Sum

from apps.core.clock import now
from apps.workflows.choices import VersionStatus
from apps.workflows.engine.ranking import Measured, Ranked, rank
from apps.workflows.models import ExceptionCase, Run, StepRun, TemplateVersion

DAYS = 90
BY_PEOPLE = ("user_task", "approval")


def rank_templates(days: int = DAYS) -> list[Ranked]:
    """Return the templates in use, the most worthwhile first, measured over the runs begun in the last ``days``."""
    rows = TemplateVersion.objects.filter(status=VersionStatus.PUBLISHED)
    named = rows.values_list("template__key", "template__name", "definition__classification")
    return rank({key: (name, classes or {}) for key, name, classes in named}, _measured(days))


def _measured(days: int) -> dict[str, Measured]:
    since = now() - timedelta(days=days)
    runs = _by_key(Run.objects.filter(created_at__gte=since).order_by(), "template_key", Count("id"))
    exceptional = _by_key(
        ExceptionCase.objects.filter(run__created_at__gte=since).order_by(),
        "run__template_key",
        Count("run", distinct=True),
    )
    manual = _by_key(
        StepRun.objects.filter(
            run__created_at__gte=since, kind__in=BY_PEOPLE, ended_at__isnull=False
        ).order_by(),
        "run__template_key",
        Sum(F("ended_at") - F("started_at")),
    )
    return {
        key: Measured(
            runs=count,
            exceptional=exceptional.get(key, 0),
            manual_minutes=manual.get(key, timedelta()).total_seconds() / 60,
        )
        for key, count in runs.items()
    }


def _by_key(rows: Any, key: str, measure: Any) -> dict[str, Any]:
    return dict(rows.values_list(key).annotate(measured=measure))
