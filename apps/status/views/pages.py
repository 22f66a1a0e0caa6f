"""The pages: one project, several, a deal on its way to become one, a document."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header

from apps.core.actor import Actor
from apps.delivery.api.previews import preview_response
from apps.delivery.selectors import document_content
from apps.status.decision_types import DecisionLine
from apps.status.forms import DocumentForm
from apps.status.selectors import deal_pages, list_projects, project_page
from apps.status.selectors.decisions import waiting_decisions
from apps.status.types import DealPage, DocumentLine, Need
from apps.status.views.base import SeeOther, StatusPage
from apps.status.wording import home_title, with_decisions


class Home(StatusPage):
    """My project; or, if there are several, which one."""

    def get(self, request: HttpRequest) -> HttpResponse:
        projects = list_projects(self.actor)
        deals = [] if self.is_preview else deal_pages(self.actor)
        decisions = [] if self.is_preview else waiting_decisions(self.actor)
        if len(projects) == 1 and not deals and not self.is_preview:
            context = project_context(projects[0].id, self.actor, decisions=decisions)
            return self.page("status/project.html", context)
        if len(deals) == 1 and not projects:
            return self.page("status/deal.html", deal_context(deals[0], decisions=decisions))
        waiting = sum(line.needs for line in projects) + sum(len(page.needs) for page in deals)
        title = home_title(len(projects) + len(deals), waiting + len(decisions), preview=self.is_preview)
        values = {"title": title, "projects": projects, "deals": deals, "decisions": decisions}
        return self.page("status/home.html", values)


class ProjectStatus(StatusPage):
    """One project."""

    def get(self, request: HttpRequest, project_id: UUID) -> HttpResponse:
        return self.page("status/project.html", project_context(project_id, self.actor))


class DealStatus(StatusPage):
    """A deal that has no project yet; once it has one, the address leads there."""

    def get(self, request: HttpRequest, deal_id: UUID) -> HttpResponse:
        deal = next((page for page in deal_pages(self.actor) if page.deal.id == deal_id), None)
        if deal is None:
            return SeeOther("/status/")
        return self.page("status/deal.html", deal_context(deal))


class DocumentFile(StatusPage):
    """The bytes of a document, to be saved and never shown in the page's own name."""

    def get(self, request: HttpRequest, document_id: UUID) -> HttpResponse:
        document, content = document_content(document_id, self.actor)
        response = HttpResponse(content, content_type=document.content_type)
        response["Content-Disposition"] = content_disposition_header(True, document.name)
        response["Content-Security-Policy"] = "default-src 'none'; sandbox"
        return response


class DocumentPreview(StatusPage):
    """A PDF or an image as a piece of one of our own pages."""

    def get(self, request: HttpRequest, document_id: UUID) -> HttpResponse:
        return preview_response(*document_content(document_id, self.actor))


def project_context(
    project_id: UUID,
    actor: Actor,
    sent: DocumentForm | None = None,
    decisions: Sequence[DecisionLine] | None = None,
) -> dict[str, Any]:
    """Return what the template of a project needs; ``sent`` is a form that could not be taken.

    ``decisions`` are those to be shown, None: those of the project.
    """
    page = project_page(project_id, actor)
    if decisions is None:
        run_id = page.project.deal.run_id
        decisions = waiting_decisions(actor, run_id) if run_id else []
    headline = with_decisions(page.headline, len(decisions))
    return {
        "page": page,
        "headline": headline,
        "decisions": decisions,
        **_with_forms(page.needs, page.documents, sent),
    }


def deal_context(
    page: DealPage, sent: DocumentForm | None = None, decisions: Sequence[DecisionLine] = ()
) -> dict[str, Any]:
    """Return what the template of a deal needs."""
    headline = with_decisions(page.headline, len(decisions))
    return {
        "page": page,
        "headline": headline,
        "decisions": decisions,
        **_with_forms(page.needs, page.documents, sent),
    }


def _with_forms(
    needs: Iterable[Need], documents: Iterable[DocumentLine], sent: DocumentForm | None
) -> Mapping[str, Any]:
    """Put the form for its document beside each need, and beside each document that is here already."""
    asked = {need.requirement.id for need in needs if need.requirement}
    return {
        "needs": [(need, _form(need.requirement, sent)) for need in needs],
        "documents": [
            (line, None if line.requirement.id in asked else _form(line.requirement, sent))
            for line in documents
        ],
    }


def _form(requirement: Any, sent: DocumentForm | None) -> DocumentForm | None:
    if requirement is None:
        return None
    return sent if sent is not None and sent.requirement.id == requirement.id else DocumentForm(requirement)
