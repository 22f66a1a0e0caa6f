"""Addresses of approvals below /api/v1/."""

from django.urls import path

from apps.approvals.api import evidence, views

urlpatterns = [
    path("approvals", views.Approvals.as_view()),
    path("approvals/<uuid:approval_id>", views.OneApproval.as_view()),
    path("approvals/<uuid:approval_id>/decisions", views.Decisions.as_view()),
    path("approvals/<uuid:approval_id>/evidence", evidence.Evidence.as_view()),
    path("approvals/<uuid:approval_id>/evidence-shares", evidence.Shares.as_view()),
    path(
        "approvals/<uuid:approval_id>/evidence-shares/<uuid:share_id>/revoke", evidence.ShareRevoked.as_view()
    ),
    path("approval-policies", views.Policies.as_view()),
    path("approval-policies/schema", views.PolicySchema.as_view()),
    path("approval-policies/try", views.PolicyTrial.as_view()),
    path("approval-policies/<slug:key>/publish", views.PolicyPublished.as_view()),
    path("approval-policies/<slug:key>", views.OnePolicy.as_view()),
    path("approval-policies/<slug:key>/versions/<int:number>", views.OnePolicyVersion.as_view()),
]
