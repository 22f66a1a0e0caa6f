"""Addresses of delivery below /api/v1/."""

from django.urls import path

from apps.delivery.api import commands, views

urlpatterns = [
    path("customers", views.Customers.as_view()),
    path("customers/<uuid:customer_id>", views.OneCustomer.as_view()),
    path("contacts", views.Contacts.as_view()),
    path("contacts/<uuid:contact_id>", views.OneContact.as_view()),
    path("deals", views.Deals.as_view()),
    path("deals/<uuid:deal_id>", views.OneDeal.as_view()),
    path("deals/<uuid:deal_id>/document-requirements", views.Requirements.as_view()),
    path("staffing-requests", views.StaffingRequests.as_view()),
    path("staffing-requests/<uuid:request_id>", views.OneStaffingRequest.as_view()),
    path("projects", views.Projects.as_view()),
    path("projects/<uuid:project_id>", views.OneProject.as_view()),
    path("milestones", commands.Milestones.as_view()),
    path("milestones/<uuid:milestone_id>", commands.OneMilestone.as_view()),
    path("milestones/<uuid:milestone_id>/complete", commands.MilestoneCompletion.as_view()),
    path("milestones/<uuid:milestone_id>/accept", commands.MilestoneAcceptance.as_view()),
    path("milestones/<uuid:milestone_id>/send-back", commands.MilestoneReturn.as_view()),
    path("milestones/<uuid:milestone_id>/billing-readiness", commands.MilestoneReadiness.as_view()),
    path("documents", commands.Documents.as_view()),
    path("documents/<uuid:document_id>", commands.OneDocument.as_view()),
    path("documents/<uuid:document_id>/content", commands.DocumentFile.as_view()),
]
