"""A tenant's part of the queue can be made anew from its rows."""

import pytest

from apps.core.actor import Actor
from apps.core.clock import now
from apps.dispatch import registry
from apps.dispatch.models import WorkItem
from apps.dispatch.rebuilding import kinds_rebuilt, rebuild_work
from apps.ledger.services import record, unit_of_work
from apps.ledger.services.unit import OUTBOX_KIND
from apps.ledger.types import DomainEvent
from apps.partners.services.tenants import PROVISION_KIND
from apps.workflows.models import Schedule
from tenants.context import current_tenant

OF_THE_PLATFORM = {PROVISION_KIND}
ACTOR = Actor.system("test")


def test_every_kind_of_work_follows_from_rows() -> None:
    known = {name for name in registry._kinds if name.split(".")[0] not in ("fault", "test")}
    assert known - kinds_rebuilt() == OF_THE_PLATFORM


@pytest.mark.usefixtures("in_alpha")
def test_untold_events_and_schedules_come_back_once() -> None:
    due = now()
    schedule = Schedule.objects.create(
        key="nightly", name="Nightly", cron="0 2 * * *", template_key="a", next_fire_at=due
    )
    with unit_of_work(ACTOR) as unit:
        record("test.note", schedule, event=DomainEvent("schedule.changed", "schedule/1", {}))
    mine = WorkItem.objects.filter(tenant_id=current_tenant().id)
    for _ in range(2):
        rebuild_work(tenant_id=current_tenant().id)
        assert list(mine.filter(ref=unit.batch).values_list("kind", flat=True)) == [OUTBOX_KIND]
        assert list(mine.filter(ref=schedule.id).values_list("run_at", flat=True)) == [due]
