"""Shapes of workflows in the API."""

from typing import Any

from rest_framework import serializers

from apps.core.api.fields import ObjectField, UtcDateTimeField
from apps.workflows.choices import (
    CaseStatus,
    ReviewCapacity,
    ReviewMode,
    ReviewVerdict,
    RunStatus,
    StepStatus,
    TaskStatus,
    VersionStatus,
)
from apps.workflows.engine.simulation.cases import MAX_TEXT
from apps.workflows.models import WorkflowTemplate
from apps.workflows.selectors.templates import draft_of, published_of

Shape = serializers.Serializer[Any]


class DraftIn(Shape):
    source = serializers.CharField(  # type: ignore[assignment]
        max_length=256 * 1024, trim_whitespace=False, help_text="The template as YAML or JSON."
    )
    tests = serializers.CharField(
        max_length=MAX_TEXT,
        trim_whitespace=False,
        required=False,
        allow_blank=True,
        help_text="Its test cases as YAML; left out, they stay as they are.",
    )


class PublishIn(Shape):
    reason = serializers.CharField(
        max_length=4000,
        required=False,
        default="",
        allow_blank=True,
        help_text="Why; needed where there are warnings, and kept with the version.",
    )


class CommentIn(Shape):
    comment = serializers.CharField(max_length=4000, required=False, default="", allow_blank=True)


class NeededCommentIn(Shape):
    comment = serializers.CharField(max_length=4000)


class ReviewOut(Shape):
    """One word on a version: handed in, agreed to, asked for changes, taken back."""

    round = serializers.IntegerField(help_text="How often the version had been handed in.")
    verdict = serializers.ChoiceField(ReviewVerdict.choices)
    capacity = serializers.ChoiceField(ReviewCapacity.choices)
    by = serializers.CharField(source="user_label")
    comment = serializers.CharField()
    source_hash = serializers.CharField(help_text="SHA-256 of the text that was looked at.")
    created_at = UtcDateTimeField()


class FieldChangeOut(Shape):
    """One field that differs; ``words`` tells it in a clause."""

    path = serializers.CharField()
    change = serializers.ChoiceField(["added", "removed", "changed"])
    before = serializers.JSONField(allow_null=True)
    after = serializers.JSONField(allow_null=True)
    words = serializers.CharField()


class StepChangeOut(Shape):
    """One step that was added, removed, moved or changed."""

    step = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.CharField()
    changes = serializers.ListField(child=serializers.CharField())
    place = serializers.CharField()
    was_at = serializers.CharField()
    words = serializers.CharField()
    fields = FieldChangeOut(many=True)  # type: ignore[assignment]


class DifferenceOut(Shape):
    """What differs from one version to another."""

    before = serializers.IntegerField()
    after = serializers.IntegerField()
    summary = serializers.CharField()
    head = FieldChangeOut(many=True)
    steps = StepChangeOut(many=True)
    parts = serializers.DictField(child=FieldChangeOut(many=True), help_text="By kind of part.")
    tests_changed = serializers.BooleanField()
    text = serializers.ListField(child=serializers.CharField(), help_text="Lines of a unified difference.")


class WorkflowSettingsShape(Shape):
    """Which templates need four eyes before they are published."""

    review_mode = serializers.ChoiceField(ReviewMode.choices)


class VersionOut(Shape):
    """One version of a template."""

    template = serializers.CharField(source="template.key")
    number = serializers.IntegerField()
    status = serializers.ChoiceField(VersionStatus.choices)
    trigger_event = serializers.CharField(help_text="Type of the event that starts runs; empty for none.")
    digest = serializers.CharField(help_text="SHA-256 of the published definition.")
    created_at = UtcDateTimeField()
    published_at = UtcDateTimeField(allow_null=True)
    published_by = serializers.CharField()
    publish_reason = serializers.CharField(help_text="What was said to its warnings.")


class RollBackOut(VersionOut):
    """A version that is in use again; ``migration`` is the dry run over the runs of the version before, if asked for.

    It moves nothing until ``POST /workflow-templates/{key}/migrations/{migration}/start``; null where no run was under way.
    """

    migration = serializers.UUIDField(allow_null=True)


class VersionDetailOut(VersionOut):
    """A version with its text and everything it holds."""

    source = serializers.CharField()  # type: ignore[assignment]
    tests = serializers.CharField(help_text="Its test cases as YAML.")
    parts = ObjectField(
        help_text="Copies of the policies, messages and mappings its runs use, by kind and key."
    )
    accepted_warnings = serializers.ListField(child=ObjectField())
    authors = serializers.ListField(child=ObjectField())


class TemplateOut(Shape):
    """A workflow template; the numbers of its published version and its draft are null where there is none."""

    key = serializers.CharField()
    name = serializers.CharField()
    family = serializers.CharField()
    published_version = serializers.SerializerMethodField()
    draft_version = serializers.SerializerMethodField()
    trigger_event = serializers.SerializerMethodField()
    created_at = UtcDateTimeField()

    def get_published_version(self, template: WorkflowTemplate) -> int | None:
        version = published_of(template)
        return version.number if version else None

    def get_draft_version(self, template: WorkflowTemplate) -> int | None:
        version = draft_of(template)
        return version.number if version else None

    def get_trigger_event(self, template: WorkflowTemplate) -> str:
        version = published_of(template)
        return version.trigger_event if version else ""


