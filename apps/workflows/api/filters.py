"""Query parameters of the lists."""

from typing import Any

from rest_framework import serializers

from apps.accounts.choices import Role
from apps.workflows.choices import CaseStatus, RunStatus, TaskStatus


class RunFilters(serializers.Serializer[Any]):
    status = serializers.ChoiceField(RunStatus.choices, required=False)
    template = serializers.SlugField(max_length=80, required=False, help_text="Key of the workflow template.")
    subject = serializers.CharField(max_length=120, required=False, help_text="What it is about: noun/id.")


class TaskFilters(serializers.Serializer[Any]):
    status = serializers.ChoiceField(TaskStatus.choices, required=False)
    assignee_role = serializers.ChoiceField(Role.choices, required=False)
    run = serializers.UUIDField(required=False)


class ExceptionFilters(serializers.Serializer[Any]):
    status = serializers.ChoiceField(CaseStatus.choices, required=False)
    owner_role = serializers.ChoiceField(Role.choices, required=False)
    run = serializers.UUIDField(required=False)
    code = serializers.CharField(max_length=80, required=False)
