"""Templates between workspaces, and compared with each other: export, import, ranking."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from apps.core.errors import Conflict, DomainError, Invalid
from apps.portal.selectors.ranking_view import dots_of, lines_of
from apps.portal.views.base import StaffPage
from apps.workflows.engine.difference import compare_text, shown
from apps.workflows.selectors.ranking import DAYS, rank_templates
from apps.workflows.selectors.templates import get_version
from apps.workflows.services.exporting import export_version
from apps.workflows.services.importing import ImportPlan, import_bundle, plan_import

MAX_BYTES = 2 * 1024 * 1024


class VersionExportPage(StaffPage):
    """A version as a file to be imported elsewhere."""

    section = "templates"
    action = "templates:write"

    def get(self, request: HttpRequest, key: str, number: int) -> HttpResponse:
        bundle = export_version(get_version(key, number), actor=self.actor)
        text = json.dumps(bundle, indent=2, ensure_ascii=False)
        response = HttpResponse(text, content_type="application/json")
        response["Content-Disposition"] = f'attachment; filename="{key}-{number}.bundle.json"'
        return response


class TemplateImportPage(StaffPage):
    """Choose a file, see what it would do here, settle what was changed on both sides, import it as a draft."""

    section = "templates"
    action = "templates:write"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._show()

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            text = self._text()
            bundle = _read(text)
            choices = {
                name.removeprefix("choice:"): value
                for name, value in request.POST.items()
                if name.startswith("choice:") and isinstance(value, str) and value in ("mine", "theirs")
            }
            if self.sent("command") == "import":
                return self._import(bundle, choices, text)
            return self._show(plan_import(bundle=bundle, actor=self.actor, choices=choices), text)
        except Invalid as error:
            return self._show(refusal=error, status=422)

    def _import(self, bundle: Any, choices: dict[str, str], text: str) -> HttpResponse:
        try:
            draft = import_bundle(bundle=bundle, actor=self.actor, choices=choices)
        except Conflict as error:
            plan = plan_import(bundle=bundle, actor=self.actor, choices=choices)
            return self._show(plan, text, refusal=error, status=409)
        here = reverse("portal:template_version", args=[draft.template.key, draft.number])
        return self.done(
            here, f"Imported as the draft, version {draft.number}. Look at what changes, then hand it in."
        )

    def _text(self) -> str:
        file = self.request.FILES.get("file")
        if file is None:
            return self.request.POST.get("bundle", "").replace("\x00", "")
        if (file.size or 0) > MAX_BYTES:
            raise Invalid("too_large", "The file is larger than 2 MB, which no bundle is.")
        return str(file.read().decode("utf-8", "replace"))

    def _show(
        self,
        plan: ImportPlan | None = None,
        text: str = "",
        *,
        refusal: DomainError | None = None,
        status: int = 200,
    ) -> HttpResponse:
        conflicts = [
            one | {"mine_shown": _side(one, "mine"), "theirs_shown": _side(one, "theirs")}
            for one in (plan.conflicts if plan else [])
        ]
        values = {
            "title": f"Import “{plan.name}”" if plan else "Import a template",
            "plan": plan,
            "conflicts": conflicts,
            "slots_ready": plan is not None and all(slot.ok for slot in plan.slots),
            "bundle": text,
            "refusal": refusal,
        }
        return self.page("portal/templates/import.html", values, status=status)


class RankingPage(StaffPage):
    """Which templates to work on next: value against risk, drawn and as a table."""

    section = "templates"
    action = "templates:read"

    def get(self, request: HttpRequest) -> HttpResponse:
        ranked = rank_templates()
        best = next((one for one in ranked if one.advice.startswith("Automate")), None)
        title = f"Automate next: {best.name}" if best else "What to automate next"
        values = {"title": title, "days": DAYS, "dots": dots_of(ranked), "lines": lines_of(ranked)}
        return self.page("portal/templates/ranking.html", values)


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Invalid(
            "no_bundle", "This file is no bundle of a workflow template. Export one and choose that file."
        ) from error


def _side(conflict: dict[str, Any], side: str) -> str:
    """Return one side of a conflict for reading; of two texts, what choosing it would change in the other."""
    chosen, other = conflict[side], conflict["theirs" if side == "mine" else "mine"]
    if isinstance(chosen, str) and isinstance(other, str) and "\n" in chosen + other:
        return "\n".join(compare_text(other, chosen)[2:])
    return shown(chosen)