class TemplateDetailOut(TemplateOut):
    """A workflow template with its versions, the newest first."""

    versions = VersionOut(many=True)


class TemplateProblemOut(Shape):
    """Something wrong (``error``) or doubtful (``warning``) about a template."""

    code = serializers.CharField()
    message = serializers.CharField()
    path = serializers.CharField(help_text="Where: steps[3].branches[0][1].policy")
    line = serializers.IntegerField(help_text="Counts from 1; 0 where there is none.")
    column = serializers.IntegerField()
    remedy = serializers.CharField()
    severity = serializers.ChoiceField(["error", "warning"])


class CheckOut(Shape):
    """Whether the text could be published, and everything found."""

    valid = serializers.BooleanField()
    problems = TemplateProblemOut(many=True)


class StepOut(Shape):
    """One visit of a step."""

    visit = serializers.CharField()
    step = serializers.CharField()
    kind = serializers.CharField()
    name = serializers.CharField()
    status = serializers.ChoiceField(StepStatus.choices)
    waiting_on = serializers.CharField()
    epoch = serializers.IntegerField()
    attempt = serializers.IntegerField()
    started_at = UtcDateTimeField()
    ended_at = UtcDateTimeField(allow_null=True)
    due_at = UtcDateTimeField(allow_null=True)


class RunOut(Shape):
    """One execution of a template."""

    id = serializers.UUIDField()
    template = serializers.CharField(source="template_key")
    version = serializers.IntegerField(source="template_version.number")
    name = serializers.CharField()
    subject = serializers.CharField()
    status = serializers.ChoiceField(RunStatus.choices)
    outcome = serializers.CharField()
    open_exceptions = serializers.IntegerField()
    started_by = ObjectField()
    parent = serializers.UUIDField(source="parent_id", allow_null=True)  # type: ignore[assignment]
    replay_of = serializers.UUIDField(source="replay_of_id", allow_null=True)
    replay_from = serializers.CharField(help_text="The step from which it repeats the other run.")
    paused_by = serializers.ListField(
        child=serializers.CharField(), help_text="What holds it: run, template, tenant."
    )
    created_at = UtcDateTimeField()
    finished_at = UtcDateTimeField(allow_null=True)


class RunDetailOut(RunOut):
    """A run with its input and every step it has reached."""

    input = serializers.SerializerMethodField()
    outputs = serializers.SerializerMethodField()
    steps = StepOut(many=True)

    def get_input(self, run: Any) -> dict[str, Any]:
        return dict(run.start.get("input", {}))

    def get_outputs(self, run: Any) -> dict[str, Any]:
        return dict(run.state.get("outputs", {}))


class RunIn(Shape):
    template = serializers.SlugField(max_length=80)
    input = ObjectField()
    subject = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")
    name = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class HistoryOut(Shape):
    """One fact about a run."""

    seq = serializers.IntegerField()
    kind = serializers.CharField()
    visit = serializers.CharField(allow_null=True)
    at = UtcDateTimeField()
    data = ObjectField()  # type: ignore[assignment]


class ReasonIn(Shape):
    reason = serializers.CharField(max_length=2000)


class RollBackIn(ReasonIn):
    running = serializers.ChoiceField(
        ["leave", "migrate"],
        default="leave",
        help_text="Whether runs under way stay on the version that was in use, or are looked at to be migrated, too.",
    )


class TaskOut(Shape):
    """Work for a person; ``form`` is the JSON Schema of what completes it."""

    id = serializers.UUIDField()
    run = serializers.UUIDField(source="run_id")
    visit = serializers.CharField()
    title = serializers.CharField()
    status = serializers.ChoiceField(TaskStatus.choices)
    assignee_role = serializers.CharField()
    assignee_user = serializers.CharField()
    form = ObjectField()
    show = ObjectField()
    prefill = ObjectField()
    is_assisted = serializers.BooleanField(help_text="Whether an assistant may propose the answer.")
    output = ObjectField()
    due_at = UtcDateTimeField(allow_null=True)
    completed_by = serializers.CharField()
    completed_at = UtcDateTimeField(allow_null=True)
    created_at = UtcDateTimeField()


class TaskAnswerIn(Shape):
    output = ObjectField()


class ExceptionOut(Shape):
    """Something that needs a person; ``run`` is null where it stopped no run."""

    id = serializers.UUIDField()
    run = serializers.UUIDField(source="run_id", allow_null=True)
    visit = serializers.CharField()
    subject = serializers.CharField()
    title = serializers.CharField()
    code = serializers.CharField()
    message = serializers.CharField()
    owner_role = serializers.CharField()
    owner_user = serializers.CharField()
    status = serializers.ChoiceField(CaseStatus.choices)
    resolved_how = serializers.CharField()
    resolved_at = UtcDateTimeField(allow_null=True)
    created_at = UtcDateTimeField()


class ExceptionDetailOut(ExceptionOut):
    """An exception with what is known about it; ``payload`` is what can be edited before a retry."""

    details = ObjectField()
    payload = ObjectField(allow_null=True)


class RetryIn(Shape):
    reason = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")


class EditAndRetryIn(RetryIn):
    payload = ObjectField()


class SkipIn(ReasonIn):
    output = ObjectField(required=False)
