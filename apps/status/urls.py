"""Addresses of the status pages, below /status/ on a tenant's host."""

from django.urls import path

from apps.status.views import commands, decisions, evidence, pages

app_name = "status"
urlpatterns = [
    path("", pages.Home.as_view(), name="home"),
    path("projects/<uuid:project_id>/", pages.ProjectStatus.as_view(), name="project"),
    path("deals/<uuid:deal_id>/", pages.DealStatus.as_view(), name="deal"),
    path("decisions/", decisions.Decisions.as_view(), name="decisions"),
    path("decisions/<uuid:request_id>/", decisions.OneDecision.as_view(), name="decision"),
    path(
        "decisions/<uuid:request_id>/packet.zip",
        decisions.DecisionPacket.as_view(),
        name="decision_packet",
    ),
    path(
        "documents/<uuid:document_id>/preview/",
        pages.DocumentPreview.as_view(),
        name="document_preview",
    ),
    path("documents/<uuid:document_id>/", pages.DocumentFile.as_view(), name="document"),
    path("documents/<uuid:requirement_id>/upload/", commands.UploadDocument.as_view(), name="upload"),
    path("evidence/<str:token>/", evidence.SharedEvidencePage.as_view(), name="evidence"),
    path("evidence/<str:token>/packet.zip", evidence.SharedEvidenceFile.as_view(), name="evidence_file"),
    path("milestones/<uuid:milestone_id>/accept/", commands.AcceptMilestone.as_view(), name="accept"),
    path("milestones/<uuid:milestone_id>/send-back/", commands.SendBackMilestone.as_view(), name="send_back"),
]
