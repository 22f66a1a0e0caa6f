"""User tasks and exceptions."""

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api.views import Resource
from apps.workflows.api.filters import ExceptionFilters, TaskFilters
from apps.workflows.api.serializers import (
    EditAndRetryIn,
    ExceptionDetailOut,
    ExceptionOut,
    ReasonIn,
    RetryIn,
    SkipIn,
    TaskAnswerIn,
    TaskOut,
)
from apps.workflows.choices import BulkAbout
from apps.workflows.filtering import read_filter
from apps.workflows.selectors.cases import get_case, get_task, list_cases, list_tasks
from apps.workflows.services import complete_user_task
from apps.workflows.services.parked import release_case
from apps.workflows.services.resolving import dismiss_case, retry_case, roll_back_case, skip_case


class UserTasks(Resource):
    actions = {"GET": "user_tasks:read"}
    returns = {"GET": TaskOut}
    filters = TaskFilters
    listing = True

    def get(self, request: Request) -> Response:
        """List the user tasks."""
        asked = self.query()
        run_id = asked.pop("run", None)
        return self.page(list_tasks(run_id=run_id, **asked), TaskOut)


class OneUserTask(Resource):
    actions = {"GET": "user_tasks:read"}
    returns = {"GET": TaskOut}

    def get(self, request: Request, task_id: UUID) -> Response:
        """Read a user task with its form."""
        self.query()
        return self.respond(TaskOut, get_task(task_id))


class UserTaskComplete(Resource):
    actions = {"POST": "user_tasks:complete"}
    takes = {"POST": TaskAnswerIn}
    returns = {"POST": TaskOut}

    def post(self, request: Request, task_id: UUID) -> Response:
        """Complete a task with what its form asks for."""
        task = complete_user_task(task_id=task_id, output=self.read()["output"], actor=self.actor)
        return self.respond(TaskOut, task)


class Exceptions(Resource):
    actions = {"GET": "exceptions:read"}
    returns = {"GET": ExceptionOut}
    filters = ExceptionFilters
    listing = True

    def get(self, request: Request) -> Response:
        """List the exceptions."""
        asked = self.query()
        run_id = asked.pop("run", None)
        wanted = read_filter(BulkAbout.EXCEPTION, asked, "")
        return self.page(list_cases(run_id=run_id, **wanted), ExceptionOut)


class OneException(Resource):
    actions = {"GET": "exceptions:read"}
    returns = {"GET": ExceptionDetailOut}

    def get(self, request: Request, case_id: UUID) -> Response:
        """Read an exception with its details."""
        self.query()
        return Response(ExceptionDetailOut(get_case(case_id)).data)


class ExceptionRetry(Resource):
    actions = {"POST": "exceptions:resolve"}
    takes = {"POST": RetryIn}
    returns = {"POST": ExceptionDetailOut}

    def post(self, request: Request, case_id: UUID) -> Response:
        """Try the step again."""
        case = retry_case(case_id=case_id, actor=self.actor, reason=self.read()["reason"])
        return Response(ExceptionDetailOut(case).data)


class ExceptionEditAndRetry(Resource):
    actions = {"POST": "exceptions:resolve"}
    takes = {"POST": EditAndRetryIn}
    returns = {"POST": ExceptionDetailOut}

    def post(self, request: Request, case_id: UUID) -> Response:
        """Try the step again with a changed input."""
        sent = self.read()
        case = retry_case(case_id=case_id, actor=self.actor, reason=sent["reason"], payload=sent["payload"])
        return Response(ExceptionDetailOut(case).data)


class ExceptionSkip(Resource):
    actions = {"POST": "exceptions:resolve"}
    takes = {"POST": SkipIn}
    returns = {"POST": ExceptionDetailOut}

    def post(self, request: Request, case_id: UUID) -> Response:
        """Declare the step done, with an output of your own where later steps need one."""
        sent = self.read()
        case = skip_case(case_id=case_id, actor=self.actor, reason=sent["reason"], output=sent.get("output"))
        return Response(ExceptionDetailOut(case).data)


class ExceptionRollBack(Resource):
    actions = {"POST": "exceptions:resolve"}
    takes = {"POST": ReasonIn}
    returns = {"POST": ExceptionDetailOut}

    def post(self, request: Request, case_id: UUID) -> Response:
        """Undo what the run has done, last first, and end it."""
        case = roll_back_case(case_id=case_id, actor=self.actor, reason=self.read()["reason"])
        return Response(ExceptionDetailOut(case).data)


class ExceptionRelease(Resource):
    actions = {"POST": "exceptions:resolve"}
    takes = {"POST": RetryIn}
    returns = {"POST": ExceptionDetailOut}

    def post(self, request: Request, case_id: UUID) -> Response:
        """Have work that was given up after repeated failures tried again."""
        case = release_case(case_id=case_id, actor=self.actor, reason=self.read()["reason"])
        return Response(ExceptionDetailOut(case).data)


class ExceptionDismiss(Resource):
    actions = {"POST": "exceptions:resolve"}
    takes = {"POST": ReasonIn}
    returns = {"POST": ExceptionDetailOut}

    def post(self, request: Request, case_id: UUID) -> Response:
        """Close an exception that stopped no run and needs nothing more."""
        case = dismiss_case(case_id=case_id, actor=self.actor, reason=self.read()["reason"])
        return Response(ExceptionDetailOut(case).data)
