"""Faults 26 and 27: people who act in the same moment, and a template that is published anew."""

from functools import partial

import pytest

from apps.accounts.selectors import actor_of_user, get_user
from apps.accounts.services import create_user
from apps.approvals.models import ApprovalRequest, Decision
from apps.approvals.services import decide_request
from apps.workflows.models import Run
from apps.workflows.services import cancel_run, publish_version, save_draft
from tenants.context import tenant_context
from tests.durability.harness.catalogue import scenario
from tests.durability.harness.templates import call, key_of, source_with
from tests.durability.harness.world import SYSTEM
from tests.integration.approvals.test_approval_races import at_once

pytestmark = pytest.mark.durability


def decide(request, person, outcome):
    decide_request(
        request_id=request, actor=actor_of_user(get_user(person)), outcome=outcome, comment="because"
    )


def ask(world):
    """A run that waits for an approval by one of two people; the request and the people."""
    with world.living():
        run = world.start(key_of("approval"))
        world.settle_work()
    with tenant_context(world.tenant):
        request = ApprovalRequest.objects.get(run_id=run)
        return run, request.id, list(request.waiting_for)


@pytest.fixture(scope="module")
def second_approver(two_tenants, django_db_blocker):
    with django_db_blocker.unblock(), tenant_context(two_tenants[0]):
        create_user(email="ben@faulta.example", name="Ben", roles=["approver"], actor=SYSTEM)


@scenario(26)
def test_two_approvers_in_the_same_moment(make_world, second_approver, seed):
    world = make_world(seed)
    run, request, people = ask(world)
    outcomes = ["approved", "rejected"]
    world.random.shuffle(outcomes)
    acts = [
        partial(decide, request, person, outcome) for person, outcome in zip(people, outcomes, strict=True)
    ]
    assert sorted(at_once(world.tenant, *acts)) == ["", "approval_closed"]
    finish(world)
    with tenant_context(world.tenant):
        (decision,) = Decision.objects.filter(request_id=request)
        assert (
            Run.objects.get(pk=run).outcome
            == {"approved": "completed", "rejected": "rejected"}[decision.outcome]
        )


@scenario(26)
def test_approve_against_cancel(make_world, second_approver, seed):
    world = make_world(seed)
    run, request, people = ask(world)
    approve = partial(decide, request, world.random.choice(people), "approved")
    cancel = partial(cancel_run, run_id=run, actor=SYSTEM, reason="changed our minds")
    answers = at_once(world.tenant, approve, cancel)
    finish(world)
    assert answers.count("approval_closed") <= 1
    with tenant_context(world.tenant):
        decided = Decision.objects.filter(request_id=request).count()
        status = Run.objects.get(pk=run).status
    # The step after the approval still lies ahead, so a cancellation may come second; an approval may not.
    assert (decided, status) in ((1, "completed"), (1, "cancelled"), (0, "cancelled"))
    assert (answers[0] == "") == (decided == 1)


def finish(world):
    with world.living():
        world.settle()
        world.check()


@scenario(27, seeds=10)
def test_a_template_is_published_anew_during_a_run(make_world, seed):
    """The run goes on as it began; the next one is of the new version; whoever dies meanwhile changes nothing of that."""
    world = make_world(seed)
    waits = [call("first"), {"id": "pause", "kind": "wait", "for": "PT30S"}]
    publish(world, [*waits, call("old")])
    world.places.arm("worker.effect:after", 1, world.places.crash)
    with world.living():
        world.start("fault-renewed")
        world.settle_work()
        publish(world, [*waits, call("new"), call("newer")])
        world.settle()
        before = [effect.step for effect in world.receiver.effects]
        world.start("fault-renewed")
        world.settle()
        world.check()
    after = [effect.step for effect in world.receiver.effects][len(before) :]
    assert (before, after) == (["first", "old"], ["first", "new", "newer"])
    assert set(world.statuses()) == {"completed"}


def publish(world, steps):
    with tenant_context(world.tenant):
        draft = save_draft(source=source_with("fault-renewed", steps), actor=SYSTEM)
        publish_version(template_key="fault-renewed", number=draft.number, actor=SYSTEM)
