"""Absences: one's own, those in which one decides for others, and, for who leads, everybody's."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from apps.accounts.choices import STAFF_ROLES
from apps.accounts.models import User
from apps.accounts.selectors import visible_users
from apps.approvals.models import Delegation
from apps.approvals.selectors.delegations import (
    narrow_delegations,
    possible_takers,
    state_of,
    visible_delegations,
    visible_feeds,
    zone_of_user,
)
from apps.approvals.selectors.policies import visible_policies
from apps.approvals.services.delegations import create_delegation, withdraw_delegation
from apps.approvals.services.feeds import delete_feed, save_feed
from apps.core.clock import now
from apps.core.errors import Conflict, Invalid, NotFound
from apps.core.ids import new_id
from apps.portal.absence_forms import POINTERS, AbsenceForm, FeedForm
from apps.portal.paging import list_page
from apps.portal.views.settings.base import SettingsPage
from apps.workflows.engine.calendars import zone_of

_PEOPLE_SHOWN = 500
_MAX_FILE = 512 * 1024
_TONES = {"active": "warning", "planned": "info", "over": "neutral", "withdrawn": "neutral"}
_WORDS = {"active": "Now", "planned": "Planned", "over": "Over", "withdrawn": "Called off"}


class AbsencesPage(SettingsPage):
    """Who is away, who decides meanwhile, and the forms that say so."""

    tab = "absences"
    action = "delegations:read"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._show()

    def post(self, request: HttpRequest) -> HttpResponse:
        here = reverse("portal:absences")
        try:
            match self.sent("command"):
                case "withdraw":
                    withdraw_delegation(
                        delegation_id=_number(self.sent("delegation")),
                        actor=self.actor,
                        reason=self.sent("reason")[:400],
                    )
                    return self.done(here, "Ended. Decisions go to the person himself again.")
                case "forget":
                    delete_feed(feed_id=_number(self.sent("feed")), actor=self.actor)
                    return self.done(here, "The calendar is forgotten; what it had planned is called off.")
                case "feed":
                    return self._take_feed(here)
                case _:
                    return self._create(here)
        except (Conflict, NotFound) as error:
            return self._show(problem=error.detail, status=error.status)

    def _create(self, here: str) -> HttpResponse:
        form = self._form(self.request.POST)
        if not form.is_valid():
            return self._show(form=form, status=422)
        try:
            row = create_delegation(
                actor=self.actor,
                giver_id=_uuid(form.person_id()),
                taker_id=_uuid(form.cleaned_data["deputy"]),
                **form.values(),
            )
        except Invalid as error:
            form.refuse(error, POINTERS)
            return self._show(form=form, status=422)
        except Conflict as error:
            form.add_error("deputy", error.detail)
            return self._show(form=form, status=error.status)
        return self.done(here, _said(row))

    def _take_feed(self, here: str) -> HttpResponse:
        form = self._feed_form(self.request.POST)
        sent = self.request.FILES.get("file")
        text = ""
        if sent is not None and (sent.size or 0) <= _MAX_FILE:
            text = sent.read().decode("utf-8", "replace").replace("\x00", "")
        if not form.is_valid():
            return self._show(feed_form=form, status=422)
        if sent is not None and not text:
            form.add_error("file", "Choose an iCalendar file (.ics) of at most 512 KB.")
            return self._show(feed_form=form, status=422)
        try:
            feed = save_feed(
                actor=self.actor,
                user_id=_uuid(form.person_id()),
                taker_id=_uuid(form.cleaned_data["deputy"]),
                url=form.cleaned_data["url"],
                text=text,
                keyword=form.cleaned_data["keyword"],
            )
        except Invalid as error:
            form.refuse(error, POINTERS)
            return self._show(feed_form=form, status=422)
        words = (
            "The calendar is read now, and once a day from now on."
            if feed.host
            else "The file is taken over."
        )
        return self.done(here, words)

    def _form(self, data: Any = None) -> AbsenceForm:
        own = self.actor.user_id or ""
        policies = (
            visible_policies(self.actor)
            .filter(status="published")
            .order_by("name")
            .values_list("key", "name")
        )
        form = AbsenceForm(data, now().astimezone(zone_of_user(own)).date(), list(policies))
        form.set_people(own, self._staff(), self._deputies(), all_people=self.may("delegations:manage"))
        return form

    def _feed_form(self, data: Any = None) -> FeedForm:
        own = self.actor.user_id or ""
        form = FeedForm(data, self.request.FILES or None)
        form.set_people(own, self._staff(), self._deputies(), all_people=self.may("delegations:manage"))
        return form

    def _staff(self) -> list[User]:
        if not self.may("delegations:manage"):
            return []
        staff = visible_users(self.actor).filter(is_active=True, role_assignments__role__in=STAFF_ROLES)
        return list(staff.distinct().order_by("name", "email")[:_PEOPLE_SHOWN])

    def _deputies(self) -> list[User]:
        return list(possible_takers()[:_PEOPLE_SHOWN])

    def _show(
        self,
        *,
        form: AbsenceForm | None = None,
        feed_form: FeedForm | None = None,
        problem: str = "",
        status: int = 200,
    ) -> HttpResponse:
        own = self.actor.user_id
        when = "over" if self.asked("when") == "over" else "live"
        rows = visible_delegations(self.actor)
        page = list_page(narrow_delegations(rows, when=when), self.request)
        may_write, manages = self.may("delegations:write"), self.may("delegations:manage")
        lines = [_line(row, own, manages=manages, may_write=may_write) for row in page.rows]
        values = {
            "title": _title(
                narrow_delegations(rows, user_id=_uuid(own), when="live") if own else rows.none()
            ),
            "lines": lines,
            "page": page,
            "when": when,
            "may_write": may_write,
            "form": form or (self._form() if may_write else None),
            "feed_form": feed_form or (self._feed_form() if may_write else None),
            "feed_open": feed_form is not None,
            "feeds": list(visible_feeds(self.actor)[:_PEOPLE_SHOWN]),
            "problem": problem,
        }
        return self.page("portal/settings/absences.html", values, status=status)


def _title(mine: QuerySet[Delegation]) -> str:
    """The answer of the page: whether the reader is away, and who decides for him."""
    rows = list(mine.order_by("begins_at")[:20])
    current = next((row for row in rows if state_of(row) == "active"), None)
    if current is not None:
        who = f"{current.taker.label} decides for you" if current.taker else "nobody decides for you"
        return f"You are away{_until(current)}: {who}"
    planned = next((row for row in rows if state_of(row) == "planned"), None)
    if planned is not None:
        return f"You are here; your next absence begins on {_day(planned, planned.begins_at)}"
    return "You are here, and no absence is planned"


def _said(row: Delegation) -> str:
    who = f"{row.taker.label} decides" if row.taker else "Nobody decides"
    return f"{who} for {row.giver.label} from {_day(row, row.begins_at)}{_until(row)}."


def _line(row: Delegation, own: str | None, *, manages: bool, may_write: bool) -> dict[str, Any]:
    """What the list says of an absence."""
    state, is_own = state_of(row), str(row.giver_id) == own
    scope = [f"only {', '.join(row.policies)}"] if row.policies else []
    if row.limit_amount is not None:
        scope.append(f"up to {row.limit_amount:,.2f} {row.limit_currency}")
    return {
        "row": row,
        "who": "You" if is_own else row.giver.label,
        "deputy": ("you" if str(row.taker_id) == own else row.taker.label) if row.taker else "",
        "begins": _day(row, row.begins_at),
        "until": _until(row),
        "scope": "; ".join(scope),
        "word": _WORDS[state],
        "tone": _TONES[state],
        "reason": row.reason if manages or is_own else "",
        "may_end": state in ("active", "planned") and (manages or (may_write and is_own)),
    }


def _until(row: Delegation) -> str:
    return (
        f" until {_day(row, row.ends_at, is_end=True)}"
        if row.ends_at is not None
        else " until further notice"
    )


def _day(row: Delegation, at: datetime, *, is_end: bool = False) -> str:
    """A moment as people say it, in the zone it was given in: a day, and the time unless it is midnight."""
    local = at.astimezone(zone_of(row.zone))
    if (local.hour, local.minute) == (0, 0):
        day = local.date() - timedelta(days=1) if is_end else local.date()
        return f"{day.day} {day:%b %Y}"
    return f"{local.day} {local:%b %Y, %H:%M}"


def _uuid(text: str | None) -> UUID | None:
    return UUID(text) if text else None


def _number(text: str) -> UUID:
    """The id that was sent; one of nothing where it is none."""
    try:
        return UUID(text)
    except ValueError:
        return new_id()
