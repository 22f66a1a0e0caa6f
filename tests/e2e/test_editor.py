"""Templates put together in the browser: by mouse, by keys, by two people at once, as YAML."""

import re
from itertools import count

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.browser import PHONE, Visitor
from tests.e2e.conftest import Arrive
from tests.e2e.product import Product

CLEAN = "Nothing in the way of publishing"
HEAD = """\
format: 1
key: {key}
name: {name}
owners: {{business: delivery_director, technical: template_author, control: auditor}}
classification: {{business_criticality: low, compliance_impact: low, exception_frequency: low, integration_complexity: low}}
input: {{type: object, properties: {{amount: {{type: number}}}}}}
steps:
"""
STEPS = """\
  # first of all, somebody looks
  - id: look
    kind: user_task
    name: Look at it # by hand
    assignee: {role: finance}
    due: P2D
  - {id: tell, kind: set, values: {seen: true}}
  - {id: done, kind: end} # that is all
"""
_numbers = count(1)


@pytest.fixture
def author(product: Product, arrive: Arrive) -> Visitor:
    return arrive.staff("tenant_admin")


def template(visitor: Visitor, steps: str = STEPS) -> str:
    """Make a draft over the API, as the visitor; its key."""
    key = f"edited-{next(_numbers)}"
    source = HEAD.format(key=key, name=f"Edited {key}") + steps
    answer = visitor.page.evaluate(
        """async (source) => (await fetch("/api/v1/workflow-templates", {
            method: "POST", body: JSON.stringify({source}), headers: {"Content-Type": "application/json",
            "X-CSRFToken": JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"]}})).status""",
        source,
    )
    assert answer == 201
    return key


def edit(visitor: Visitor, key: str) -> Page:
    """Open the editor and wait until it is there and has been judged."""
    visitor.page.goto(f"{visitor.base}/templates/{key}/edit/")
    visitor.page.locator(".terminal-start").wait_for()
    expect(visitor.page.locator("details.problems summary")).not_to_have_text("Looking…")
    return visitor.page


def field(page: Page, *path: str | int) -> Locator:
    """The control of a field of the form."""
    words = ",".join(str(part) if isinstance(part, int) else f'"{part}"' for part in path)
    return page.locator(f"[data-field='[{words}]']").locator("input, select, textarea").first


def step(page: Page, name: str) -> Locator:
    return page.locator(f'[data-step="{name}"]')


def saved(page: Page) -> None:
    expect(page.locator("[data-part=state]")).to_have_text(re.compile(r"^Saved \d+ s ago$"))


def text_of(visitor: Visitor, key: str) -> str:
    """What the server holds as the draft."""
    found: str = visitor.page.evaluate(
        "async (key) => (await (await fetch(`/api/v1/workflow-templates/${key}/draft`)).json()).source", key
    )
    return found


def put_in(page: Page, kind: str) -> None:
    """Choose a kind in the dialog that asks for one."""
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("searchbox").fill(kind)
    dialog.get_by_role("button", name=kind).first.click()


def own(author: Visitor) -> None:
    """Say who owns the workflow and how it is classified."""
    page = author.page
    step(page, "").click()
    for part in ("business", "technical", "control"):
        field(page, "owners", part).locator("xpath=ancestor::details[not(@open)]/summary").evaluate_all(
            "all => all.forEach((one) => one.click())"
        )
        field(page, "owners", part).select_option("template_author")
    for part in (
        "business_criticality",
        "compliance_impact",
        "exception_frequency",
        "integration_complexity",
    ):
        field(page, "classification", part).locator(
            "xpath=ancestor::details[not(@open)]/summary"
        ).evaluate_all("all => all.forEach((one) => one.click())")
        field(page, "classification", part).select_option("low")


def test_from_nothing_by_mouse(author: Visitor) -> None:
    name = f"By mouse {next(_numbers)}"
    author.open("/templates/")
    author.click("New template", role="link")
    author.look()
    author.page.locator("#id_name").fill(name)
    author.click("Begin")
    page = author.page
    page.locator(".terminal-start").wait_for()
    own(author)
    page.locator(".gap-add").first.click()
    put_in(page, "Choice")
    page.get_by_label("Add the first step: First way, of Choice").click()
    put_in(page, "Approval")
    field(page, "policy").select_option("staffing-approval")
    page.get_by_label("Add the first step: Otherwise, of Choice").click()
    put_in(page, "Task")
    field(page, "name").fill("Write it down")
    page.get_by_label("Name of a new field").fill("Start date")
    page.get_by_role("button", name="Add a field").click()
    page.get_by_label("Kind of Start date").select_option("date")
    step(page, "choice").click()
    field(page, "cases", 0, "when").fill("now > timestamp('2020-01-01T00:00:00Z')")
    expect(page.get_by_text("gives true")).to_be_visible()
    page.get_by_label("Add a step after Choice").click()
    put_in(page, "End")
    page.get_by_text(CLEAN).wait_for()
    saved(page)
    text = text_of(author, "by-mouse-" + name.split()[-1])
    assert "policy: staffing-approval" in text
    assert "format: date" in text
    author.look()
    step(page, "user_task").drag_to(page.locator(".gap").first)
    expect(page.locator("[data-step]").nth(1)).to_contain_text("Write it down")
    page.get_by_role("button", name="Duplicate").click()
    expect(step(page, "user_task_2")).to_be_visible()
    page.get_by_role("button", name="Delete").click()
    expect(step(page, "user_task_2")).to_have_count(0)


