"""Addresses of the portal, on a tenant's host."""

from django.urls import path

from apps.portal import proof_urls
from apps.portal.views import (
    approvals,
    bulk,
    editor,
    event,
    evidence,
    exceptions,
    inbox,
    pauses,
    projects,
    records,
    run,
    runs,
    tasks,
    template_diagrams,
    template_places,
    template_running,
    template_versions,
    templates,
)
from apps.portal.views.settings import calendars, connections, hooks, overview, people, schedules, webhooks

app_name = "portal"
urlpatterns = [
    path("", inbox.InboxPage.as_view(), name="inbox"),
    path("approvals/<uuid:request_id>/", approvals.ApprovalPage.as_view(), name="approval"),
    path("approvals/<uuid:request_id>/evidence/", evidence.EvidencePage.as_view(), name="evidence"),
    path(
        "approvals/<uuid:request_id>/evidence/packet.zip",
        evidence.EvidenceFilePage.as_view(),
        name="evidence_file",
    ),
    path("tasks/<uuid:task_id>/", tasks.TaskPage.as_view(), name="task"),
    path("runs/", runs.RunsPage.as_view(), name="runs"),
    path("runs/<uuid:run_id>/", run.RunPage.as_view(), name="run"),
    path("bulk/", bulk.BulkOperationsPage.as_view(), name="bulk_operations"),
    path("bulk/<uuid:operation_id>/", bulk.BulkOperationPage.as_view(), name="bulk_operation"),
    path("bulk/<uuid:operation_id>/export.csv", bulk.BulkExportPage.as_view(), name="bulk_export"),
    path("pauses/", pauses.PausesPage.as_view(), name="pauses"),
    path("exceptions/", exceptions.ExceptionsPage.as_view(), name="exceptions"),
    path("exceptions/<uuid:case_id>/", exceptions.ExceptionPage.as_view(), name="exception"),
    path("projects/", projects.ProjectsPage.as_view(), name="projects"),
    path("projects/<uuid:project_id>/", projects.ProjectPage.as_view(), name="project"),
    path(
        "milestones/<uuid:milestone_id>/complete/",
        projects.MilestoneCompletePage.as_view(),
        name="milestone_complete",
    ),
    path("documents/<uuid:document_id>/", projects.DocumentPage.as_view(), name="document"),
    path("new-template/", editor.NewTemplatePage.as_view(), name="template_new"),
    path("templates/", templates.TemplatesPage.as_view(), name="templates"),
    path("template-import/", template_places.TemplateImportPage.as_view(), name="template_import"),
    path("template-import/bpmn/", template_diagrams.DiagramImportPage.as_view(), name="template_import_bpmn"),
    path(
        "templates/<slug:key>/versions/<int:number>/bpmn/",
        template_diagrams.DiagramFilePage.as_view(),
        name="template_bpmn",
    ),
    path("template-ranking/", template_places.RankingPage.as_view(), name="template_ranking"),
    path(
        "templates/<slug:key>/versions/<int:number>/export/",
        template_places.VersionExportPage.as_view(),
        name="template_export",
    ),
    path("template-checks/", template_versions.ChecksPage.as_view(), name="template_checks"),
    path("templates/<slug:key>/", templates.TemplatePage.as_view(), name="template"),
    path(
        "templates/<slug:key>/running/", template_running.RunningWorkPage.as_view(), name="template_running"
    ),
    path(
        "templates/<slug:key>/running/<uuid:migration_id>/",
        template_running.MigrationPage.as_view(),
        name="template_migration",
    ),
    path(
        "templates/<slug:key>/versions/", template_versions.VersionsPage.as_view(), name="template_versions"
    ),
    path(
        "templates/<slug:key>/versions/<int:number>/",
        template_versions.VersionPage.as_view(),
        name="template_version",
    ),
    path("templates/<slug:key>/edit/", editor.TemplateEditPage.as_view(), name="template_edit"),
    *proof_urls.urlpatterns,
    path("events/", records.EventsPage.as_view(), name="events"),
    path("events/<uuid:event_id>/", event.EventPage.as_view(), name="event"),
    path("audit/", records.AuditPage.as_view(), name="audit"),
    path("settings/", overview.OverviewPage.as_view(), name="settings"),
    path("settings/connections/", connections.ConnectionsPage.as_view(), name="connections"),
    path(
        "settings/connections/<uuid:connection_id>/",
        connections.ConnectionCommandPage.as_view(),
        name="connection_command",
    ),
    path("settings/calendars/", calendars.CalendarsPage.as_view(), name="calendars"),
    path("settings/calendars/new/", calendars.CalendarPage.as_view(), name="calendar_new"),
    path("settings/calendars/of/<slug:key>/", calendars.CalendarPage.as_view(), name="calendar"),
    path("settings/schedules/", schedules.SchedulesPage.as_view(), name="schedules"),
    path("settings/schedules/new/", schedules.SchedulePage.as_view(), name="schedule_new"),
    path("settings/schedules/of/<slug:key>/", schedules.SchedulePage.as_view(), name="schedule"),
    path("settings/hooks/", hooks.HooksPage.as_view(), name="hooks"),
    path("settings/hooks/<uuid:hook_id>/", hooks.HookPage.as_view(), name="hook"),
    path(
        "settings/hooks/<uuid:hook_id>/messages/<uuid:event_id>/",
        hooks.InboundEventPage.as_view(),
        name="inbound_event",
    ),
    path("settings/webhooks/", webhooks.WebhooksPage.as_view(), name="webhooks"),
    path("settings/webhooks/<uuid:endpoint_id>/", webhooks.WebhookPage.as_view(), name="webhook"),
    path(
        "settings/deliveries/<uuid:delivery_id>/resend/",
        webhooks.DeliveryResendPage.as_view(),
        name="delivery_resend",
    ),
    path("settings/keys/", people.KeysPage.as_view(), name="keys"),
    path("settings/users/", people.UsersPage.as_view(), name="users"),
]
