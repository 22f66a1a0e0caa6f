"""Where automation stopped: why, and the ways out."""

import json
from collections.abc import Callable
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from apps.accounts.choices import Role
from apps.core.clock import now
from apps.core.errors import Conflict, Invalid
from apps.portal.json_text import read_object
from apps.portal.paging import list_page
from apps.portal.selectors.case_view import causes_of, read_case
from apps.portal.views.base import StaffPage
from apps.portal.views.lists import AGES, offered_commands, usable_filter
from apps.portal.wording import counted, since_words
from apps.workflows.choices import BulkAbout, CaseStatus
from apps.workflows.selectors.cases import count_open_cases, list_cases, oldest_open_case
from apps.workflows.services.parked import is_parked_work, release_case
from apps.workflows.services.resolving import dismiss_case, retry_case, roll_back_case, skip_case

_FILTERS = ("template", "version", "step", "code", "slot", "connection", "older_than", "search", "subject")
_LEDE = "Automation stopped here and asks for a person. Each one says why, and the ways out."


class ExceptionsPage(StaffPage):
    """Open exceptions grouped by cause, or those that are over."""

    section = "exceptions"
    action = "exceptions:read"

    def get(self, request: HttpRequest) -> HttpResponse:
        over = self.asked("status") == CaseStatus.RESOLVED
        asked = {name: self.asked(name) for name in _FILTERS}
        wanted, problem = usable_filter(BulkAbout.EXCEPTION, asked | {"owner_role": self.asked("owner")})
        wanted["status"] = CaseStatus.RESOLVED.value if over else CaseStatus.OPEN.value
        narrowed = bool(set(wanted) - {"status", "owner_role"})
        causes = [] if over or narrowed else causes_of(list_cases(**wanted))
        page = list_page(list_cases(**wanted), request) if over or narrowed else None
        rows = page.rows if page else []
        values = {
            "title": _title(),
            "lede": _LEDE if causes or (rows and not over) else "",
            "causes": causes,
            "rows": rows,
            "page": page,
            "over": over,
            "narrowed": narrowed,
            "wanted": wanted,
            "problem": problem,
            "ages": AGES,
            "matching": sum(cause.number for cause in causes) or "",
            "commands": [] if over else offered_commands(self, BulkAbout.EXCEPTION),
            "owner": wanted.get("owner_role", ""),
            "owners": [
                choice for choice in Role.choices if choice[0] not in (Role.CUSTOMER, Role.PARTNER_ADMIN)
            ],
        }
        return self.page("portal/exceptions/exceptions.html", values)


class ExceptionPage(StaffPage):
    """One exception. Each way out is one form; a second click finds how things stand then."""

    section = "exceptions"
    action = "exceptions:read"

    def get(self, request: HttpRequest, case_id: UUID) -> HttpResponse:
        return self._show(case_id)

    def post(self, request: HttpRequest, case_id: UUID) -> HttpResponse:
        here = reverse("portal:exception", args=[case_id])
        command = self.sent("command")
        commands: dict[str, tuple[Callable[[UUID], object], str]] = {
            "retry": (self._retry, "Tried again."),
            "edit": (self._edit_and_retry, "Tried again with your changes."),
            "skip": (self._skip, "Skipped; the run goes on."),
            "roll_back": (self._roll_back, "The run is being rolled back."),
            "dismiss": (self._dismiss, "Dismissed."),
            "release": (self._release, "Released; it is tried again now."),
        }
        if command not in commands:
            return self._show(case_id, "Choose what to do.", 422)
        perform, words = commands[command]
        try:
            perform(case_id)
        except Conflict as error:
            return self.came_late(here, error)
        except Invalid as error:
            return self._show(
                case_id, error.errors[0].message if error.errors else error.detail, 422, command
            )
        return self.done(here, words)

    def _retry(self, case_id: UUID) -> object:
        return retry_case(case_id=case_id, actor=self.actor, reason=self.sent("reason"))

    def _edit_and_retry(self, case_id: UUID) -> object:
        payload = read_object(self.request.POST.get("payload", ""))
        return retry_case(case_id=case_id, actor=self.actor, reason=self.sent("reason"), payload=payload)

    def _skip(self, case_id: UUID) -> object:
        text = self.sent("output")
        output = read_object(text) if text else None
        return skip_case(case_id=case_id, actor=self.actor, reason=self.sent("reason"), output=output)

    def _roll_back(self, case_id: UUID) -> object:
        return roll_back_case(case_id=case_id, actor=self.actor, reason=self.sent("reason"))

    def _release(self, case_id: UUID) -> object:
        return release_case(case_id=case_id, actor=self.actor, reason=self.sent("reason"))

    def _dismiss(self, case_id: UUID) -> object:
        return dismiss_case(case_id=case_id, actor=self.actor, reason=self.sent("reason"))

    def _show(self, case_id: UUID, problem: str = "", status: int = 200, command: str = "") -> HttpResponse:
        view = read_case(case_id)
        payload = self.request.POST.get("payload") if command == "edit" else None
        values = {
            "view": view,
            "case": view.case,
            "problem": problem,
            "command": command,
            "payload": payload
            if payload is not None
            else json.dumps(view.case.payload or {}, indent=2, ensure_ascii=False),
            "reason": self.sent("reason"),
            "output": self.sent("output"),
            "is_parked": is_parked_work(view.case),
            "is_open": view.case.status == CaseStatus.OPEN,
            "may_resolve": view.case.status == CaseStatus.OPEN and self.may("exceptions:resolve"),
        }
        return self.page("portal/exceptions/exception.html", values, status=status)


def _title() -> str:
    number = count_open_cases()
    if not number:
        return "Nothing is held up"
    oldest = oldest_open_case()
    since = f", the oldest since {since_words(oldest.created_at, now())}" if oldest else ""
    verb = "needs" if number == 1 else "need"
    return f"{counted(number, 'exception')} {verb} a person{since}"
