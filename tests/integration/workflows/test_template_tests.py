"""Test cases beside a template: saved with the draft, carried on, and asked before publishing."""

from datetime import date, datetime
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from apps.accounts.services.users import create_user
from apps.core.actor import Actor, ActorKind
from apps.core.errors import Conflict, Forbidden, Invalid, NotFound
from apps.delivery.services.customers import upsert_customer
from apps.delivery.services.templates import TEMPLATE_KEYS, install_templates
from apps.delivery.types import CustomerData
from apps.workflows.engine.simulation.cases import Case, read_suite
from apps.workflows.exceptions import TemplateRefused, TemplateUnreadable
from apps.workflows.models import CalendarAssignment, Scenario, TemplateVersion
from apps.workflows.services import publish_version, save_draft, template_tests
from apps.workflows.services.calendars import assign_calendar, save_calendar, unassign_calendar
from apps.workflows.services.scenarios import (
    begin_scenario,
    has_other_calendars,
    keep_as_case,
    move_scenario,
    play_kept,
    play_version,
)
from apps.workflows.services.template_tests import readable_definition, run_version_tests, save_tests
from tenants.types import TenantRef
from tests.integration.workflows.test_runs import SOURCE

SYSTEM = Actor.system("test")
GREEN = """
cases:
  - name: small
    input: {name: x}
    answers: {ask: {output: {ok: true}, after: PT1H}}
    expect: {outcome: completed, path: [route, ask, both, done], outputs: {route: {tier: small}}, vars: {b: true}}
"""
RED = GREEN.replace("tier: small", "tier: large")


def test_tests_are_kept_with_the_draft_and_carried_on(in_alpha: TenantRef) -> None:
    draft = save_draft(source=SOURCE, tests=GREEN, actor=SYSTEM)
    assert run_version_tests(draft).passed
    publish_version(template_key="greeting", number=1, actor=SYSTEM)
    second = save_draft(source=SOURCE, actor=SYSTEM)
    assert (second.number, second.tests) == (2, GREEN)
    save_tests(template_key="greeting", number=2, tests=RED, actor=SYSTEM)
    assert save_draft(source=SOURCE, actor=SYSTEM).tests == RED
    assert TemplateVersion.objects.get(template__key="greeting", number=1).tests == GREEN


def test_only_green_tests_are_published(in_alpha: TenantRef) -> None:
    draft = save_draft(source=SOURCE, tests=RED, actor=SYSTEM)
    with pytest.raises(TemplateRefused) as refused:
        publish_version(template_key="greeting", number=draft.number, actor=SYSTEM)
    problem = refused.value.errors[0]
    assert (problem.code, problem.line) == ("test_failed", 6)
    assert problem.message == "Test “small”: outputs: 'route.tier' is another value."
    assert problem.pointer == "tests.cases[0].expect.outputs.route.tier"
    save_tests(template_key="greeting", number=draft.number, tests="cases: [", actor=SYSTEM)
    with pytest.raises(TemplateRefused) as refused:
        publish_version(template_key="greeting", number=draft.number, actor=SYSTEM)
    assert refused.value.errors[0].code == "test_syntax"
    save_tests(template_key="greeting", number=draft.number, tests=GREEN, actor=SYSTEM)
    assert publish_version(template_key="greeting", number=draft.number, actor=SYSTEM).status == "published"


def test_a_draft_with_errors_has_no_tests_to_run(in_alpha: TenantRef) -> None:
    draft = save_draft(source=SOURCE.replace("kind: set", "kind: sat"), tests=GREEN, actor=SYSTEM)
    with pytest.raises(TemplateUnreadable):
        run_version_tests(draft)
    assert template_tests.tests_problems(draft) == []


def test_what_cannot_be_saved(in_alpha: TenantRef) -> None:
    draft = save_draft(source=SOURCE, actor=SYSTEM)
    publish_version(template_key="greeting", number=draft.number, actor=SYSTEM)
    with pytest.raises(Conflict):
        save_tests(template_key="greeting", number=1, tests=GREEN, actor=SYSTEM)
    with pytest.raises(NotFound):
        save_tests(template_key="greeting", number=9, tests=GREEN, actor=SYSTEM)
    with pytest.raises(Invalid):
        save_tests(template_key="greeting", number=1, tests="x" * (1024 * 1024 + 1), actor=SYSTEM)
    olga = Actor(ActorKind.USER, "u-1", "Olga", frozenset({"auditor"}))
    with pytest.raises(Forbidden):
        save_tests(template_key="greeting", number=1, tests=GREEN, actor=olga)


