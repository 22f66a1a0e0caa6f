"""A thousand decisions over two hundred requests at the same time: none is lost, none counts twice."""

import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from django.db import connection

from apps.accounts.services import create_user
from apps.approvals.models import ApprovalRequest, Decision
from apps.approvals.services import decide_request
from apps.core.actor import Actor
from apps.core.errors import DomainError
from apps.ledger.models import OutboxMessage
from apps.workflows.models import Run
from tenants.context import tenant_context
from tenants.types import TenantRef
from tests.integration.approvals.conftest import SYSTEM, Staff, begin, publish

REQUESTS, VOTES_EACH, NEEDED = 200, 5, 2
DECIDERS = ("Ann", "Ben", "Cid", "Dan")
THREADS = 8


@pytest.fixture
def gamma(fresh_tenant: TenantRef) -> Iterator[TenantRef]:
    with tenant_context(fresh_tenant):
        yield fresh_tenant


def cast(tenant: TenantRef, votes: list[tuple[UUID, Actor]]) -> Counter[str]:
    """Cast the votes one after the other in a thread of its own; count what became of them."""
    found: Counter[str] = Counter()
    try:
        with tenant_context(tenant):
            for request_id, decider in votes:
                try:
                    decide_request(request_id=request_id, actor=decider, outcome="approved")
                except DomainError as error:
                    found[error.code] += 1
                else:
                    found["taken"] += 1
    finally:
        connection.close()
    return found


@pytest.mark.timeout(600)
def test_a_thousand_decisions_over_two_hundred_requests(gamma: TenantRef) -> None:
    staff = Staff()
    for name in DECIDERS:
        create_user(email=f"{name.lower()}@staff.example", name=name, roles=["finance"], actor=SYSTEM)
    publish(policy="{stages: [{name: Two, approvers: {role: finance}, quorum: {n: 2}}]}")
    runs = [begin().pk for _ in range(REQUESTS)]
    requests = list(ApprovalRequest.objects.filter(run_id__in=runs).values_list("pk", flat=True))
    people = [staff.actor(name) for name in DECIDERS]
    # Everybody once, and one of them a second time.
    votes = [(request, people[number % len(people)]) for request in requests for number in range(VOTES_EACH)]
    assert len(votes) == 1000
    random.Random(4).shuffle(votes)
    with ThreadPoolExecutor(THREADS) as pool:
        parts = [votes[number::THREADS] for number in range(THREADS)]
        found = sum(pool.map(cast, [gamma] * THREADS, parts), Counter[str]())
    assert found["taken"] == REQUESTS * NEEDED
    assert found["approval_closed"] + found["already_decided"] == len(votes) - REQUESTS * NEEDED
    decisions = Counter(Decision.objects.values_list("request_id", flat=True))
    assert set(decisions) == set(requests)
    assert set(decisions.values()) == {NEEDED}
    pairs = list(Decision.objects.values_list("request_id", "user_id"))
    assert len(set(pairs)) == len(pairs)
    assert set(ApprovalRequest.objects.values_list("status", flat=True)) == {"approved"}
    assert Run.objects.filter(pk__in=runs, outcome="completed").count() == REQUESTS
    assert OutboxMessage.objects.filter(type="approval.decided").count() == REQUESTS
    assert OutboxMessage.objects.filter(type="approval.voted").count() == REQUESTS * (NEEDED - 1)
