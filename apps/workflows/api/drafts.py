"""Shapes of drafts and their editing in the API."""

from typing import Any

from rest_framework import serializers

from apps.core.api.fields import ObjectField, UtcDateTimeField

Shape = serializers.Serializer[Any]
MAX_TEXT = 256 * 1024
_CHOICES = serializers.ChoiceField(["mine", "theirs"])


def _text(**more: Any) -> serializers.CharField:
    return serializers.CharField(max_length=MAX_TEXT, trim_whitespace=False, **more)


class DraftOut(Shape):
    """The text an author edits; ``number`` is 0 while there is no draft, and the text is that of the version in use."""

    template = serializers.CharField()
    name = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]
    number = serializers.IntegerField()
    version = serializers.IntegerField(help_text="Grows with every save; also the ETag.")
    based_on = serializers.IntegerField(allow_null=True, help_text="Number of the published version.")
    in_review = serializers.IntegerField(
        allow_null=True,
        help_text="Number of the version under review; until that is over nothing can be saved.",
    )


class EditedOut(DraftOut):
    """The draft after a save."""

    merged = serializers.BooleanField(help_text="Whether what others saved meanwhile is in it, too.")
    keeps_comments = serializers.BooleanField()


class EditIn(Shape):
    source = _text(help_text="The template as YAML or JSON.")  # type: ignore[assignment]
    base = _text(
        required=False, help_text="The text this one was made from; what others changed since is merged in."
    )
    choices = serializers.DictField(
        child=_CHOICES, required=False, help_text="Settles conflicts: `mine` or `theirs` by their id."
    )


class MergeIn(Shape):
    base = _text()
    source = _text()  # type: ignore[assignment]
    theirs = _text()


class MergeOut(Shape):
    source = serializers.CharField()  # type: ignore[assignment]
    conflicts = serializers.ListField(child=ObjectField())
    keeps_comments = serializers.BooleanField()


class PresenceIn(Shape):
    window = serializers.RegexField("^[A-Za-z0-9-]{1,40}$", help_text="A name the page makes for itself.")
    step = serializers.CharField(max_length=80, required=False, default="", allow_blank=True)
    leaving = serializers.BooleanField(required=False, default=False)


class EditorOut(Shape):
    name = serializers.CharField()
    step = serializers.CharField()
    is_you = serializers.BooleanField()
    seen_at = UtcDateTimeField()


class PresenceOut(Shape):
    """Who edits now, and the version the draft has."""

    version = serializers.IntegerField()
    editors = EditorOut(many=True)


class EvaluateIn(Shape):
    expression = serializers.CharField(max_length=4000, help_text="CEL, without the leading `=`.")
    run = serializers.UUIDField(required=False, help_text="A run of this template to take the values from.")
    input = ObjectField(required=False, help_text="Without a run: the input to take the values from.")


class EvaluateOut(Shape):
    """The value, or what is wrong with the expression here: message, code, line and column."""

    value = serializers.JSONField(help_text="Any JSON; null with an error.")
    error = ObjectField(allow_null=True)


class CatalogueOut(Shape):
    """What templates of this tenant may refer to; each part a list of names with label, description and schema."""

    kinds = serializers.ListField(child=serializers.CharField())
    policies = serializers.ListField(child=ObjectField(), allow_null=True)
    messages = serializers.ListField(child=ObjectField(), allow_null=True)
    connectors = serializers.ListField(child=ObjectField(), allow_null=True)
    slots = serializers.ListField(child=ObjectField(), allow_null=True)
    operations = serializers.DictField(child=serializers.ListField(child=ObjectField()))
    internal_operations = serializers.ListField(child=ObjectField())
    queries = serializers.ListField(child=ObjectField())
    event_types = serializers.ListField(child=ObjectField())
    templates = serializers.ListField(child=ObjectField())
    roles = serializers.ListField(child=ObjectField())
    functions = serializers.ListField(child=serializers.CharField())
