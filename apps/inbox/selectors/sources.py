"""What waits for one person, as one statement: decisions, tasks and exceptions with what they are sorted by."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import (
    BooleanField,
    Case,
    CharField,
    DateTimeField,
    DurationField,
    ExpressionWrapper,
    F,
    Model,
    Q,
    QuerySet,
    TextField,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Coalesce

from apps.accounts import policies
from apps.accounts.selectors.users import NOBODY
from apps.approvals.models import ApprovalRequest
from apps.approvals.policies import is_contact
from apps.approvals.selectors import requests as approvals
from apps.core.actor import Actor, ActorKind
from apps.core.clock import now
from apps.inbox.choices import Grouping, ItemKind
from apps.inbox.models import Mark
from apps.inbox.ranking import CUSTOMER_WAITS, MONEY_FROM, MONEY_STEP, UNDATED
from apps.inbox.types import Wanted
from apps.workflows.models import ExceptionCase, UserTask
from apps.workflows.selectors import cases
from tenants.context import current_tenant

COLUMNS = ("i_kind", "id", "version", "i_rank", "i_group", "i_since", "i_overdue", "i_read", "i_snoozed")
Rows = QuerySet[Any]
_NOWHERE = timedelta()
_ANYBODY = UUID("00000000-0000-7000-8000-00000000a11b")
_SOME_TIME = datetime(1, 1, 2, tzinfo=UTC)
"""What stands for the person and the moment in a statement that is kept: neither occurs otherwise."""


def waiting_sql(actor: Actor, wanted: Wanted) -> tuple[str, tuple[Any, ...]]:
    """Return the statement (and its parameters) of everything that waits, snoozed or not, with COLUMNS; "" for nothing."""
    person = actor.user_id
    # What is granted to a contact one by one is read from rows of his tenant.
    if wanted != Wanted() or person is None or is_contact(actor):
        return _statement(actor, wanted, now())
    anybody = Actor(ActorKind.USER, str(_ANYBODY), "", actor.roles, actor.scopes, actor.regions)
    sql, parameters = _for_anybody(anybody)
    filled: dict[Any, Any] = {_ANYBODY: UUID(person), str(_ANYBODY): person, _SOME_TIME: now()}
    return sql, tuple(
        filled.get(value, value) if isinstance(value, UUID | str | datetime) else value
        for value in parameters
    )


@lru_cache(maxsize=256)
def _for_anybody(actor: Actor) -> tuple[str, tuple[Any, ...]]:
    """The statement of all that waits for somebody of these roles, scopes and regions: every page counts by it."""
    return _statement(actor, Wanted(), _SOME_TIME)


def _statement(actor: Actor, wanted: Wanted, at: datetime) -> tuple[str, tuple[Any, ...]]:
    rows = [
        _columns(kind, source, wanted, actor, at)
        for kind, source in sources(actor).items()
        if wanted.kind in ("", kind)
    ]
    if not rows:
        return "", ()
    found = rows[0].union(*rows[1:], all=True) if len(rows) > 1 else rows[0]
    return found.query.sql_with_params()


def sources(actor: Actor) -> dict[ItemKind, Rows]:
    """Return what waits for the actor by kind, as far as he may act on it."""
    found: dict[ItemKind, Rows] = {ItemKind.DECISION: approvals.waiting_for(actor)}
    if policies.may(actor, "user_tasks:complete"):
        found[ItemKind.TASK] = cases.tasks_waiting_for(actor)
    if policies.may(actor, "exceptions:resolve"):
        found[ItemKind.EXCEPTION] = cases.cases_owned_by(actor)
    return found


def customer_of(model: type[Model]) -> Combinable:
    """Return the name of the customer an item is for: what is shown to the decider, else what its run began with."""
    if model is ApprovalRequest:
        return _customer_in("show")
    began = KeyTransform("input", "run__start")
    if model is UserTask:
        return Coalesce(_name_in("show"), _name_in(began), Value(""), output_field=TextField())
    return Coalesce(_name_in(began), Value(""), output_field=TextField())


def _columns(kind: ItemKind, source: Rows, wanted: Wanted, actor: Actor, at: datetime) -> Rows:
    due = _due(source.model)
    is_overdue = Q(i_due__lt=at)
    put_off = Q(pk__in=_marked(actor, snoozed_until__gt=at)) & (Q(i_due__isnull=True) | Q(i_due__gte=at))
    rows = source.order_by().annotate(
        i_kind=Value(str(kind), output_field=CharField()),
        i_due=due,
        i_since=F("created_at"),
    )
    rows = _narrowed(rows, wanted)
    rows = rows.annotate(
        i_rank=rank_of(kind, source.model),
        i_group=_group(wanted.group, source.model, at),
        i_overdue=_flag(is_overdue),
        i_read=_flag(Q(pk__in=_marked(actor, read_at__isnull=False))),
        i_snoozed=_flag(put_off),
    )
    found: Rows = rows.values_list(*COLUMNS)
    return found


def rank_of(kind: ItemKind, model: type[Model]) -> Combinable:
    """Return ``ranking.urgent_at`` as an expression over the model's columns."""
    moved: Combinable = Value(_NOWHERE, output_field=DurationField())
    if model is ApprovalRequest:
        moved = Case(
            *(
                When(amount__gte=start, then=Value(MONEY_STEP * (step + 1), output_field=DurationField()))
                for step, start in reversed(list(enumerate(MONEY_FROM)))
            ),
            default=moved,
        )
    waits = Case(
        When(audience="customer", then=Value(CUSTOMER_WAITS, output_field=DurationField())),
        default=Value(_NOWHERE, output_field=DurationField()),
    )
    undated = ExpressionWrapper(
        F("created_at") + Value(UNDATED[kind], output_field=DurationField()), output_field=DateTimeField()
    )
    deadline = undated if model is ExceptionCase else Coalesce(F("due_at"), undated)
    return ExpressionWrapper(deadline - moved - waits, output_field=DateTimeField())


