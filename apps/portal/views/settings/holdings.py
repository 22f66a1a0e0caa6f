"""What a person holds, before he leaves: the list, to whom it goes, and how far that is."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from apps.accounts.services.users import deactivate_user
from apps.approvals.choices import HandOverStatus, HoldingKind, HoldingState
from apps.approvals.models import HandOver
from apps.approvals.selectors.delegations import possible_takers
from apps.approvals.selectors.holdings import Holding, get_hand_over, hand_over_items, read_holdings
from apps.approvals.services.hand_over import start_hand_over
from apps.core.errors import Conflict, Invalid
from apps.portal.absence_forms import people_choices
from apps.portal.views.settings.base import SettingsPage
from apps.portal.wording import counted, joined

_PEOPLE_SHOWN = 500
_PLACES = {
    HoldingKind.APPROVAL.value: "portal:approval",
    HoldingKind.USER_TASK.value: "portal:task",
    HoldingKind.EXCEPTION.value: "portal:exception",
}
_NOUNS = (
    (HoldingKind.APPROVAL, "approval"),
    (HoldingKind.USER_TASK, "task"),
    (HoldingKind.EXCEPTION, "exception"),
    (HoldingKind.DELEGATION, "absence to cover"),
)
_PLURALS = {HoldingKind.DELEGATION: "absences to cover"}
_TONES = {"pending": "info", "done": "success", "refused": "danger", "gone": "neutral"}


class HoldingsPage(SettingsPage):
    """One person: what he holds, the form that gives it to somebody else, and the end of his account."""

    tab = "users"
    action = "users:read"

    def get(self, request: HttpRequest, user_id: UUID) -> HttpResponse:
        return self._show(user_id)

    def post(self, request: HttpRequest, user_id: UUID) -> HttpResponse:
        here = reverse("portal:holdings", args=[user_id])
        try:
            if self.sent("command") == "deactivate":
                deactivate_user(user_id=user_id, actor=self.actor, reason=self.sent("reason"))
                return self.done(here, "This person cannot sign in any more.")
            row = start_hand_over(
                giver_id=user_id,
                taker_id=_uuid(self.sent("taker")),
                actor=self.actor,
                reason=self.sent("reason")[:2000],
                chosen=[_uuid(text) for text in request.POST.getlist("item")],
            )
        except (Conflict, Invalid) as error:
            problem = error.errors[0].message if error.errors else error.detail
            return self._show(user_id, problem, error.status)
        return self.done(reverse("portal:hand_over", args=[row.id]), "It is being handed over.")

    def _show(self, user_id: UUID, problem: str = "", status: int = 200) -> HttpResponse:
        held = read_holdings(user_id=user_id, actor=self.actor)
        may_give = self.may("approvals:reassign")
        takers = [user for user in possible_takers()[:_PEOPLE_SHOWN] if user.pk != user_id]
        values = {
            "person": held.user,
            "title": holdings_title(held.user.label, held.things),
            "lines": [(thing, _url(thing)) for thing in held.things],
            "named_by": held.named_by,
            "takers": people_choices(takers) if may_give else [],
            "may_give": may_give and bool(held.things),
            "may_close": self.may("users:manage")
            and held.user.is_active
            and str(user_id) != self.actor.user_id,
            "alone": sum(thing.alone and thing.waits for thing in held.things),
            "problem": problem,
            "sent": {"taker": self.sent("taker"), "reason": self.sent("reason")},
        }
        return self.page("portal/settings/holdings.html", values, status=status)


class HandOverPage(SettingsPage):
    """One hand-over, while it goes on and after; asked by htmx it answers its live part."""

    http_method_names = ["get", "head"]
    tab = "users"
    action = "approvals:reassign"

    def get(self, request: HttpRequest, hand_over_id: UUID) -> HttpResponse:
        row = get_hand_over(hand_over_id)
        values = {
            "hand_over": row,
            "title": hand_over_title(row),
            "lines": [(item, _TONES[item.state]) for item in hand_over_items(hand_over_id)],
            "done": row.total - row.counts.get(HoldingState.PENDING.value, 0),
            "is_live": row.status == HandOverStatus.RUNNING,
        }
        if request.htmx and not request.htmx.boosted:  # type: ignore[attr-defined]
            return render(request, "portal/settings/_hand_over.html", values)
        return self.page("portal/settings/hand_over.html", values)


def holdings_title(name: str, things: Any) -> str:
    """The answer of the page."""
    parts = []
    for kind, noun in _NOUNS:
        number = sum(thing.kind == kind for thing in things)
        if number:
            parts.append(counted(number, noun, _PLURALS.get(kind, "")))
    return f"{name} holds {joined(parts)}" if parts else f"{name} holds nothing"


def hand_over_title(row: HandOver) -> str:
    """The answer of the page."""
    if row.status == HandOverStatus.RUNNING:
        return f"What {row.giver.label} held is being given to {row.taker.label}"
    refused = row.counts.get(HoldingState.REFUSED.value, 0)
    done = row.counts.get(HoldingState.DONE.value, 0)
    if refused:
        return f"{row.taker.label} has {done} of {row.total}; {refused} need{'s' if refused == 1 else ''} you"
    return f"{row.taker.label} has what {row.giver.label} held"


def _url(thing: Holding) -> str:
    place = _PLACES.get(thing.kind)
    return reverse(place, args=[thing.id]) if place else reverse("portal:absences")


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Invalid("invalid_id", "Choose to whom it goes.") from error
