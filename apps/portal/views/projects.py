"""Projects: the list, one project, and completing its milestones."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import content_disposition_header

from apps.core.clock import now
from apps.core.errors import Conflict
from apps.delivery.api.previews import preview_response
from apps.delivery.choices import MilestoneStatus, ProjectStatus, ReadinessStatus
from apps.delivery.models import Milestone
from apps.delivery.selectors import (
    document_content,
    get_milestone,
    project_detail,
    project_list,
    status_summary,
)
from apps.delivery.services.milestones import complete_milestone
from apps.delivery.summary import is_late
from apps.portal.paging import list_page
from apps.portal.views.base import StaffPage
from apps.portal.wording import counted
from apps.workflows.models import Run
from apps.workflows.selectors.runs import list_runs

_DONE = (MilestoneStatus.ACCEPTED, MilestoneStatus.READY_TO_BILL, MilestoneStatus.INVOICED)
PROJECT_TONES = {
    ProjectStatus.PREPARING: "info",
    ProjectStatus.ACTIVE: "brand",
    ProjectStatus.COMPLETED: "success",
    ProjectStatus.CANCELLED: "neutral",
}
_READINESS_TONES = {
    ReadinessStatus.UNCHECKED: "neutral",
    ReadinessStatus.BLOCKED: "warning",
    ReadinessStatus.READY: "success",
    ReadinessStatus.INVOICED: "success",
}


class ProjectsPage(StaffPage):
    """All projects the reader may see, each with where it stands."""

    section = "projects"
    action = "projects:read"

    def get(self, request: HttpRequest) -> HttpResponse:
        status = self.asked("status")
        status = status if status in ProjectStatus.values else ""
        search = self.asked("search")
        page = list_page(project_list(self.actor, status=status, search=search), request)
        lines = [
            (row, status_summary(row, self.actor), PROJECT_TONES[ProjectStatus(row.status)])
            for row in page.rows
        ]
        values = {
            "title": _title(len([1 for _row, summary, _tone in lines if summary.expected]), len(lines)),
            "lines": lines,
            "page": page,
            "status": status,
            "search": search,
            "statuses": ProjectStatus.choices,
        }
        return self.page("portal/projects/projects.html", values)


class ProjectPage(StaffPage):
    """One project: the next thing and who has it, then everything else."""

    section = "projects"
    action = "projects:read"

    def get(self, request: HttpRequest, project_id: UUID) -> HttpResponse:
        detail = project_detail(project_id, self.actor)
        today = now().date()
        values = {
            "project": detail.project,
            "deal": detail.project.deal,
            "tone": PROJECT_TONES[ProjectStatus(detail.project.status)],
            "summary": detail.summary,
            "holder": _holder(detail.milestones, detail.project.status),
            "drawn": [
                _drawn(milestone, milestone_state(milestone, detail.milestones))
                for milestone in detail.milestones
            ],
            "across": len(detail.milestones) <= 6,
            "lines": [_line(milestone) for milestone in detail.milestones],
            "late": any(is_late(milestone, today) for milestone in detail.milestones),
            "requirements": detail.requirements,
            "staffing": detail.staffing_requests,
            "runs": _runs(detail.run_id),
            "may_complete": self.may("milestones:complete"),
        }
        return self.page("portal/projects/project.html", values)


class MilestoneCompletePage(StaffPage):
    """The button on the project's page; nothing to look at by itself."""

    http_method_names = ["post"]
    section = "projects"
    action = "milestones:complete"

    def post(self, request: HttpRequest, milestone_id: UUID) -> HttpResponse:
        milestone = get_milestone(milestone_id, self.actor)
        here = reverse("portal:project", args=[milestone.project_id])
        try:
            complete_milestone(milestone_id=milestone_id, actor=self.actor, note=self.sent("reason")[:2000])
        except Conflict as error:
            if get_milestone(milestone_id, self.actor).completed_at is None:
                return self.came_late(here, error)
        return self.done(here, f"“{milestone.title}” is completed; the customer is asked to accept it.")


class DocumentPage(StaffPage):
    """The bytes of a document, as a download."""

    action = "documents:read"

    def get(self, request: HttpRequest, document_id: UUID) -> HttpResponse:
        document, content = document_content(document_id, self.actor)
        response = HttpResponse(content, content_type=document.content_type or "application/octet-stream")
        response.headers["Content-Disposition"] = (
            content_disposition_header(True, document.name) or "attachment"
        )
        response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
        return response


class DocumentPreviewPage(StaffPage):
    """A PDF or an image as a piece of one of our own pages; nothing in it may run or reach anywhere."""

    action = "documents:read"

    def get(self, request: HttpRequest, document_id: UUID) -> HttpResponse:
        return preview_response(*document_content(document_id, self.actor))


def milestone_state(milestone: Milestone, milestones: Sequence[Milestone]) -> str:
    """Return done, now, next or late, as the drawing names it."""
    if milestone.status in _DONE:
        return "done"
    if is_late(milestone, now().date()):
        return "late"
    current = next((row for row in milestones if row.status not in (*_DONE, MilestoneStatus.CANCELLED)), None)
    return "now" if current is not None and current.pk == milestone.pk else "next"


def _drawn(milestone: Milestone, state: str) -> dict[str, str]:
    due = f"due {milestone.due_on.day} {milestone.due_on:%b}" if milestone.due_on and state != "done" else ""
    return {"name": milestone.title, "state": state, "word": milestone.get_status_display(), "text": due}


def _line(milestone: Milestone) -> dict[str, Any]:
    readiness = getattr(milestone, "readiness", None)
    status = ReadinessStatus(readiness.status) if readiness else None
    return {
        "milestone": milestone,
        "readiness": readiness,
        "readiness_tone": _READINESS_TONES[status] if status else "neutral",
        "can_complete": milestone.status == MilestoneStatus.ACTIVE,
    }


def _holder(milestones: Sequence[Milestone], status: str) -> str:
    if status not in (ProjectStatus.PREPARING, ProjectStatus.ACTIVE):
        return ""
    if status == ProjectStatus.PREPARING:
        return "It is with the team that prepares the project."
    if any(milestone.status == MilestoneStatus.COMPLETED for milestone in milestones):
        return "It is with the customer."
    if any(milestone.status == MilestoneStatus.ACTIVE for milestone in milestones):
        return "It is with the delivery manager."
    return "It is with finance."


def _runs(run_id: UUID | None) -> list[Run]:
    if run_id is None:
        return []
    return list(list_runs().filter(Q(pk=run_id) | Q(parent_id=run_id)).order_by("id"))


def _title(waiting: int, shown: int) -> str:
    if not shown:
        return "Projects"
    if not waiting:
        return "No project here waits for you"
    return f"{counted(waiting, 'project')} here {'waits' if waiting == 1 else 'wait'} for you"
