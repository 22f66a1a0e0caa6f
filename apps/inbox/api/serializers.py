"""Shapes of the inbox."""

from typing import Any

from rest_framework import serializers

from apps.core.api.fields import MoneyField, ObjectField, UtcDateTimeField
from apps.inbox.choices import Grouping, ItemKind, Show
from apps.inbox.types import Entry


class EntryShape(serializers.Serializer[Any]):
    """One thing that waits."""

    kind = serializers.ChoiceField(ItemKind.choices)
    id = serializers.UUIDField(help_text="Of the approval, the user task or the exception.")
    title = serializers.CharField()
    about = serializers.CharField()
    requested_by = serializers.CharField(source="asked_by")
    waits_for_you_as = serializers.CharField(source="asks_as", help_text="Stage, role or owner.")
    customer = serializers.CharField()
    template = serializers.CharField()
    run_id = serializers.UUIDField(allow_null=True)
    amount = serializers.SerializerMethodField()
    since = UtcDateTimeField()
    due_at = UtcDateTimeField(allow_null=True)
    urgent_at = UtcDateTimeField(help_text="What the list is sorted by: see docs/inbox.md.")
    is_unread = serializers.BooleanField()
    snoozed_until = UtcDateTimeField(allow_null=True)
    group = serializers.CharField(help_text="Key of the group the entry belongs to, if grouped.")
    show_hash = serializers.CharField(help_text="Of what a decision is about; send it with the decision.")

    def get_amount(self, entry: Entry) -> MoneyField(allow_null=True):  # type: ignore[valid-type]
        return entry.amount.to_json() if entry.amount else None


class InboxFilters(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(ItemKind.choices, required=False)
    show = serializers.ChoiceField(
        [choice for choice in Show.choices if choice[0]],
        required=False,
        help_text="What waits, unless given.",
    )
    search = serializers.CharField(max_length=120, required=False)
    customer = serializers.CharField(max_length=120, required=False)
    template = serializers.CharField(max_length=80, required=False)
    group = serializers.ChoiceField([choice for choice in Grouping.choices if choice[0]], required=False)


class KindCountShape(serializers.Serializer[Any]):
    waiting = serializers.IntegerField()
    snoozed = serializers.IntegerField()
    unread = serializers.IntegerField()
    overdue = serializers.IntegerField()
    oldest = UtcDateTimeField(allow_null=True)


class CountsShape(serializers.Serializer[Any]):
    decision = KindCountShape()
    task = KindCountShape()
    exception = KindCountShape()
    all = KindCountShape()


_ITEMS = "Ids of approvals, user tasks and exceptions that wait for you."


class ReadItems(serializers.Serializer[Any]):
    items = serializers.ListField(
        child=serializers.UUIDField(), min_length=1, max_length=100, help_text=_ITEMS
    )
    read = serializers.BooleanField(required=False, default=True)


class SnoozeItems(serializers.Serializer[Any]):
    items = serializers.ListField(
        child=serializers.UUIDField(), min_length=1, max_length=100, help_text=_ITEMS
    )
    until = UtcDateTimeField(help_text="What becomes overdue before comes back then.")


class WakeItems(serializers.Serializer[Any]):
    items = serializers.ListField(
        child=serializers.UUIDField(), min_length=1, max_length=100, help_text=_ITEMS
    )


class Touched(serializers.Serializer[Any]):
    count = serializers.IntegerField(help_text="How many of the items this was done to.")


class FilterShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    query = ObjectField()


class NewFilter(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=60)
    query = InboxFilters()


class LoadShape(serializers.Serializer[Any]):
    """What one approver holds."""

    user_id = serializers.UUIDField()
    label = serializers.CharField()  # type: ignore[assignment]
    waiting = serializers.IntegerField()
    overdue = serializers.IntegerField()
    oldest = UtcDateTimeField()
    median_since = UtcDateTimeField()


class Loads(serializers.Serializer[Any]):
    results = LoadShape(many=True)


class FeedShape(serializers.Serializer[Any]):
    url = serializers.CharField(help_text="Shown this once: whoever knows it reads your due dates.")