def _due(model: type[Model]) -> Combinable:
    if model is ExceptionCase:
        return Value(None, output_field=DateTimeField())
    return F("due_at")


def _narrowed(rows: Rows, wanted: Wanted) -> Rows:
    if wanted.template:
        rows = rows.filter(run__template_key=wanted.template)
    if wanted.customer or wanted.search:
        rows = rows.annotate(i_customer=customer_of(rows.model))
    if wanted.customer:
        rows = rows.filter(i_customer=wanted.customer)
    if wanted.search:
        rows = rows.filter(_holds(rows.model, wanted.search))
    return rows


def _holds(model: type[Model], text: str) -> Q:
    found = Q(title__icontains=text) | Q(i_customer__icontains=text)
    if model is ApprovalRequest:
        return found | Q(about__icontains=text) | Q(requested_by_label__icontains=text)
    if model is ExceptionCase:
        return found | Q(message__icontains=text) | Q(run__name__icontains=text)
    return found | Q(run__name__icontains=text)


def _group(group: str, model: type[Model], at: datetime) -> Combinable:
    if group == Grouping.CUSTOMER:
        return customer_of(model)
    if group == Grouping.TEMPLATE:
        return Coalesce(F("run__template_key"), Value(""), output_field=TextField())
    if group == Grouping.DUE:
        return _due_group(at)
    return Value("", output_field=TextField())


def _due_group(at: datetime) -> Combinable:
    local = at.astimezone(ZoneInfo(current_tenant().timezone))
    tonight = local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    steps = (("1", at), ("2", tonight), ("3", tonight + timedelta(days=6)))
    return Case(
        *(When(i_due__lt=end, then=Value(key, output_field=TextField())) for key, end in steps),
        When(i_due__isnull=False, then=Value("4", output_field=TextField())),
        default=Value("5", output_field=TextField()),
    )


def _customer_in(field: str) -> Combinable:
    return Coalesce(_name_in(field), Value(""), output_field=TextField())


def _name_in(holder: Any) -> Combinable:
    """The name in ``customer``, which is an object with one or the name itself."""
    customer = KeyTransform("customer", holder)
    return Coalesce(
        KeyTextTransform("name", customer),
        KeyTextTransform("customer", holder),
        output_field=TextField(),
    )


def _marked(actor: Actor, **wanted: Any) -> Rows:
    return Mark.objects.filter(user_id=actor.user_id or NOBODY, **wanted).values("item_id")


def _flag(condition: Q) -> Combinable:
    # Never unknown: a missing deadline is not overdue.
    return Case(When(condition, then=Value(True)), default=Value(False), output_field=BooleanField())
