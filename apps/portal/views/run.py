"""One run: where it is, its story, and everything a person can do about it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from apps.accounts.choices import STAFF_ROLES, Role
from apps.accounts.selectors import visible_users
from apps.core.errors import Conflict, DomainError, Invalid
from apps.core.ids import new_id
from apps.portal.diagrams import run_diagram
from apps.portal.json_text import read_object
from apps.portal.offers import run_offers
from apps.portal.selectors.clock_view import clock_view
from apps.portal.selectors.run_view import RunView, read_run
from apps.portal.views.base import StaffPage
from apps.workflows.choices import PauseScope, RunStatus
from apps.workflows.models import Run
from apps.workflows.services import cancel_run, retry_step, roll_back_run, skip_step
from apps.workflows.services.corrections import answer_wait, jump_to, reassign_step
from apps.workflows.services.pauses import pause_run, resume_run
from apps.workflows.services.replaying import replay_run

_OPEN = (RunStatus.RUNNING, RunStatus.ROLLING_BACK)
_MEMBERS_SHOWN = 200


class RunPage(StaffPage):
    """One run; asked with ``seen`` it answers only if something has happened since."""

    section = "runs"
    action = "runs:read"

    def get(self, request: HttpRequest, run_id: UUID) -> HttpResponse:
        seen = self.asked("seen")
        if request.htmx and seen.isdecimal() and _is_unchanged(run_id, seen):  # type: ignore[attr-defined]
            return HttpResponse(status=204)
        return self._show(run_id, opened=self.asked("do"))

    def post(self, request: HttpRequest, run_id: UUID) -> HttpResponse:
        command = self.sent("command")
        here = reverse("portal:run", args=[run_id])
        perform = self._commands().get(command)
        if perform is None:
            return self._show(run_id, "Choose what to do with the run.", 422)
        try:
            words = perform(run_id)
        except Conflict as error:
            return self.came_late(here, error)
        except Invalid as error:
            visit = self.sent("visit").replace("#", "-").replace("~", "-")
            opened = "" if command in ("cancel", "roll_back") else f"{command}-{visit}".strip("-")
            return self._show(run_id, _said(error), 422, opened)
        if isinstance(words, Run):
            return self.done(reverse("portal:run", args=[words.id]), "This run repeats the other one.")
        return self.done(here, words)

    def _commands(self) -> dict[str, Callable[[UUID], str | Run]]:
        return {
            "cancel": self._cancel,
            "roll_back": self._roll_back,
            "pause": self._pause,
            "resume": self._resume,
            "jump": self._jump,
            "replay": self._replay,
            "retry_step": self._retry,
            "edit_step": self._edit,
            "skip_step": self._skip,
            "reassign_step": self._reassign,
            "answer_wait": self._answer,
        }

    def _who(self, run_id: UUID) -> dict[str, Any]:
        return {"run_id": run_id, "actor": self.actor, "reason": self.sent("reason")}

    def _step(self, run_id: UUID) -> dict[str, Any]:
        return {**self._who(run_id), "visit": self.sent("visit")}

    def _cancel(self, run_id: UUID) -> str:
        cancel_run(**self._who(run_id))
        return "The run is cancelled."

    def _roll_back(self, run_id: UUID) -> str:
        roll_back_run(**self._who(run_id))
        return "The run is being rolled back."

    def _pause(self, run_id: UUID) -> str:
        pause_run(**self._who(run_id), party=self.sent("party"))
        return "Paused. Nothing new is begun until it is resumed."

    def _resume(self, run_id: UUID) -> str:
        run = resume_run(**self._who(run_id))
        return "The run goes on." if not run.paused_by else "Resumed; something wider still holds it."

    def _jump(self, run_id: UUID) -> str:
        step, _, visits = self.sent("place").partition(":")
        if not step:
            raise Invalid("no_step", "Choose the step to go back to.")
        jump_to(**self._who(run_id), step=step, visits=_number(visits))
        return "The run went back."

    def _replay(self, run_id: UUID) -> Run:
        newest = self.sent("version") == "newest"
        return replay_run(
            **self._who(run_id), step=self.sent("from"), newest=newest, once=self.sent("once")[:64]
        )

    def _retry(self, run_id: UUID) -> str:
        retry_step(**self._step(run_id), epoch=_number(self.sent("epoch")))
        return "Tried again."

    def _edit(self, run_id: UUID) -> str:
        changed = read_object(self.request.POST.get("input", ""))
        retry_step(**self._step(run_id), epoch=_number(self.sent("epoch")), input_override=changed)
        return "Tried again with your changes."

    def _skip(self, run_id: UUID) -> str:
        text = self.sent("output")
        skip_step(**self._step(run_id), output=read_object(text) if text else None)
        return "Skipped; the run goes on."

    def _reassign(self, run_id: UUID) -> str:
        kind, _, name = self.sent("to").partition(":")
        reassign_step(
            **self._step(run_id),
            role=name if kind == "role" else "",
            user=name if kind == "user" else "",
        )
        return "Given to somebody else."

    def _answer(self, run_id: UUID) -> str:
        event = None if self.sent("passed") else read_object(self.request.POST.get("event", ""))
        answer_wait(**self._step(run_id), event=event)
        return "Answered; the run goes on."

    def _show(self, run_id: UUID, problem: str = "", status: int = 200, opened: str = "") -> HttpResponse:
        view = read_run(run_id)
        run, may_resolve = view.run, self.may("exceptions:resolve")
        parties = {item.step.visit: item.on for item in view.open_steps}
        is_running = run.status == RunStatus.RUNNING
        values = {
            "view": view,
            "run": run,
            "diagram": run_diagram(view.definition, run.steps.all(), parties),
            "clocks": clock_view(run),
            "problem": problem,
            "failed": opened,
            "sent": self.request.POST,
            "chosen": self.sent("from") or self.asked("from"),
            "once": self.sent("once") or new_id(),
            "places": view.places,
            "people": self._people(view) if may_resolve else None,
            "may_resolve": may_resolve,
            "may_skip_approvals": self.may("approvals:skip"),
            "may_replay": self.may("runs:write"),
            "may_steer": run.status in _OPEN and self.may("runs:write"),
            "may_roll_back": is_running and may_resolve,
            "run_offers": run_offers(
                is_paused=PauseScope.RUN in run.paused_by,
                is_running=is_running,
                places=view.places,
                may_resolve=may_resolve,
            )
            if self.may("runs:write")
            else [],
        }
        if self.request.htmx and not self.request.htmx.boosted:  # type: ignore[attr-defined]
            return render(self.request, "portal/runs/_live.html", values)
        return self.page("portal/runs/run.html", values, status=status)

    def _people(self, view: RunView) -> dict[str, Any] | None:
        """Who could take an open step; None where none can be given away."""
        offers = (offer for item in view.open_steps for offer in item.offers)
        if not any(offer.command == "reassign_step" for offer in offers):
            return None
        members = visible_users(self.actor).filter(is_active=True, lease_id=None)
        members = members.filter(role_assignments__role__in=STAFF_ROLES).distinct().order_by("name", "email")
        roles = [choice for choice in Role.choices if choice[0] in STAFF_ROLES]
        return {"roles": roles, "members": members[:_MEMBERS_SHOWN]}


def _is_unchanged(run_id: UUID, seen: str) -> bool:
    return Run.objects.filter(pk=run_id, history_length=int(seen[:9])).exists()


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def _said(error: DomainError) -> str:
    return error.errors[0].message if len(error.errors) == 1 else error.detail
