"""Templates as BPMN 2.0 diagrams: download one, bring one in."""

from django.http import HttpRequest, HttpResponse

from apps.core.errors import Conflict, Invalid
from apps.portal.views.base import StaffPage
from apps.workflows.bpmn.xml import MAX_BYTES
from apps.workflows.selectors.templates import get_version
from apps.workflows.services.bpmn_files import ImportedDiagram, draw_version, import_diagram


class DiagramFilePage(StaffPage):
    """A version as a file for a modeler."""

    section = "templates"
    action = "templates:read"

    def get(self, request: HttpRequest, key: str, number: int) -> HttpResponse:
        response = HttpResponse(draw_version(get_version(key, number)), content_type="application/xml")
        response["Content-Disposition"] = f'attachment; filename="{key}-{number}.bpmn"'
        response["X-Content-Type-Options"] = "nosniff"
        return response


class DiagramImportPage(StaffPage):
    """Choose a diagram; it becomes a draft, and what could not be read is listed with its place."""

    section = "templates"
    action = "templates:write"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._show()

    def post(self, request: HttpRequest) -> HttpResponse:
        text = self._text()
        if not text:
            problem = f"Choose a BPMN file of at most {MAX_BYTES // (1024 * 1024)} MB."
            return self._show(refusal=Invalid("no_file", problem), status=422)
        try:
            made = import_diagram(text=text, actor=self.actor, replace=self.sent("replace") == "yes")
        except Invalid as error:
            return self._show(refusal=error, status=422)
        except Conflict as error:
            return self._show(refusal=error, diagram=text, status=409)
        return self._show(made)

    def _text(self) -> str:
        """The drawing: the file chosen, or what was shown before and is to overwrite the draft; empty for neither."""
        sent = self.request.FILES.get("file")
        if sent is None:
            return self.request.POST.get("diagram", "").replace("\x00", "")
        return "" if (sent.size or 0) > MAX_BYTES else str(sent.read().decode("utf-8", "replace"))

    def _show(
        self,
        made: ImportedDiagram | None = None,
        *,
        refusal: Invalid | Conflict | None = None,
        diagram: str = "",
        status: int = 200,
    ) -> HttpResponse:
        title = (
            f"“{made.draft.template.name}” is a draft now" if made else "Which diagram becomes a workflow?"
        )
        values = {
            "title": title,
            "made": made,
            "refusal": refusal,
            "exists": bool(diagram),
            "diagram": diagram,
            "max_bytes": MAX_BYTES,
        }
        return self.page("portal/templates/import_bpmn.html", values, status=status)
