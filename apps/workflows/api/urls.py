"""Addresses of workflows in the API."""

from django.urls import path

from apps.workflows.api.views import bulk, cases, drafts, proof, runs, templates

_VERSION = "workflow-templates/<slug:key>/versions/<int:number>"

urlpatterns = [
    path("workflow-templates", templates.Templates.as_view()),
    path("workflow-templates/schema", templates.TemplateSchema.as_view()),
    path("workflow-templates/check", templates.TemplateCheck.as_view()),
    path("workflow-templates/catalogue", drafts.Catalogue.as_view()),
    path("workflow-templates/<slug:key>", templates.Template.as_view()),
    path("workflow-templates/<slug:key>/versions", templates.Versions.as_view()),
    path("workflow-templates/<slug:key>/draft", drafts.OneDraft.as_view()),
    path("workflow-templates/<slug:key>/draft/merge", drafts.DraftMerge.as_view()),
    path("workflow-templates/<slug:key>/draft/presence", drafts.DraftPresence.as_view()),
    path("workflow-templates/<slug:key>/draft/evaluate", drafts.DraftEvaluate.as_view()),
    path(_VERSION, templates.Version.as_view()),
    path(f"{_VERSION}/publish", templates.VersionPublish.as_view()),
    path(f"{_VERSION}/tests", proof.VersionTests.as_view()),
    path(f"{_VERSION}/tests/run", proof.VersionTestsRun.as_view()),
    path(f"{_VERSION}/retire", templates.VersionRetire.as_view()),
    path("runs", runs.Runs.as_view()),
    path("runs/<uuid:run_id>", runs.OneRun.as_view()),
    path("runs/<uuid:run_id>/history", runs.RunHistory.as_view()),
    path("runs/<uuid:run_id>/cancel", runs.RunCancel.as_view()),
    path("runs/<uuid:run_id>/roll-back", runs.RunRollBack.as_view()),
    path("user-tasks", cases.UserTasks.as_view()),
    path("user-tasks/<uuid:task_id>", cases.OneUserTask.as_view()),
    path("user-tasks/<uuid:task_id>/complete", cases.UserTaskComplete.as_view()),
    path("exceptions", cases.Exceptions.as_view()),
    path("exceptions/<uuid:case_id>", cases.OneException.as_view()),
    path("exceptions/<uuid:case_id>/retry", cases.ExceptionRetry.as_view()),
    path("exceptions/<uuid:case_id>/edit-and-retry", cases.ExceptionEditAndRetry.as_view()),
    path("exceptions/<uuid:case_id>/skip", cases.ExceptionSkip.as_view()),
    path("exceptions/<uuid:case_id>/roll-back", cases.ExceptionRollBack.as_view()),
    path("exceptions/<uuid:case_id>/dismiss", cases.ExceptionDismiss.as_view()),
    path("bulk-commands", bulk.BulkCommands.as_view()),
    path("bulk-operations", bulk.BulkOperations.as_view()),
    path("bulk-operations/<uuid:operation_id>", bulk.OneBulkOperation.as_view()),
    path("bulk-operations/<uuid:operation_id>/items", bulk.BulkItems.as_view()),
    path("bulk-operations/<uuid:operation_id>/start", bulk.BulkStart.as_view()),
    path("bulk-operations/<uuid:operation_id>/suspend", bulk.BulkSuspend.as_view()),
    path("bulk-operations/<uuid:operation_id>/resume", bulk.BulkResume.as_view()),
    path("bulk-operations/<uuid:operation_id>/cancel", bulk.BulkCancel.as_view()),
]