def test_the_delivered_templates_come_with_green_tests(in_alpha: TenantRef) -> None:
    install_templates(actor=SYSTEM)
    for key in TEMPLATE_KEYS:
        result = run_version_tests(TemplateVersion.objects.get(template__key=key))
        assert result.passed, [case.differences for case in result.failed]
        assert len(result.results) >= 5
        assert result.coverage.covered_steps == len(result.coverage.steps)
        assert all(result.coverage.ways.values()), result.coverage.ways


def test_the_command_tests_files_and_tenants(in_alpha: TenantRef, tmp_path: Path) -> None:
    (tmp_path / "greeting.yaml").write_text(SOURCE)
    (tmp_path / "greeting.tests.yaml").write_text(GREEN)
    out = StringIO()
    call_command("test_templates", str(tmp_path), stdout=out)
    assert "green" in out.getvalue()
    assert "1 cases in" in out.getvalue()
    (tmp_path / "greeting.tests.yaml").write_text(RED)
    out = StringIO()
    with pytest.raises(CommandError):
        call_command("test_templates", str(tmp_path / "greeting.yaml"), stdout=out)
    assert "line 6, small: outputs: 'route.tier' is another value." in out.getvalue()
    (tmp_path / "broken.yaml").write_text("key: [")
    with pytest.raises(CommandError):
        call_command("test_templates", str(tmp_path / "broken.yaml"), stdout=out)
    with pytest.raises(CommandError):
        call_command("test_templates", str(tmp_path / "nothing"), stdout=out)
    save_draft(source=SOURCE, tests=GREEN, actor=SYSTEM)
    out = StringIO()
    call_command("test_templates", tenant=in_alpha.slug, stdout=out)
    assert f"{in_alpha.slug}/greeting v1: 1 cases" in out.getvalue()
    with pytest.raises(CommandError):
        call_command("test_templates", tenant="nobody-here", stdout=out)


IN_TIME = """
cases:
  - name: answered on Tuesday afternoon
    subject: SUBJECT
    input: {name: x}
    answers: {ask: {output: {ok: true}, after: P1DT4H}}
    expect: {outcome: completed, overdue: []}
"""
DUE = SOURCE.replace("kind: user_task", "kind: user_task\n    due: {working_days: 1, at: '12:00'}")


def closed_on_tuesday(key: str) -> None:
    hours = [[["09:00", "17:00"]]] * 5 + [[], []]
    holidays = [{"date": "2026-03-03", "name": "", "yearly": False}]
    save_calendar(key=key, name=key, zone="UTC", hours=hours, holidays=holidays, actor=SYSTEM)


def test_cases_and_simulations_count_in_the_calendars_of_the_workspace(in_alpha: TenantRef) -> None:
    customer = upsert_customer(data=CustomerData("crm-1", "Acme", "DE", "en", ()), actor=SYSTEM)
    draft = save_draft(source=DUE, tests=IN_TIME.replace("SUBJECT", f"customer/{customer.id}"), actor=SYSTEM)
    assert not run_version_tests(draft).passed
    hours = [[["09:00", "17:00"]]] * 5 + [[], []]
    save_calendar(key="always", name="Always", zone="UTC", hours=hours, holidays=[], actor=SYSTEM)
    closed_on_tuesday("theirs")
    assign_calendar(subject=f"customer/{customer.id}", key="theirs", actor=SYSTEM)
    assert run_version_tests(draft).passed
    assert not run_version_tests(draft, IN_TIME.replace("SUBJECT", '"contract/\\0"')).passed

    def due(subject: str) -> datetime:
        question = play_version(draft, {"input": {"name": "x"}, "subject": subject}, []).questions()[0][1]
        at: datetime = question.asked["due_at"]
        return at

    assert due(f"customer/{customer.id}").day == 4
    assert due("").day == 3


