"""User tasks: the form, and what was filled in."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from apps.core.errors import Conflict, Invalid, NotFound
from apps.portal.schema_forms import SchemaForm, form_for
from apps.portal.selectors.offers import offers_of
from apps.portal.views.base import StaffPage
from apps.portal.wording import facts_of
from apps.workflows.choices import TaskStatus
from apps.workflows.models import UserTask
from apps.workflows.policies import may_complete
from apps.workflows.selectors.cases import get_task
from apps.workflows.services import complete_user_task
from apps.workflows.services.proposals import accept_proposal, reject_proposal


class TaskPage(StaffPage):
    """One task: a form while it is open, its answer afterwards."""

    section = "inbox"
    action = "user_tasks:read"

    def get(self, request: HttpRequest, task_id: UUID) -> HttpResponse:
        task = get_task(task_id)
        return self._show(task, form_for(task.form, prefill=task.prefill))

    def post(self, request: HttpRequest, task_id: UUID) -> HttpResponse:
        task = get_task(task_id)
        here = reverse("portal:task", args=[task_id])
        if "accept" in request.POST or "reject" in request.POST:
            return self._decide(here)
        form = form_for(task.form, prefill=task.prefill, data=request.POST)
        if task.status == TaskStatus.OPEN and not form.is_valid():
            return self._show(task, form, 422)
        try:
            complete_user_task(
                task_id=task_id, output=form.answer() if form.is_valid() else {}, actor=self.actor
            )
        except Conflict as error:
            return self.came_late(here, error)
        except Invalid as error:
            form.show_problems(error.errors)
            return self._show(task, form, 422)
        return self.done(here, "Done; the run goes on.")

    def _decide(self, here: str) -> HttpResponse:
        """Accept or reject what an assistant has proposed."""
        command = "accept" if "accept" in self.request.POST else "reject"
        try:
            proposal_id = UUID(self.sent(command))
        except ValueError:
            raise NotFound("not_found", "There is no such proposal.") from None
        try:
            if command == "accept":
                accept_proposal(proposal_id=proposal_id, actor=self.actor)
            else:
                reject_proposal(proposal_id=proposal_id, actor=self.actor, reason=self.sent("reason"))
        except Conflict as error:
            return self.came_late(here, error)
        words = "Accepted; the run goes on." if command == "accept" else "Rejected; the step still waits."
        return self.done(here, words)

    def _show(self, task: UserTask, form: SchemaForm, status: int = 200) -> HttpResponse:
        values = {
            "task": task,
            "form": form,
            "facts": facts_of(task.show),
            "answer": facts_of(task.output),
            "is_open": task.status == TaskStatus.OPEN,
            "may_complete": may_complete(self.actor, task),
            "offers": offers_of(task, self.actor) if task.is_assisted else [],
        }
        return self.page("portal/tasks/task.html", values, status=status)
