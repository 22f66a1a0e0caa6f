"""Pauses of runs, templates and the workspace; a connection's are with connections."""

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api.views import Resource
from apps.workflows.api.filters import PauseFilters
from apps.workflows.api.serializers import RunDetailOut
from apps.workflows.api.steering_shapes import MaybeReasonIn, PauseIn, PauseOut
from apps.workflows.api.views.steering import shown
from apps.workflows.selectors.pauses import list_pauses
from apps.workflows.services.pauses import (
    pause_run,
    pause_template,
    pause_tenant,
    resume_run,
    resume_template,
    resume_tenant,
)


class Pauses(Resource):
    actions = {"GET": "runs:read"}
    returns = {"GET": PauseOut}
    filters = PauseFilters
    listing = True

    def get(self, request: Request) -> Response:
        """List the pauses."""
        asked = self.query()
        return self.page(list_pauses(is_open=asked.pop("open", None), **asked), PauseOut)


class RunPause(Resource):
    actions = {"POST": "runs:write"}
    takes = {"POST": PauseIn}
    returns = {"POST": RunDetailOut}

    def post(self, request: Request, run_id: UUID) -> Response:
        """Hold a run where it is; what was asked before is still answered."""
        pause_run(run_id=run_id, actor=self.actor, **self.read())
        return shown(run_id)


class RunResume(Resource):
    actions = {"POST": "runs:write"}
    takes = {"POST": MaybeReasonIn}
    returns = {"POST": RunDetailOut}

    def post(self, request: Request, run_id: UUID) -> Response:
        """Let a run go on."""
        resume_run(run_id=run_id, actor=self.actor, **self.read())
        return shown(run_id)


class TemplatePause(Resource):
    actions = {"POST": "templates:pause"}
    takes = {"POST": PauseIn}
    returns = {"POST": PauseOut}

    def post(self, request: Request, key: str) -> Response:
        """Hold every run of a template and those started from now on; they follow within seconds."""
        pause = pause_template(template_key=key, actor=self.actor, **self.read())
        return Response(PauseOut(pause).data)


class TemplateResume(Resource):
    actions = {"POST": "templates:pause"}
    takes = {"POST": MaybeReasonIn}
    returns = {"POST": PauseOut}

    def post(self, request: Request, key: str) -> Response:
        """Let the runs of a template go on."""
        pause = resume_template(template_key=key, actor=self.actor, **self.read())
        return Response(PauseOut(pause).data)


class WorkspacePause(Resource):
    actions = {"POST": "workspace:pause"}
    takes = {"POST": PauseIn}
    returns = {"POST": PauseOut}

    def post(self, request: Request) -> Response:
        """Hold every run of the workspace and those started from now on."""
        return Response(PauseOut(pause_tenant(actor=self.actor, **self.read())).data)


class WorkspaceResume(Resource):
    actions = {"POST": "workspace:pause"}
    takes = {"POST": MaybeReasonIn}
    returns = {"POST": PauseOut}

    def post(self, request: Request) -> Response:
        """Let the runs of the workspace go on."""
        return Response(PauseOut(resume_tenant(actor=self.actor, **self.read())).data)