def test_a_kept_simulation_counts_in_the_calendars_it_was_made_with(in_alpha: TenantRef) -> None:
    customer = upsert_customer(data=CustomerData("crm-1", "Acme", "DE", "en", ()), actor=SYSTEM)
    subject = f"customer/{customer.id}"
    draft = save_draft(source=DUE, actor=SYSTEM)

    def begun() -> Scenario:
        begin = {"input": {"name": "x"}, "subject": subject}
        scenario = begin_scenario(template_key="greeting", number=draft.number, begin=begin, actor=SYSTEM)
        return Scenario.objects.select_related("template").get(pk=scenario.pk)

    def due(scenario: Scenario) -> int:
        at: datetime = play_kept(scenario).questions()[0][1].asked["due_at"]
        return at.day

    first = begun()
    closed_on_tuesday("theirs")
    assign_calendar(subject=subject, key="theirs", actor=SYSTEM, zone="Europe/Berlin")
    second = begun()
    assert (due(first), due(second)) == (3, 4)
    unassign_calendar(assignment_id=CalendarAssignment.objects.get().id, actor=SYSTEM)
    assert (due(first), due(second), due(begun())) == (3, 4, 3)
    assert has_other_calendars(second, play_kept(second))
    assert not has_other_calendars(begun(), play_kept(second))
    moved = move_scenario(scenario_id=second.id, move={"do": "clock", "by": "P1D"}, after=0, actor=SYSTEM)
    assert due(moved) == 4
    first.calendars = {}
    assert due(first) == 3


def test_a_case_states_the_calendars_of_its_simulation_once_they_are_others(in_alpha: TenantRef) -> None:
    customer = upsert_customer(data=CustomerData("crm-1", "Acme", "DE", "en", ()), actor=SYSTEM)
    olga = create_user(email="olga@alpha.test", name="Olga", roles=["delivery_manager"], actor=SYSTEM)
    draft = save_draft(source=DUE, actor=SYSTEM)
    closed_on_tuesday("theirs")
    for subject in (f"customer/{customer.id}", f"user/{olga.id}"):
        assign_calendar(subject=subject, key="theirs", actor=SYSTEM, zone="Europe/Berlin")
    begin = {"input": {"name": "x"}, "subject": f"customer/{customer.id}"}
    scenario = begin_scenario(template_key="greeting", number=draft.number, begin=begin, actor=SYSTEM)

    def kept(name: str) -> Case:
        version = keep_as_case(scenario_id=scenario.id, name=name, actor=SYSTEM)
        assert run_version_tests(version).passed
        return read_suite(version.tests, readable_definition(version)).cases[-1]

    assert kept("as it is").calendars == {}
    for row in CalendarAssignment.objects.all():
        unassign_calendar(assignment_id=row.id, actor=SYSTEM)
    stated = kept("as it was").calendars
    assert stated.keys() == {"business", "business-hours", "customer", "theirs", f"user/{olga.id}"}
    for key in ("business", f"user/{olga.id}"):
        assert (stated[key].zone.key, stated[key].spans(date(2026, 3, 3))) == ("Europe/Berlin", ())
        assert stated[key].spans(date(2026, 3, 4)) == ((540, 1020),)


def test_people_keep_their_calendars_in_a_simulation(in_alpha: TenantRef) -> None:
    olga = create_user(email="olga@alpha.test", name="Olga", roles=["delivery_manager"], actor=SYSTEM)
    closed_on_tuesday("hers")
    assign_calendar(subject=f"user/{olga.id}", key="hers", actor=SYSTEM, zone="Europe/Berlin")
    source = DUE.replace("{role: delivery_manager}", f"{{user: '{olga.id}'}}")
    draft = save_draft(source=source, actor=SYSTEM)
    begin = {"input": {"name": "x"}}
    scenario = begin_scenario(template_key="greeting", number=draft.number, begin=begin, actor=SYSTEM)
    closed = CalendarAssignment.objects.get()
    unassign_calendar(assignment_id=closed.id, actor=SYSTEM)
    at = play_kept(scenario).questions()[0][1].asked["due_at"]
    assert (at.day, at.hour) == (4, 11)
    assert play_version(draft, begin, []).questions()[0][1].asked["due_at"].day == 3
