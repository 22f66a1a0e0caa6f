"""Shapes of absences: who is away, who decides meanwhile, and calendars they are taken from."""

from datetime import date, datetime
from typing import Any

from django.utils.dateparse import parse_date, parse_datetime
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.accounts.policies import may
from apps.approvals.choices import DelegationSource
from apps.approvals.models import AbsenceFeed, Delegation
from apps.approvals.selectors.delegations import state_of
from apps.core.api.fields import MoneyField, UtcDateTimeField
from apps.core.money import Money
from apps.workflows.engine.ics import MAX_TEXT

STATES = ("planned", "active", "over", "withdrawn")
Shape = serializers.Serializer[Any]


@extend_schema_field({"type": "string", "examples": ["2026-12-24", "2026-12-24T12:00:00Z"]})
class DayOrTimeField(serializers.Field):  # type: ignore[type-arg]
    """A date, or a time; without a zone it is meant in the zone of the person concerned."""

    default_error_messages = {
        "unreadable": "Send a date such as 2026-12-24, or a time such as 2026-12-24T12:00:00Z."
    }

    def to_internal_value(self, data: Any) -> date | datetime:
        try:
            found = data if isinstance(data, str) else ""
            read = parse_date(found) if len(found) <= 10 else parse_datetime(found)
        except ValueError:
            read = None
        if read is None:
            self.fail("unreadable")
        return read

    def to_representation(self, value: Any) -> Any:
        return value.isoformat()


class PersonOut(Shape):
    id = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]


class DelegationOut(serializers.Serializer[Delegation]):
    """Somebody is away, and who decides for him meanwhile (null: nobody)."""

    id = serializers.UUIDField()
    user = PersonOut(source="giver")
    deputy = PersonOut(source="taker", allow_null=True)
    begins_at = UtcDateTimeField()
    ends_at = UtcDateTimeField(allow_null=True, help_text="null: until further notice.")
    zone = serializers.CharField(help_text="The time zone the times were given in.")
    policies = serializers.ListField(child=serializers.CharField(), help_text="None: all policies.")
    limit = serializers.SerializerMethodField(help_text="The amount up to which it holds; null: any.")
    reason = serializers.SerializerMethodField(help_text="Empty for whom it does not concern.")
    source = serializers.ChoiceField(DelegationSource.choices)  # type: ignore[assignment]
    made_by = serializers.CharField()
    state = serializers.SerializerMethodField()
    withdrawn_at = UtcDateTimeField(allow_null=True)

    def get_limit(self, row: Delegation) -> MoneyField(allow_null=True):  # type: ignore[valid-type]
        if row.limit_amount is None:
            return None
        return Money(row.limit_amount, row.limit_currency).to_json()

    def get_reason(self, row: Delegation) -> str:
        actor = self.context.get("actor")
        if actor is None or actor.user_id == str(row.giver_id) or may(actor, "delegations:manage"):
            return row.reason
        return ""

    def get_state(self, row: Delegation) -> serializers.ChoiceField(STATES):  # type: ignore[valid-type]
        return state_of(row)


class DelegationQuery(Shape):
    user_id = serializers.UUIDField(required=False, help_text="Who is away.")
    when = serializers.ChoiceField(("active", "planned", "over"), required=False)


class NewDelegation(Shape):
    user_id = serializers.UUIDField(
        required=False, allow_null=True, help_text="Who is away; yourself unless given."
    )
    deputy_id = serializers.UUIDField(
        required=False, allow_null=True, help_text="Who decides meanwhile; null: nobody does."
    )
    begins_at = DayOrTimeField(help_text="In the person's time zone, unless it says otherwise.")
    ends_at = DayOrTimeField(
        required=False,
        allow_null=True,
        default=None,
        help_text="A date is included; null: until further notice.",
    )
    policies = serializers.ListField(
        child=serializers.SlugField(max_length=80), required=False, default=list, max_length=50
    )
    limit = MoneyField(required=False, allow_null=True, default=None)
    reason = serializers.CharField(max_length=400, required=False, default="", allow_blank=True)


class WithdrawalIn(Shape):
    reason = serializers.CharField(max_length=400, required=False, default="", allow_blank=True)


class FeedOut(serializers.Serializer[AbsenceFeed]):
    """A calendar from which somebody's absences are taken."""

    id = serializers.UUIDField()
    user = PersonOut()
    deputy = PersonOut(source="taker", allow_null=True)
    host = serializers.CharField(help_text="Where it is read from, once a day; empty: a file that was sent.")
    keyword = serializers.CharField()
    read_at = UtcDateTimeField(allow_null=True)
    problem = serializers.CharField(help_text="Why not all of it could be taken over; empty if it could.")


class NewFeed(Shape):
    user_id = serializers.UUIDField(
        required=False, allow_null=True, help_text="Whose calendar; yours unless given."
    )
    deputy_id = serializers.UUIDField(required=False, allow_null=True)
    url = serializers.CharField(
        max_length=2000, required=False, default="", help_text="https or webcal address of an iCalendar file."
    )
    text = serializers.CharField(
        max_length=MAX_TEXT,
        required=False,
        default="",
        trim_whitespace=False,
        help_text="Or the file itself.",
    )
    keyword = serializers.CharField(
        max_length=80, required=False, default="", help_text="Only entries whose title holds this word count."
    )
