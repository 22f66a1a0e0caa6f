"""Addresses of approvals below /api/v1/."""

from django.urls import path

from apps.approvals.api import absence_views, evidence, people_views, views

urlpatterns = [
    path("approvals", views.Approvals.as_view()),
    path("approvals/<uuid:approval_id>", views.OneApproval.as_view()),
    path("approvals/<uuid:approval_id>/decisions", views.Decisions.as_view()),
    path("approvals/<uuid:approval_id>/step-up", views.SteppedUp.as_view()),
    path("approvals/<uuid:approval_id>/evidence", evidence.Evidence.as_view()),
    path("approvals/<uuid:approval_id>/evidence-shares", evidence.Shares.as_view()),
    path(
        "approvals/<uuid:approval_id>/evidence-shares/<uuid:share_id>/revoke", evidence.ShareRevoked.as_view()
    ),
    path("approvals/<uuid:approval_id>/reassign", people_views.Reassigned.as_view()),
    path("approvals/<uuid:approval_id>/approvers", people_views.ApproverAdded.as_view()),
    path("approvals/<uuid:approval_id>/recall", people_views.Recalled.as_view()),
    path("approvals/<uuid:approval_id>/facts", people_views.Facts.as_view()),
    path("users/<uuid:user_id>/holdings", people_views.UserHoldings.as_view()),
    path("hand-overs", people_views.HandOvers.as_view()),
    path("hand-overs/<uuid:hand_over_id>", people_views.OneHandOver.as_view()),
    path("coverage-forecasts", people_views.Forecasts.as_view()),
    path("coverage-forecasts/<uuid:forecast_id>", people_views.OneForecast.as_view()),
    path("delegations", absence_views.Delegations.as_view()),
    path("delegations/<uuid:delegation_id>", absence_views.OneDelegation.as_view()),
    path("delegations/<uuid:delegation_id>/withdraw", absence_views.DelegationWithdrawn.as_view()),
    path("absence-feeds", absence_views.Feeds.as_view()),
    path("absence-feeds/<uuid:feed_id>", absence_views.OneFeed.as_view()),
    path("approval-policies", views.Policies.as_view()),
    path("approval-policies/schema", views.PolicySchema.as_view()),
    path("approval-policies/try", views.PolicyTrial.as_view()),
    path("approval-policies/<slug:key>/publish", views.PolicyPublished.as_view()),
    path("approval-policies/<slug:key>", views.OnePolicy.as_view()),
    path("approval-policies/<slug:key>/versions/<int:number>", views.OnePolicyVersion.as_view()),
]
