"""The tests of a template on its page: green or red, what was expected and got, what no case comes to."""

from html import unescape

from apps.core.actor import Actor
from apps.workflows.models import SuiteRun, TemplateVersion
from apps.workflows.services import save_draft
from tests.interfaces.portal.test_templates import KEY, source

SYSTEM = Actor.system("test")
PAGE = f"/templates/{KEY}/tests/"


def version(number=1):
    return TemplateVersion.objects.get(template__key=KEY, number=number)


def _textarea(html):
    return unescape(html.split("<textarea", 1)[1].split(">", 1)[1].split("</textarea>")[0])


def test_the_delivered_tests_are_green(office, admin):
    page = admin.get(PAGE)
    assert page.has("All 12 tests are green", "Every step and every way on is tried", "Cases", "Green")
    assert page.has("Tests belong to their version")
    assert 'class="node node-done' in page.html
    assert admin.cost(PAGE) <= 9


def test_a_red_case_shows_line_expected_and_got(office, admin):
    save_draft(
        source=source(), tests=version().tests.replace("tier: strategic", "tier: standard", 1), actor=SYSTEM
    )
    page = admin.get(PAGE)
    assert page.has("1 of 12 tests is red", "Red", "Expected", "Got", "another value")
    assert page.has('"standard"', '"strategic"')


def test_tests_are_tried_saved_and_asked_for_before_publishing(office, admin, auditor):
    save_draft(source=source(), actor=SYSTEM)
    red = version(2).tests.replace("tier: strategic", "tier: standard", 1)
    tried = admin.post(PAGE, {"command": "try", "version": "2", "tests": red})
    assert tried.has("1 of 12 tests is red")
    assert version(2).tests != red
    saved = admin.post(PAGE, {"command": "save", "version": "2", "tests": red})
    assert (saved.status, saved.to) == (303, f"{PAGE}?version=2")
    assert version(2).tests == red
    broken = admin.post(PAGE, {"command": "try", "version": "2", "tests": "cases: [{nmae: x}]"})
    assert broken.has("The tests cannot be read", "Did you mean 'name'?", "line 1")
    assert auditor.get(PAGE).status == 200
    assert "Save and run" not in auditor.get(PAGE).html
    assert auditor.post(PAGE, {"command": "save", "version": "2", "tests": red}).status == 403
    late = admin.post(PAGE, {"command": "save", "version": "1", "tests": red})
    assert late.status == 303
    assert version(1).tests != red


def test_without_tests_a_first_case_is_offered(office, admin):
    save_draft(source=source(), tests="", actor=SYSTEM)
    page = admin.get(PAGE)
    assert page.has("No tests yet", "Nothing is tested yet", "The usual way")
    tried = admin.post(PAGE, {"command": "try", "version": "2", "tests": _textarea(page.html)})
    assert "cannot be read" not in tried.words
    assert tried.has("Cases", "The usual way")


def test_a_draft_with_errors_says_where_to_go(office, admin):
    save_draft(source=source().replace("kind: decision", "kind: dicision"), actor=SYSTEM)
    assert admin.get(PAGE).has("The tests cannot run", "See what is wrong")
    assert admin.get(PAGE, version="99").status == 404
    assert admin.get(PAGE, version="x").status == 404
    assert admin.get("/templates/no-such-one/tests/").status == 404


def many(count):
    """The first delivered case, so many times."""
    first = version().tests.split("\n  - ")[1]
    line = first.splitlines()[0]
    cases = [first.replace(line, f"name: case {number}") for number in range(count)]
    return "cases:\n" + "".join(f"  - {case.rstrip()}\n" for case in cases)


def test_many_cases_run_in_the_background(office, admin, auditor):
    save_draft(source=source(), tests=many(60), actor=SYSTEM)
    assert admin.get(PAGE).has("The tests have not run yet", "Run them")
    assert admin.get("/templates/contract-to-project/versions/2/").has("have not run since the last change")
    sent = {"command": "publish", "version": "2", "reason": "as it is"}
    refused = admin.post("/templates/contract-to-project/", sent)
    assert refused.to == f"{PAGE}?version=2"
    assert admin.get(refused.to).has(
        "They are running now; publish it when they are green", "The run waits its turn"
    )
    SuiteRun.objects.all().delete()
    assert auditor.post(PAGE, {"command": "run", "version": "2"}).to == f"{PAGE}?version=2"
    waiting = auditor.get(PAGE)
    assert waiting.has("The tests are running", "The run waits its turn", "You may leave this page")
    assert 'hx-trigger="every 2s"' in waiting.html
    asked = waiting.html.split('hx-get="')[1].split('"')[0].replace("&amp;", "&")
    part = auditor.part(asked)
    assert "<html" not in part.html
    assert 'id="suite"' in part.html
    office.drain()
    assert auditor.part(asked).response.headers["HX-Refresh"] == "true"
    page = admin.get(PAGE)
    assert page.has("All 60 tests are green", "case 59", "Run them again", "Asked for by")
    assert admin.cost(PAGE) <= 10
    assert admin.get("/templates/contract-to-project/versions/2/").has("All 60 test cases pass.")


def test_many_cases_are_tried_and_saved_without_waiting(office, admin):
    save_draft(source=source(), tests="", actor=SYSTEM)
    red = many(60).replace("      outcome: completed\n", "      outcome: nothing\n", 1)
    tried = admin.post(PAGE, {"command": "try", "version": "2", "tests": red})
    assert tried.status == 303
    assert "&run=" in tried.to
    office.drain()
    assert admin.get(tried.to).has("1 of 60 tests is red", "case 0")
    assert version(2).tests == ""
    admin.post(PAGE, {"command": "save", "version": "2", "tests": red})
    assert admin.get(PAGE).has("The tests are running")
    office.drain()
    assert admin.get(PAGE).has("1 of 60 tests is red")
    assert admin.get(PAGE, run="nonsense").status == 404
    assert admin.get(PAGE, run="00000000-0000-7000-8000-000000000000").status == 404
