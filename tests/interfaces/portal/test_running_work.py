"""Running work of a template: moving it to another version, watching that, taking it back."""

import re

import pytest

from apps.approvals.models import ApprovalRequest
from apps.workflows.models import BulkOperation, Run, TemplateVersion
from apps.workflows.services import publish_version, save_draft
from tests.integration.accounts.people import SYSTEM

KEY = "contract-to-project"
HERE = f"/templates/{KEY}/running/"


@pytest.fixture
def second(office, run):
    """A second version that gives the approvers of the team one more day."""
    source = TemplateVersion.objects.get(template__key=KEY, status="published").source
    assert "due: P2D" in source
    save_draft(source=source.replace("due: P2D", "due: P3D", 1), actor=SYSTEM)
    publish_version(template_key=KEY, number=2, actor=SYSTEM)
    return run


def prepare(person, **more):
    answer = person.post(HERE, {"from": "1", "to": "2", "reason": "a better plan", **more})
    assert answer.status == 303, answer.words
    return BulkOperation.objects.latest("id")


def test_nothing_runs_yet(office, admin):
    page = admin.get(HERE)
    assert page.has("No run is under way", "No run has been moved yet", "Version 1")


def test_versions_and_the_mapping_side_by_side(second, admin, auditor):
    page = admin.get(HERE)
    assert page.has("1 run under way, 1 on another version than the one in use", "Move to version 2")
    mapping = admin.get(HERE + "?from=1&to=2")
    assert mapping.has("Which step takes the place of which", "1 here now", "due", "Look at every run")
    chosen = re.search(r'name="step-approval".*?</select>', mapping.html, re.DOTALL)
    assert chosen
    assert '<option value="approval" selected>Approve the team</option>' in chosen[0]
    assert mapping.has("mean the same in both versions")
    assert "Look at every run" not in auditor.get(HERE + "?from=1&to=2").html
    assert admin.cost(HERE) <= 10


def test_look_move_and_take_back(second, admin, office):
    migration = prepare(admin)
    here = f"{HERE}{migration.id}/"
    page = admin.get(here)
    assert page.has("1 of 1 run can go on under version 2", "is now due", "Move them")
    assert Run.objects.get(pk=second.pk).template_version.number == 1
    assert admin.post(here, {"command": "start"}).status == 303
    assert admin.post(here, {"command": "start"}).status == 303
    office.drain()
    assert admin.get(here).has("1 run moved to version 2", "Take it back")
    assert Run.objects.get(pk=second.pk).template_version.number == 2
    request = ApprovalRequest.objects.get(run_id=second.pk, status="open")
    assert request.due_at is not None
    assert (request.due_at - request.created_at).days in (2, 3)
    assert admin.get(f"/runs/{second.pk}/").has("go on under version 2 instead of 1")
    admin.post(here, {"command": "revert", "reason": "not yet"})
    back = BulkOperation.objects.latest("id")
    admin.post(f"{HERE}{back.id}/", {"command": "start"})
    office.drain()
    assert Run.objects.get(pk=second.pk).template_version.number == 1
    assert admin.cost(here) <= 12


def test_what_cannot_be_used_is_said(second, admin):
    wrong = admin.post(HERE, {"from": "1", "to": "2", "reason": "x", "values": "{"})
    assert wrong.status == 422
    assert wrong.has("Nothing was prepared", "This is not JSON")
    assert admin.post(HERE, {"from": "1", "to": "1", "reason": "x"}).status == 422
    assert admin.post(HERE, {"from": "1", "to": "2", "reason": " "}).status == 422


def test_only_those_with_the_right(second, admin, auditor):
    migration = prepare(admin)
    assert auditor.get(f"{HERE}{migration.id}/").status == 200
    assert auditor.post(f"{HERE}{migration.id}/", {"command": "start"}).status == 403
    assert auditor.post(HERE, {"from": "1", "to": "2", "reason": "x"}).status == 403


def test_why_some_cannot(second, admin):
    migration = prepare(admin, **{"step-approval": ""})
    page = admin.get(f"{HERE}{migration.id}/")
    assert page.has(
        "0 of 1 run can go on", "Why some cannot", "has no counterpart of it", "Choose the step to go on at"
    )
    assert "Move them" not in page.html
    assert admin.get(f"{HERE}{migration.id}/", state="refused").has("Cannot follow")
