"""What is paused in the workspace: who, why, since when, and the way to let it go on."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from apps.core.errors import Conflict, Invalid, NotFound
from apps.integrations.services.connections import resume_connection
from apps.portal.paging import list_page
from apps.portal.views.base import StaffPage
from apps.portal.wording import counted
from apps.workflows.choices import PauseScope
from apps.workflows.selectors.pauses import list_pauses
from apps.workflows.services.pauses import (
    pause_template,
    pause_tenant,
    resume_run,
    resume_template,
    resume_tenant,
)

_NEEDS = {
    PauseScope.RUN: "runs:write",
    PauseScope.TEMPLATE: "templates:pause",
    PauseScope.CONNECTION: "connections:manage",
    PauseScope.TENANT: "workspace:pause",
}


class PausesPage(StaffPage):
    """What holds now, or what held before; the workspace is paused here, templates from their own page."""

    section = "runs"
    action = "runs:read"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._show()

    def post(self, request: HttpRequest) -> HttpResponse:
        here = self._back()
        try:
            return self.done(here, self._obey(self.sent("command"), self.sent("scope"), self.sent("key")))
        except Conflict as error:
            return self.came_late(here, error)
        except Invalid as error:
            return self._show(error.errors[0].message if error.errors else error.detail, 422)

    def _obey(self, command: str, scope: str, key: str) -> str:
        who: dict[str, Any] = {"actor": self.actor, "reason": self.sent("reason")}
        whose: dict[str, Any] = {"party": self.sent("party")}
        match (command, scope):
            case ("pause", PauseScope.TENANT):
                pause_tenant(**who, **whose)
                return "The workspace is paused; its runs stop within seconds."
            case ("resume", PauseScope.TENANT):
                resume_tenant(**who)
                return "The workspace goes on."
            case ("pause", PauseScope.TEMPLATE):
                pause_template(template_key=key, **who, **whose)
                return "Paused; its runs stop within seconds."
            case ("resume", PauseScope.TEMPLATE):
                resume_template(template_key=key, **who)
                return "Its runs go on."
            case ("resume", PauseScope.RUN):
                resume_run(run_id=_id(key), **who)
                return "The run goes on."
            case ("resume", PauseScope.CONNECTION):
                resume_connection(connection_id=_id(key), **who)
                return "Resumed; what was held is sent now."
        raise Invalid("unknown_command", "Choose what to pause or resume.")

    def _back(self) -> str:
        wanted = self.sent("next")
        if wanted and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None):
            return wanted
        return reverse("portal:pauses")

    def _show(self, problem: str = "", status: int = 200) -> HttpResponse:
        over = self.asked("show") == "over"
        page = list_page(list_pauses(is_open=not over), self.request)
        may = {scope.value: self.may(action) for scope, action in _NEEDS.items()}
        number = list_pauses(is_open=True).count()
        values = {
            "title": f"{counted(number, 'pause')} in force" if number else "Nothing is paused",
            "page": page,
            "lines": [(pause, may[pause.scope]) for pause in page.rows],
            "over": over,
            "problem": problem,
            "may_pause_workspace": may[PauseScope.TENANT],
        }
        return self.page("portal/pauses/pauses.html", values, status=status)


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("not_found", "There is no such thing to resume.") from None
