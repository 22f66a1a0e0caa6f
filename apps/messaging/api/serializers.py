"""Shapes of messages and their wordings."""

from typing import Any

from rest_framework import serializers

from apps.core.api.fields import UtcDateTimeField
from apps.messaging.choices import MessageStatus


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
