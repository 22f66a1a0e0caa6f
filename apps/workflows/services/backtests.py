"""Back-tests: recorded runs of a window run again under one version, as work in portions."""

import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.accounts import policies
from apps.core.actor import Actor
from apps.core.clock import now
from apps.core.errors import Conflict, Invalid, NotFound, Problem
from apps.dispatch.services.settle import finish
from apps.dispatch.types import ClaimedItem, Retry, WorkItemSpec
from apps.ledger.services import enqueue, record, transition, unit_of_work
from apps.ledger.types import DomainEvent
from apps.workflows import events
from apps.workflows.choices import BacktestStatus
from apps.workflows.engine.definition import Definition
from apps.workflows.engine.parse import parse_template
from apps.workflows.exceptions import TemplateUnreadable
from apps.workflows.models import Backtest, BacktestRun
from apps.workflows.selectors.proof import OPEN
from apps.workflows.selectors.templates import get_version
from apps.workflows.services.backtest_policies import policies_under_test
from apps.workflows.services.backtest_portion import Portion, next_portion, runs_of
from apps.workflows.services.backtest_summary import add_up
from apps.workflows.services.kinds import BACKTEST_KIND
from apps.workflows.services.template_tests import readable_definition

PORTION_SECONDS = 4.0
"""A worker looks at runs for at most so long before others get their turn."""
MAX_RUNS = 100_000
_ACTOR = Actor.system("back-tests")


def start_backtest(
    *, template_key: str, number: int, since: datetime, until: datetime, actor: Actor, drafts: bool = True
) -> Backtest:
    """Have the runs begun from ``since`` up to ``until`` run again under a version; nothing is stored in them or sent.

    ``drafts``: a draft goes by the drafts of its approval policies, where there are any.

    Raises NotFound, TemplateUnreadable, Invalid (``window``, ``no_runs``, ``too_many_runs``) and Forbidden.
    """
    with unit_of_work(actor):
        policies.require(actor, "templates:write")
        version = get_version(template_key, number)
        definition = readable_definition(version)
        if since >= until:
            raise _refused("window", "/until", "The window must end after it begins.")
        backtest = Backtest(
            template=version.template,
            number=number,
            source=version.source,
            policies=policies_under_test(version, definition, drafts=drafts),
            since=since,
            until=until,
            actor=actor.to_json(),
        )
        backtest.total = runs_of(backtest).count()
        if not backtest.total:
            raise _refused("no_runs", "/since", "No run of this template began in this window.")
        if backtest.total > MAX_RUNS:
            raise _refused(
                "too_many_runs", "/since", f"These are {backtest.total} runs, at most {MAX_RUNS} go."
            )
        backtest.save(force_insert=True)
        shown = {"template": template_key, "number": number, "total": backtest.total}
        record("backtest.start", backtest, after={"status": backtest.status, **shown})
        enqueue(WorkItemSpec(BACKTEST_KIND, backtest.id))
        return backtest


def cancel_backtest(*, backtest_id: UUID, actor: Actor) -> Backtest:
    """Look at no more runs; what was found so far is kept. Raises NotFound, Conflict (``backtest_over``), Forbidden."""
    with unit_of_work(actor):
        policies.require(actor, "templates:write")
        backtest = Backtest.objects.select_for_update().filter(pk=backtest_id).first()
        if backtest is None:
            raise NotFound("not_found", "There is no such back-test.")
        if backtest.status not in OPEN:
            raise Conflict("backtest_over", "This back-test is over already.")
        transition(backtest, "cancel", fields={"finished_at": now()})
        return backtest


def go_on(items: Sequence[ClaimedItem]) -> dict[int, Retry]:
    """Look at the next portion of each back-test the items refer to; bears running twice."""
    for item in items:
        ends, backtest = time.monotonic() + PORTION_SECONDS, _begun(item.ref)
        while backtest is not None:
            backtest = _advance(backtest)
            if time.monotonic() > ends:
                break
        with unit_of_work(_ACTOR):
            finish([item])
            if backtest is not None:
                enqueue(WorkItemSpec(BACKTEST_KIND, backtest.id))
    return {}


def definition_under_test(backtest: Backtest) -> Definition:
    """The version as it was when the back-test was asked for; raise TemplateUnreadable."""
    parsed = parse_template(backtest.source)
    if not parsed.is_valid:
        raise TemplateUnreadable
    return parsed.definition


def _begun(backtest_id: UUID) -> Backtest | None:
    with unit_of_work(_ACTOR):
        row = Backtest.objects.select_for_update(of=("self",)).select_related("template")
        backtest = row.filter(pk=backtest_id, status__in=OPEN).first()
        if backtest is not None and backtest.status == BacktestStatus.WAITING:
            transition(backtest, "begin")
        return backtest


def _advance(backtest: Backtest) -> Backtest | None:
    """Look at some runs, then write what was found; None when there is nothing more to do."""
    portion = next_portion(backtest, definition_under_test(backtest), now())
    with unit_of_work(_ACTOR):
        rows = Backtest.objects.select_for_update(of=("self",)).select_related("template")
        held = rows.filter(pk=backtest.pk, status=BacktestStatus.RUNNING).first()
        if held is None or held.last_run != backtest.last_run:
            return None
        if portion.looked:
            _write(held, portion)
            return held
        told = DomainEvent(events.BACKTEST_FINISHED, f"backtest/{held.id}", backtest_data(held))
        transition(held, "finish", fields={"finished_at": now()}, event=told)
        return None


def _write(backtest: Backtest, portion: Portion) -> None:
    BacktestRun.objects.bulk_create(
        BacktestRun(
            backtest=backtest,
            run_id=one.run.id,
            name=one.run.name,
            version=one.run.template_version.number,
            kinds=sorted({difference["kind"] for difference in one.differences}),
            differences=list(one.differences),
        )
        for one in portion.affected
    )
    backtest.done += len(portion.looked)
    backtest.affected += len(portion.affected)
    backtest.last_run = portion.looked[-1].run.id
    backtest.summary = add_up(backtest.summary, ((one.run.id, one.differences) for one in portion.affected))
    backtest.save(update_fields=["done", "affected", "last_run", "summary"])


def backtest_data(backtest: Backtest) -> dict[str, Any]:
    """What events tell of a back-test."""
    return {
        "backtest_id": str(backtest.id),
        "template": backtest.template.key,
        "version": backtest.number,
        "total": backtest.total,
        "affected": backtest.affected,
    }


def _refused(code: str, pointer: str, message: str) -> Invalid:
    return Invalid(code, message, [Problem(pointer, message, code)])
