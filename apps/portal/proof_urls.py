"""Addresses where a template is tried out: tests, simulations, back-tests."""

from django.urls import path

from apps.portal.views import template_tests

urlpatterns = [
    path("templates/<slug:key>/tests/", template_tests.TemplateTestsPage.as_view(), name="template_tests"),
]
