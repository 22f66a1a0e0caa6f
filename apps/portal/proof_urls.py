"""Addresses where a template is tried out: tests, simulations, back-tests."""

from django.urls import path

from apps.portal.views import backtests, simulations, template_tests

urlpatterns = [
    path("templates/<slug:key>/simulate/", simulations.SimulationsPage.as_view(), name="simulations"),
    path(
        "templates/<slug:key>/simulate/<uuid:scenario_id>/",
        simulations.SimulationPage.as_view(),
        name="simulation",
    ),
    path("templates/<slug:key>/tests/", template_tests.TemplateTestsPage.as_view(), name="template_tests"),
    path("templates/<slug:key>/backtests/", backtests.BacktestsPage.as_view(), name="backtests"),
    path(
        "templates/<slug:key>/backtests/<uuid:backtest_id>/",
        backtests.BacktestPage.as_view(),
        name="backtest",
    ),
]
