"""Approval policies: the list, and one with its stages as a form, what it would do with a sample, and its versions."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from apps.accounts.choices import Role
from apps.approvals.exceptions import CoverageGaps, UnknownPolicy
from apps.approvals.models import ApprovalPolicy
from apps.approvals.policies import DECIDERS
from apps.approvals.selectors.coverage import policy_problems
from apps.approvals.selectors.policies import visible_policies
from apps.approvals.selectors.requests import get_request, visible_requests
from apps.approvals.services import save_draft
from apps.approvals.services.publishing import gaps_mark, publish_looking_ahead
from apps.approvals.services.trying import Trial, sample_of, try_policy
from apps.core.errors import DomainError, Invalid, Problem
from apps.core.money import Money
from apps.portal import policy_form
from apps.portal.coverage_words import gap_lines
from apps.portal.views.settings.base import SettingsPage

_TONES = {"published": "success", "draft": "warning", "retired": "neutral"}
_SAMPLES = 20


class PoliciesPage(SettingsPage):
    """All policies by name, each with the version in use and its draft."""

    tab = "policies"
    action = "approvals:read"

    def get(self, request: HttpRequest) -> HttpResponse:
        found: dict[str, list[ApprovalPolicy]] = {}
        for row in visible_policies(self.actor).order_by("key", "-number"):
            found.setdefault(row.key, []).append(row)
        lines = [
            {
                "key": key,
                "name": rows[0].name,
                "used": next((row for row in rows if row.status == "published"), None),
                "draft": next((row for row in rows if row.status == "draft"), None),
            }
            for key, rows in found.items()
        ]
        values = {"lines": lines, "may_manage": self.may("approval_policies:manage")}
        return self.page("portal/settings/policies.html", values)


class PolicyPage(SettingsPage):
    """One policy; ``key`` empty makes a new one. Trying changes nothing, saving writes the draft."""

    tab = "policies"
    action = "approvals:read"

    def get(self, request: HttpRequest, key: str = "") -> HttpResponse:
        rows = self._rows(key)
        held = next((row for row in rows if row.status != "retired"), rows[0] if rows else None)
        return self._show(key, rows, held.definition if held else {}, held.name if held else "")

    def post(self, request: HttpRequest, key: str = "") -> HttpResponse:
        if not self.may("approval_policies:manage"):
            # The service would say the same; what is tried shows names of people as well.
            return self.get(request, key)
        rows = self._rows(key)
        sent = {name: self.sent(name) for name in request.POST}
        command, definition = self.sent("command"), policy_form.definition_of(sent)
        if command == "add":
            return self._show(key, rows, _with_stage(definition), self.sent("name"))
        if command.startswith("remove-"):
            return self._show(key, rows, _without_stage(definition, command), self.sent("name"))
        try:
            if command == "try":
                trial = self._try(definition)
                return self._show(key, rows, definition, self.sent("name"), trial=trial)
            return self._write(key or self.sent("key"), definition, publish=command == "publish")
        except CoverageGaps as gaps:
            here = (key or self.sent("key"))[:80]
            return self._show(here, self._rows(here), definition, self.sent("name"), gaps=gaps)
        except DomainError as error:
            return self._show(key, rows, definition, self.sent("name"), error=error, status=error.status)

    def _rows(self, key: str) -> list[ApprovalPolicy]:
        rows = list(visible_policies(self.actor).filter(key=key).order_by("-number")) if key else []
        if key and not rows:
            raise UnknownPolicy
        return rows

    def _write(self, key: str, definition: dict[str, Any], *, publish: bool) -> HttpResponse:
        name = self.sent("name")
        if (
            not 0 < len(name) <= 160
            or not key.isascii()
            or not key.replace("-", "").replace("_", "").isalnum()
        ):
            message = "Give the policy a name, and a key of letters, digits and '-'."
            raise Invalid("invalid_name", message, [Problem("/name", message, "required")])
        draft = save_draft(key=key[:80], name=name, definition=definition, actor=self.actor)
        here = reverse("portal:policy", args=[draft.key])
        if not publish:
            return self.done(here, f"The draft of version {draft.number} is saved; nothing follows it yet.")
        publish_looking_ahead(key=draft.key, actor=self.actor, accepted=self.sent("accepted"))
        return self.done(here, f"New requests follow version {draft.number} now.")

    def _try(self, definition: dict[str, Any]) -> Trial:
        try:
            request = get_request(actor=self.actor, request_id=UUID(self.sent("sample")))
        except ValueError:
            message = "Choose a request to try the policy on."
            raise Invalid("no_sample", message, [Problem("/sample", message, "required")]) from None
        question = sample_of(request)
        if self.sent("sample_amount"):
            value = {"amount": self.sent("sample_amount"), "currency": request.currency or "EUR"}
            money = Money.from_json(value, "/sample_amount")
            question = replace(question, show={**question.show, "amount": money.to_json()})
        return try_policy(definition=definition, question=question)

    def _show(
        self,
        key: str,
        rows: list[ApprovalPolicy],
        definition: dict[str, Any],
        name: str,
        *,
        trial: Trial | None = None,
        error: DomainError | None = None,
        gaps: CoverageGaps | None = None,
        status: int = 200,
    ) -> HttpResponse:
        problems = list(error.errors) if error else []
        values = {
            "key": key,
            "name": name,
            "fields": policy_form.fields_of(definition),
            "choices": policy_form,
            "roles": [(role.value, role.label) for role in Role if role in DECIDERS],
            "versions": [(row, _TONES[str(row.status)]) for row in rows],
            "has_draft": any(row.status == "draft" for row in rows),
            "trial": trial,
            "problem": error.detail if error else "",
            "problems": [(_place(problem.pointer), problem) for problem in problems],
            "staffing": policy_problems(definition) if definition and not (error or gaps) else [],
            "gaps": gap_lines(gaps.findings) if gaps else [],
            "accepted": gaps_mark(gaps.findings) if gaps else "",
            "typed_key": self.sent("key"),
            "samples": list(visible_requests(self.actor).order_by("-id")[:_SAMPLES]),
            "sample": self.sent("sample"),
            "sample_amount": self.sent("sample_amount"),
            "may_manage": self.may("approval_policies:manage"),
        }
        return self.page("portal/settings/policy.html", values, status=status)


def _with_stage(definition: dict[str, Any]) -> dict[str, Any]:
    return definition | {"stages": [*definition["stages"], {}]}


def _without_stage(definition: dict[str, Any], command: str) -> dict[str, Any]:
    number = command.removeprefix("remove-")
    kept = [stage for at, stage in enumerate(definition["stages"]) if str(at) != number]
    return definition | {"stages": kept}


def _place(pointer: str) -> str:
    """Say where in the form a problem stands: ``/stages/1/quorum`` is "Stage 2, quorum"."""
    parts = [part for part in pointer.split("/") if part]
    if len(parts) > 1 and parts[0] == "stages" and parts[1].isdecimal():
        parts = [f"Stage {int(parts[1]) + 1}", *parts[2:]]
    words = [f"no. {int(part) + 1}" if part.isdecimal() else part.replace("_", " ") for part in parts]
    return ", ".join(words)
