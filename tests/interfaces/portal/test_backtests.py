"""Back-tests on their pages: asked for, watched, read with links to the runs, and stopped."""

from datetime import timedelta

from django.utils.timezone import localtime

from apps.core.actor import Actor
from apps.core.clock import now
from apps.workflows.models import Backtest
from apps.workflows.services import save_draft
from tests.interfaces.portal.test_templates import KEY, source

SYSTEM = Actor.system("test")
PAGE = f"/templates/{KEY}/backtests/"


def window(version="2", days=1):
    today = localtime(now()).date()
    return {"version": version, "first": str(today - timedelta(days=days)), "last": str(today)}


def start(visitor, **changes):
    page = visitor.post(PAGE, {**window(), **changes})
    assert page.status == 303, page.words
    return page.to


def test_nothing_yet(office, admin, auditor):
    assert admin.get(PAGE).has(
        "What would a change have done?", "Nothing was back-tested yet", "Version to try"
    )
    assert auditor.get(PAGE).has("Authors of templates start back-tests")
    assert auditor.post(PAGE, window("1")).status == 403
    assert admin.cost(PAGE) <= 9


def test_a_change_is_tried_on_recorded_runs(office, run, admin):
    changed = source().replace(
        "steps.register.amount.value > 50000.0", "steps.register.amount.value > 900000.0"
    )
    save_draft(source=changed, tests="", actor=SYSTEM)
    here = start(admin)
    assert admin.get(here).has("The back-test waits its turn", "Stop the back-test", "0 of 1 runs")
    assert 'hx-trigger="every 2s"' in admin.get(here).html
    office.drain()
    page = admin.get(here)
    assert page.has("would have gone another way", "Other results of steps", "Choose the delivery tier")
    assert f'href="/runs/{run.id}/"' in page.html
    assert "every 2s" not in page.html
    assert admin.get(here, kind="outputs").has("Other results: “Choose the delivery tier”")
    assert admin.get(PAGE).has("1 of 1 run would have gone another way", "Version 2")
    assert admin.cost(here) <= 9


def test_the_version_in_use_changes_nothing(office, run, admin):
    here = start(admin, version="1")
    office.drain()
    assert admin.get(here).has("None of 1 run would have gone another way")


def test_it_can_be_stopped(office, run, admin, auditor):
    here = start(admin, version="1")
    assert auditor.post(here, {}).status == 403
    assert admin.post(here, {}).status == 303
    assert admin.post(here, {}).status == 303
    office.drain()
    assert admin.get(here).has("Cancelled", "0 of 1 runs")
    assert Backtest.objects.get().status == "cancelled"


def test_what_cannot_be_asked_for_is_said_on_the_form(office, run, admin):
    wrong = admin.post(PAGE, {**window("1"), "first": "2020-01-01", "last": "2020-01-02"})
    assert wrong.status == 422
    assert wrong.has("No run of this template began in this window.")
    assert admin.post(PAGE, {"version": "99"}).status == 422
    assert admin.get("/templates/no-such-one/backtests/").status == 404
