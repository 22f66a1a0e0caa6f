"""Shapes of messages and their wordings."""

from datetime import time
from typing import Any

from rest_framework import serializers

from apps.core.api.fields import ClockTimeField, UtcDateTimeField
from apps.messaging.choices import MailWay, MessageStatus
from apps.messaging.ways import kind_of


class MessageShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    key = serializers.CharField()
    to = serializers.CharField(source="to_email")
    to_name = serializers.CharField()
    subject = serializers.SerializerMethodField()
    status = serializers.ChoiceField(MessageStatus.choices)
    attempts = serializers.IntegerField()
    error = serializers.CharField()
    run_id = serializers.UUIDField(allow_null=True)
    visit = serializers.CharField()
    created_at = UtcDateTimeField()
    sent_at = UtcDateTimeField(allow_null=True)

    def get_subject(self, message: Any) -> str:
        return "" if message.sensitive else str(message.subject)


class MessageDetail(MessageShape):
    text = serializers.SerializerMethodField(
        help_text="Empty for a message with a secret, such as a sign-in code."
    )

    def get_text(self, message: Any) -> str:
        return "" if message.sensitive else str(message.text)


class MessageFilters(serializers.Serializer[Any]):
    status = serializers.ChoiceField(MessageStatus.choices, required=False)
    key = serializers.CharField(max_length=80, required=False)
    run_id = serializers.UUIDField(required=False)


class ResendReason(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=400, required=False, default="", allow_blank=True)


class WordingShape(serializers.Serializer[Any]):
    key = serializers.CharField()
    version = serializers.IntegerField(help_text="0: the wording that comes built in.")
    subject = serializers.CharField()
    body = serializers.CharField()
    action_label = serializers.CharField()
    action_path = serializers.CharField()


class Wordings(serializers.Serializer[Any]):
    results = WordingShape(many=True)


class NewWording(serializers.Serializer[Any]):
    subject = serializers.CharField(max_length=200)
    body = serializers.CharField(max_length=20_000)
    action_label = serializers.CharField(max_length=80, required=False, default="", allow_blank=True)
    action_path = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)


class NoticeShape(serializers.Serializer[Any]):
    """One thing you were told."""

    id = serializers.UUIDField()
    key = serializers.CharField()
    kind = serializers.SerializerMethodField()
    title = serializers.CharField(source="subject")
    path = serializers.CharField(help_text="Where it leads on this host.")
    run_id = serializers.UUIDField(allow_null=True)
    mail = serializers.CharField(source="status", help_text="What became of its mail.")
    chat = serializers.CharField()
    read_at = UtcDateTimeField(allow_null=True)
    created_at = UtcDateTimeField()

    def get_kind(self, message: Any) -> str:
        return kind_of(message.key).value


class NoticeFilters(serializers.Serializer[Any]):
    unread = serializers.BooleanField(required=False, default=False)


class ReadNotices(serializers.Serializer[Any]):
    notices = serializers.ListField(
        child=serializers.UUIDField(),
        required=False,
        allow_null=True,
        default=None,
        max_length=100,
        help_text="Ids; all of them unless given.",
    )


class NoticesRead(serializers.Serializer[Any]):
    count = serializers.IntegerField()


class WayShape(serializers.Serializer[Any]):
    mail = serializers.ChoiceField(MailWay.choices, required=False, default=MailWay.NOW)
    chat = serializers.BooleanField(required=False, default=False)


class PreferencesShape(serializers.Serializer[Any]):
    zone = serializers.CharField(
        max_length=64, required=False, default="", allow_blank=True, help_text="The workspace's if empty."
    )
    quiet_from = ClockTimeField(required=False, allow_null=True, default=None)
    quiet_to = ClockTimeField(required=False, allow_null=True, default=None)
    digest_at = ClockTimeField(required=False, default=time(8))
    ways = serializers.DictField(
        child=WayShape(),
        required=False,
        default=dict,
        help_text="By kind of notice: asked, reminded, stopped, reviewed, other.",
    )
