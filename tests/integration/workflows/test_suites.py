"""Many test cases run as work: in portions, each once, with what they cover, whatever one of them does."""

from collections.abc import Callable

import pytest

from apps.core.actor import Actor, ActorKind
from apps.core.errors import Forbidden, Invalid, NotFound
from apps.dispatch.models import WorkItem
from apps.ledger.models import AuditEntry
from apps.workflows.engine.simulation.running import run_case
from apps.workflows.exceptions import CasesNotRun, TemplateRefused
from apps.workflows.models import SuiteRun, TemplateVersion
from apps.workflows.selectors.proof import latest_suite
from apps.workflows.services import publish_version, save_draft, set_review_mode, suites
from apps.workflows.services.kinds import SUITE_KIND
from apps.workflows.services.reviews import submit_version
from apps.workflows.services.suites import is_long, start_suite
from apps.workflows.services.template_tests import run_version_tests, save_tests
from tenants.types import TenantRef
from tests.integration.workflows.test_runs import SOURCE
from tests.integration.workflows.test_template_tests import GREEN

SYSTEM = Actor.system("test")
ONE = GREEN.split("cases:\n")[1]


def many(count: int, red: int = 0) -> str:
    cases = [ONE.replace("name: small", f"name: case {number}") for number in range(count)]
    cases[:red] = [case.replace("tier: small", "tier: large") for case in cases[:red]]
    return "cases:\n" + "".join(cases)


@pytest.fixture
def draft(in_alpha: TenantRef) -> TemplateVersion:
    return save_draft(source=SOURCE, tests=many(60, red=2), actor=SYSTEM)


def start(**more: str) -> SuiteRun:
    return start_suite(template_key="greeting", number=1, actor=SYSTEM, **more)


def test_what_is_many_is_told_without_reading() -> None:
    assert not is_long(many(50))
    assert is_long(many(51))


def test_the_cases_run_in_portions_as_they_would_at_once(
    draft: TemplateVersion, drain: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suites, "PORTION_SECONDS", 0.0)
    suite = start()
    assert (suite.status, suite.total, suite.done) == ("waiting", 0, 0)
    drain()
    suite.refresh_from_db()
    assert (suite.status, suite.total, suite.done, suite.failed) == ("finished", 60, 60, 2)
    whole = run_version_tests(draft)
    assert suite.results == [case.to_json() for case in whole.results]
    assert suite.coverage["steps"] == whole.coverage.steps
    assert [one["cases"] for one in suite.coverage["ways"]] == list(whole.coverage.ways.values())
    assert latest_suite(draft, draft.tests) == suite


def test_asked_twice_it_runs_once_and_a_repeated_portion_counts_once(
    draft: TemplateVersion, drain: Callable[..., None]
) -> None:
    suite = start()
    assert start() == suite
    assert WorkItem.objects.filter(kind=SUITE_KIND).count() == 1
    found = suites._run_portion(suite)
    drain()
    assert suites._write(suite, found) is False
    suite.refresh_from_db()
    assert len(suite.results) == 60
    assert start() != suite, "what is over may run again"


def test_what_cannot_be_read_is_kept_with_the_run(draft: TemplateVersion, drain: Callable[..., None]) -> None:
    suite = start(tests="cases: [{nmae: x}]")
    drain()
    suite.refresh_from_db()
    assert (suite.status, suite.total) == ("finished", 0)
    assert {"unknown_key", "missing"} <= {problem["code"] for problem in suite.problems}


def test_a_case_that_breaks_is_red_and_the_others_run(
    draft: TemplateVersion, drain: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:

    def fragile(case, *more):  # type: ignore[no-untyped-def]
        if case.name == "case 7":
            raise RuntimeError("out of tune")
        return run_case(case, *more)

    monkeypatch.setattr(suites, "run_case", fragile)
    suite = start()
    drain()
    suite.refresh_from_db()
    assert (suite.done, suite.failed) == (60, 3)
    (told,) = suite.results[7]["differences"]
    assert told["message"] == "The case could not be run (RuntimeError)."


def test_only_the_latest_results_are_kept(draft: TemplateVersion, drain: Callable[..., None]) -> None:
    for number in range(suites.KEPT + 3):
        start(tests=f"cases: []  # {number}")
        drain()
    assert SuiteRun.objects.count() == suites.KEPT


def test_who_may_and_what_cannot_run(draft: TemplateVersion) -> None:
    with pytest.raises(NotFound):
        start_suite(template_key="greeting", number=9, actor=SYSTEM)
    with pytest.raises(Invalid):
        start(tests="x" * (1024 * 1024 + 1))
    contact = Actor(ActorKind.USER, "u-1", "Carla", frozenset({"customer"}))
    with pytest.raises(Forbidden):
        start_suite(template_key="greeting", number=1, actor=contact)


def test_published_versions_keep_their_results(draft: TemplateVersion, drain: Callable[..., None]) -> None:
    save_draft(source=SOURCE, tests=many(60), actor=SYSTEM)
    publish_version(template_key="greeting", number=1, actor=SYSTEM)
    suite = start()
    drain()
    suite.refresh_from_db()
    assert (suite.done, suite.failed) == (60, 0)


def test_many_cases_must_have_run_before_publishing(
    draft: TemplateVersion, drain: Callable[..., None]
) -> None:
    admin = Actor(ActorKind.USER, "u-1", "Ada", frozenset({"tenant_admin"}))
    set_review_mode(mode="none", actor=SYSTEM)

    def publish() -> TemplateVersion:
        return publish_version(template_key="greeting", number=1, actor=admin, reason="as it is")

    with pytest.raises(CasesNotRun) as refused:
        publish()
    assert (refused.value.code, refused.value.status, refused.value.extra) == (
        "tests_not_run",
        409,
        {"under_way": False},
    )
    assert "/versions/1/tests/runs" in refused.value.errors[0].remedy
    start()
    with pytest.raises(CasesNotRun) as refused:
        submit_version(template_key="greeting", number=1, actor=admin)
    assert refused.value.extra == {"under_way": True}
    drain()
    with pytest.raises(TemplateRefused) as red:
        publish()
    assert [(one.code, one.line) for one in red.value.errors] == [("test_failed", 5), ("test_failed", 9)]
    save_tests(template_key="greeting", number=1, tests=many(60), actor=SYSTEM)
    with pytest.raises(CasesNotRun):
        publish()
    proof = start()
    drain()
    assert publish().status == "published"
    entry = AuditEntry.objects.get(action__endswith=".publish", after__cases=60)
    assert entry.after["tests_run"] == str(proof.id)