def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until the focus is there."""
    for _ in range(60):
        if wanted.evaluate("(one) => one === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{wanted} cannot be reached with the Tab key")


def test_from_nothing_by_keys(author: Visitor) -> None:
    author.open("/new-template/")
    page, keys = author.page, author.page.keyboard
    tab_to(page, page.locator("#id_name"))
    keys.type(f"By keys {next(_numbers)}")
    keys.press("Enter")
    page.locator(".terminal-start").wait_for()
    tab_to(page, step(page, ""))
    keys.press("Enter")
    for part in ("business", "technical", "control"):
        fold = field(page, "owners", part).locator("xpath=ancestor::details[not(@open)]/summary")
        if fold.count():
            tab_to(page, fold.first)
            keys.press("Enter")
        tab_to(page, field(page, "owners", part))
        keys.type("Template author")
    for part in (
        "business_criticality",
        "compliance_impact",
        "exception_frequency",
        "integration_complexity",
    ):
        fold = field(page, "classification", part).locator("xpath=ancestor::details[not(@open)]/summary")
        if fold.count():
            tab_to(page, fold.first)
            keys.press("Enter")
        tab_to(page, field(page, "classification", part))
        keys.type("low")
    keys.press("Escape")
    expect(step(page, "")).to_be_focused()
    keys.press("a")
    keys.type("approval")
    keys.press("Enter")
    expect(step(page, "approval")).to_be_focused()
    keys.press("Enter")
    tab_to(page, field(page, "policy"))
    keys.type("staffing-approval")
    keys.press("Escape")
    keys.press("a")
    keys.type("parallel")
    keys.press("Enter")
    expect(step(page, "parallel")).to_be_focused()
    for branch in range(2):
        keys.press("a")
        where = page.get_by_role("dialog").get_by_label("Where")
        keys.press("Shift+Tab")
        expect(where).to_be_focused()
        for _down in range(2 + branch):
            keys.press("ArrowDown")
        keys.press("Tab")
        keys.type("wait")
        keys.press("Enter")
        keys.press("ArrowLeft")
        expect(step(page, "parallel")).to_be_focused()
    page.get_by_text(CLEAN).wait_for()
    expect(
        page.get_by_role("region", name="Second branch, of Parallel").locator("[data-step]")
    ).to_have_count(1)
    keys.press("Alt+ArrowUp")
    expect(page.locator("[data-step]").nth(1)).to_have_attribute("data-step", "parallel")
    keys.press("ArrowLeft")
    expect(step(page, "wait")).to_have_count(0)
    keys.press("ArrowRight")
    expect(step(page, "wait")).to_be_visible()
    keys.press("ArrowDown")
    keys.press("Delete")
    expect(step(page, "wait")).to_have_count(0)
    keys.press("Control+z")
    expect(step(page, "wait")).to_be_visible()
    saved(page)
    author.look()


def test_diagram_form_and_text_are_one(author: Visitor) -> None:
    key = template(author)
    page = edit(author, key)
    step(page, "look").click()
    field(page, "name").fill("Look twice")
    expect(step(page, "look")).to_contain_text("Look twice")
    saved(page)
    text = text_of(author, key)
    assert "name: Look twice # by hand" in text
    assert "# first of all, somebody looks" in text
    assert "- {id: done, kind: end} # that is all" in text
    page.get_by_role("button", name="YAML").click()
    area = page.get_by_label("The template as YAML")
    area.fill(text.replace("Look twice", "Look thrice"))
    expect(step(page, "look")).to_contain_text("Look thrice")
    author.look()
    area.fill(text.replace("steps:", "steps: ["))
    expect(page.get_by_text("The diagram shows the last text that could be read")).to_be_visible()
    expect(page.locator("[data-part=state]")).to_contain_text("Not saved")
    expect(step(page, "look")).to_contain_text("Look thrice")
    expect(page.get_by_role("button", name="Add a step", exact=True)).to_be_disabled()
    area.fill(text)
    expect(step(page, "look")).to_contain_text("Look twice")
    press_until_off(page.get_by_role("button", name="Undo"))
    expect(step(page, "look")).to_contain_text("Look at it")
    press_until_off(page.get_by_role("button", name="Redo"))
    expect(step(page, "look")).to_contain_text("Look twice")
    page.keyboard.press("Control+z")
    expect(page.get_by_role("button", name="Redo")).to_be_enabled()
    page.keyboard.press("Control+Shift+z")
    expect(page.get_by_role("button", name="Redo")).to_be_disabled()
    saved(page)
    assert text_of(author, key) == text


def press_until_off(button: Locator) -> None:
    """Press a button until there is nothing left for it to do."""
    for _ in range(20):
        if button.is_disabled():
            return
        button.click()
    raise AssertionError("it never ends")


def test_what_is_wrong_stands_at_its_step_and_field(author: Visitor) -> None:
    page = edit(author, template(author))
    step(page, "look").click()
    author.unfold(field(page, "when")).fill("input.amunt > ")
    expect(page.locator(".step.has-error")).to_contain_text("Look at it")
    expect(page.locator("[data-field='[\"when\"]'] > .field-problem")).to_contain_text("Expression error")
    step(page, "done").click()
    page.locator("details.problems summary").click()
    author.look()
    page.locator(".problem").first.click()
    expect(field(page, "when")).to_be_focused()
    field(page, "when").fill("")
    page.get_by_label("Insert into the formula").last.scroll_into_view_if_needed()
    page.locator("[data-field='[\"when\"]']").get_by_label("Insert into the formula").click()
    page.get_by_role("button", name="input.amount").first.click()
    expect(field(page, "when")).to_have_value("input.amount")
    expect(page.locator("[data-field='[\"when\"]'] .expression-result")).to_contain_text("gives")


def test_two_people_at_once(author: Visitor, arrive: Arrive) -> None:
    key = template(author)
    other = arrive.staff("tenant_admin")
    mine, theirs = edit(author, key), edit(other, key)
    expect(mine.locator(".editors li")).to_have_count(1)
    step(theirs, "look").click()
    expect(mine.locator(".step-who")).to_contain_text("is here")
    step(mine, "look").click()
    field(mine, "name").fill("Look closely")
    saved(mine)
    other.unfold(field(theirs, "due")).fill("9")
    saved(theirs)
    expect(step(theirs, "look")).to_contain_text("Look closely")
    expect(step(mine, "look")).to_contain_text("Look closely")
    text = text_of(author, key)
    assert "Look closely # by hand" in text
    assert "due: P9D" in text

    author.page.context.set_offline(True)
    field(mine, "name").fill("As I say")
    expect(mine.locator("[data-part=state]")).to_contain_text("Not saved")
    field(theirs, "name").fill("As they say")
    saved(theirs)
    author.page.context.set_offline(False)
    author.faults.clear()  # the browser calls a lost connection an error
    dialog = mine.get_by_role("dialog", name="Somebody changed the same thing")
    dialog.wait_for()
    expect(dialog).to_contain_text("As I say")
    expect(dialog).to_contain_text("As they say")
    author.faults.clear()  # ... and a conflict, too
    author.look()
    dialog.get_by_label("Yours").check()
    dialog.get_by_role("button", name="Save with these").click()
    saved(mine)
    assert "As I say" in text_of(author, key)
    expect(step(theirs, "look")).to_contain_text("As I say")
    theirs.get_by_role("button", name="Undo").click()
    expect(step(theirs, "look")).to_contain_text("As I say")


def test_sixty_steps(author: Visitor) -> None:
    lines = [
        f"  - {{id: s{number}, kind: user_task, name: Step number {number}, assignee: {{role: finance}}}}\n"
        for number in range(60)
    ]
    page = edit(author, template(author, "".join(lines)))
    expect(page.locator(".step")).to_have_count(60)
    step(page, "s30").click()
    field(page, "name").press_sequentially(" and more")
    page.get_by_label("Add a step after Step number 59").click()
    put_in(page, "End")
    expect(page.locator(".step")).to_have_count(61)
    saved(page)


def test_a_small_change_on_a_phone(product: Product, arrive: Arrive) -> None:
    visitor = arrive.staff("tenant_admin", PHONE)
    key = template(visitor)
    page = edit(visitor, key)
    step(page, "look").click()
    field(page, "name").fill("From the train")
    visitor.look()
    page.get_by_role("button", name="Close").click()
    expect(step(page, "look")).to_contain_text("From the train")
    saved(page)
    assert "From the train" in text_of(visitor, key)


def test_who_may_not_write_looks_around(author: Visitor, arrive: Arrive) -> None:
    key = template(author)
    reader = arrive.staff("delivery_manager")
    page = edit(reader, key)
    reader.sees("changing it needs the role of a template author")
    step(page, "look").click()
    expect(field(page, "name")).to_be_disabled()
    expect(page.locator(".gap-add")).to_have_count(0)
    expect(page.get_by_role("button", name="Add a step")).to_have_count(0)
    reader.look()
