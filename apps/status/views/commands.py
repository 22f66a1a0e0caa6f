"""What a customer does: send a document, accept a milestone, say what is missing."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from apps.core.errors import Conflict, DomainError, Forbidden, Invalid, NotFound
from apps.core.templatetags.ui import exact_words
from apps.delivery.models import DocumentRequirement, Milestone
from apps.delivery.selectors import get_milestone
from apps.delivery.services.documents import upload_document
from apps.delivery.services.milestones import accept_milestone, send_back_milestone
from apps.status.forms import DocumentForm
from apps.status.selectors import deal_pages, needed_document
from apps.status.views.base import StatusCommand
from apps.status.views.pages import deal_context, project_context


class UploadDocument(StatusCommand):
    """Take a file for a needed document; a refused one is answered by the same page, with the reason beside the field."""

    def post(self, request: HttpRequest, requirement_id: UUID) -> HttpResponse:
        requirement, project_id = needed_document(requirement_id, self.actor)
        self.refuse_preview()
        form = DocumentForm(requirement, request.POST, request.FILES)
        if not form.is_valid():
            return self._refused(project_id, requirement, form)
        file = form.cleaned_data["file"]
        try:
            document = upload_document(
                requirement_id=requirement.id,
                actor=self.actor,
                name=file.name or "",
                content=file.read(),
                valid_until=form.cleaned_data.get("valid_until"),
            )
        except (NotFound, Forbidden):
            raise
        except DomainError as error:
            form.take(error)
            return self._refused(project_id, requirement, form)
        return self.done(
            _page_of(project_id, requirement), f"Thank you. {document.name} is here, and we go on with it."
        )

    def _refused(
        self, project_id: UUID | None, requirement: DocumentRequirement, form: DocumentForm
    ) -> HttpResponse:
        form.point_to_errors()
        if project_id is not None:
            return self.page("status/project.html", project_context(project_id, self.actor, form), status=422)
        pages = [page for page in deal_pages(self.actor) if page.deal.id == requirement.deal_id]
        if not pages:
            raise NotFound("not_found", "There is no such document.")
        return self.page("status/deal.html", deal_context(pages[0], form), status=422)


class MilestoneCommand(StatusCommand):
    """A command on a milestone that the customer was asked to accept."""

    def came_late(self, milestone_id: UUID, error: Conflict) -> HttpResponse:
        """A second click, or somebody else was faster: say how things stand, and who did it."""
        milestone = get_milestone(milestone_id, self.actor)
        context = project_context(milestone.project_id, self.actor)
        return self.page("status/project.html", {**context, "late": late_words(milestone, error)}, status=409)


class AcceptMilestone(MilestoneCommand):
    """Accept a milestone."""

    def post(self, request: HttpRequest, milestone_id: UUID) -> HttpResponse:
        get_milestone(milestone_id, self.actor)
        self.refuse_preview()
        try:
            milestone = accept_milestone(
                milestone_id=milestone_id, actor=self.actor, comment=self.sent("reason")
            )
        except Conflict as error:
            return self.came_late(milestone_id, error)
        return self.done(_project_url(milestone), f"Thank you. You have accepted “{milestone.title}”.")


class SendBackMilestone(MilestoneCommand):
    """Say that a milestone is not done, and what is missing."""

    def post(self, request: HttpRequest, milestone_id: UUID) -> HttpResponse:
        milestone = get_milestone(milestone_id, self.actor)
        self.refuse_preview()
        reason = self.sent("reason")
        try:
            send_back_milestone(milestone_id=milestone_id, actor=self.actor, reason=reason)
        except Conflict as error:
            return self.came_late(milestone_id, error)
        except Invalid as error:
            context = project_context(milestone.project_id, self.actor)
            refused = {"milestone_id": milestone_id, "text": error.detail}
            return self.page("status/project.html", {**context, "refused": refused}, status=422)
        return self.done(_project_url(milestone), f"Thank you. We look at “{milestone.title}” again.")


def late_words(milestone: Milestone, error: Conflict) -> str:
    """Say why the command came late."""
    if milestone.accepted_at is not None:
        by = f" by {milestone.accepted_by_label}" if milestone.accepted_by_label else ""
        when = exact_words(milestone.accepted_at)
        return f"“{milestone.title}” has been accepted already{by} ({when}). Nothing was changed."
    return f"“{milestone.title}” does not wait for your acceptance at the moment. Nothing was changed."


def _project_url(milestone: Milestone) -> str:
    return reverse("status:project", args=[milestone.project_id])


def _page_of(project_id: UUID | None, requirement: DocumentRequirement) -> str:
    if project_id is None:
        return reverse("status:deal", args=[requirement.deal_id])
    return reverse("status:project", args=[project_id])
