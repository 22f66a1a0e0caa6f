"""Query parameters of the lists."""

from typing import Any

from rest_framework import serializers

from apps.accounts.choices import Role
from apps.workflows.choices import BulkItemState, BulkStatus, CaseStatus, PauseScope, RunStatus, TaskStatus


class _Where(serializers.Serializer[Any]):
    template = serializers.SlugField(max_length=80, required=False, help_text="Key of the workflow template.")
    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1, required=False)
    step = serializers.CharField(max_length=80, required=False, help_text="Id of a step it is at.")
    code = serializers.CharField(max_length=80, required=False, help_text="Code of an open exception.")
    connection = serializers.UUIDField(required=False, help_text="It waits for a call through this one.")
    older_than = serializers.CharField(
        max_length=40, required=False, help_text="An ISO 8601 duration, such as P2D."
    )
    search = serializers.CharField(max_length=120, required=False, help_text="Words of its name.")
    subject = serializers.CharField(max_length=120, required=False, help_text="What it is about: noun/id.")


class RunFilters(_Where):
    status = serializers.ChoiceField(RunStatus.choices, required=False)


class RankingFilters(serializers.Serializer[Any]):
    days = serializers.IntegerField(min_value=1, max_value=730, required=False, default=90)


class DifferenceFilters(serializers.Serializer[Any]):
    against = serializers.IntegerField(
        min_value=1,
        max_value=2**31 - 1,
        required=False,
        help_text="Number of the version to compare with; the one in use unless given.",
    )


class TaskFilters(serializers.Serializer[Any]):
    status = serializers.ChoiceField(TaskStatus.choices, required=False)
    assignee_role = serializers.ChoiceField(Role.choices, required=False)
    run = serializers.UUIDField(required=False)


class ExceptionFilters(_Where):
    status = serializers.ChoiceField(CaseStatus.choices, required=False)
    owner_role = serializers.ChoiceField(Role.choices, required=False)
    run = serializers.UUIDField(required=False)
    slot = serializers.CharField(max_length=80, required=False, help_text="Slot of the system that failed.")


class BulkFilters(serializers.Serializer[Any]):
    status = serializers.ChoiceField(BulkStatus.choices, required=False)
    command = serializers.CharField(max_length=40, required=False)


class BulkItemFilters(serializers.Serializer[Any]):
    state = serializers.ChoiceField(BulkItemState.choices, required=False)


class PauseFilters(serializers.Serializer[Any]):
    scope = serializers.ChoiceField(PauseScope.choices, required=False)
    key = serializers.CharField(max_length=120, required=False)
    open = serializers.BooleanField(
        required=False, allow_null=True, default=None, help_text="Whether it still holds."
    )
