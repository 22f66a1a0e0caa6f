"""Whether there will be somebody: the newest forecast, its gaps with what to do about each, and a look ahead now."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from apps.approvals.models import CoverageForecast
from apps.approvals.selectors.forecasts import latest_forecast, list_forecasts
from apps.approvals.selectors.policies import visible_policies
from apps.approvals.services.forecasting import make_forecast
from apps.core.errors import NotFound
from apps.portal.coverage_words import gap_lines
from apps.portal.views.settings.base import SettingsPage
from apps.portal.wording import counted

_PAST = 10


class CoveragePage(SettingsPage):
    """The newest forecast; a POST looks ahead now, at everything or at one policy."""

    tab = "coverage"
    action = "coverage:read"

    def get(self, request: HttpRequest) -> HttpResponse:
        policy = self.asked("policy")
        row = list_forecasts().filter(scope=f"policy/{policy}").order_by("-id").first() if policy else None
        return self._show(row or latest_forecast())

    def post(self, request: HttpRequest) -> HttpResponse:
        policy = self.sent("policy")
        try:
            row = make_forecast(actor=self.actor, policy=policy)
        except NotFound as error:
            return self._show(latest_forecast(), problem=error.detail, status=404)
        here = reverse("portal:coverage") + (f"?policy={policy}" if policy else "")
        return self.done(here, f"Looked at {counted(row.checked, 'stage')} just now.")

    def _show(self, row: CoverageForecast | None, problem: str = "", status: int = 200) -> HttpResponse:
        policies = (
            visible_policies(self.actor).filter(status__in=("draft", "published")).order_by("name", "number")
        )
        names = {policy.key: policy.name for policy in policies}
        values = {
            "title": coverage_title(row, names),
            "forecast": row,
            "lines": gap_lines(row.findings) if row else [],
            "policies": sorted(names.items(), key=lambda pair: pair[1].lower()),
            "may_check": self.may("coverage:check"),
            "past": list(list_forecasts().filter(scope="").order_by("-id")[:_PAST]),
            "problem": problem,
            "policy": row.scope.removeprefix("policy/") if row and row.scope else "",
        }
        return self.page("portal/settings/coverage.html", values, status=status)


def coverage_title(row: CoverageForecast | None, names: dict[str, str]) -> str:
    """The answer of the page."""
    if row is None:
        return "Nobody has looked ahead yet"
    what = "every approval that is likely due"
    if row.scope:
        key = row.scope.removeprefix("policy/")
        what = f"“{names.get(key, key)}”"
    if not row.findings:
        return f"There is somebody for {what} in the next {row.days} days"
    if row.grave:
        return f"{counted(row.grave, 'gap')} would stop work in the next {row.days} days"
    return f"Nothing stops, but {counted(len(row.findings), 'stage')} hang{'s' if len(row.findings) == 1 else ''} on too few"
