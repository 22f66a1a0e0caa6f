"""Workflow templates and their versions."""

from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api.views import Resource
from apps.workflows.api.serializers import (
    CheckOut,
    CommentIn,
    DraftIn,
    PublishIn,
    TemplateDetailOut,
    TemplateOut,
    VersionDetailOut,
    VersionOut,
)
from apps.workflows.engine.schema import template_schema
from apps.workflows.selectors.templates import get_template, get_version, list_templates, list_versions
from apps.workflows.services import discard_draft, publish_version, retire_version, save_draft
from apps.workflows.services.templates import check_source


class Templates(Resource):
    actions = {"GET": "templates:read", "POST": "templates:write"}
    takes = {"POST": DraftIn}
    returns = {"GET": TemplateOut, "POST": VersionDetailOut}
    statuses = {"POST": 201}
    listing = True

    def get(self, request: Request) -> Response:
        """List the workflow templates."""
        self.query()
        return self.page(list_templates(), TemplateOut)

    def post(self, request: Request) -> Response:
        """Save a text as the draft of its template (which the text's key names)."""
        sent = self.read()
        draft = save_draft(source=sent["source"], tests=sent.get("tests"), actor=self.actor)
        location = f"/api/v1/workflow-templates/{draft.template.key}/versions/{draft.number}"
        return self.respond(VersionDetailOut, draft, status=201, location=location)


class TemplateSchema(Resource):
    actions = {"GET": "templates:read"}

    def get(self, request: Request) -> Response:
        """Read the JSON Schema of the template format."""
        self.query()
        return Response(template_schema())


class TemplateCheck(Resource):
    actions = {"POST": "templates:read"}
    takes = {"POST": DraftIn}
    returns = {"POST": CheckOut}

    def post(self, request: Request) -> Response:
        """Say what stands in the way of publishing a text; nothing is saved."""
        checked = check_source(self.read()["source"])
        problems = [problem.to_json() for problem in checked.problems]
        valid = all(problem["severity"] != "error" for problem in problems)
        return Response(CheckOut({"valid": valid, "problems": problems}).data)


class Template(Resource):
    actions = {"GET": "templates:read"}
    returns = {"GET": TemplateDetailOut}

    def get(self, request: Request, key: str) -> Response:
        """Read one template with its versions."""
        self.query()
        return Response(TemplateDetailOut(get_template(key)).data)


class Versions(Resource):
    actions = {"GET": "templates:read"}
    returns = {"GET": VersionOut}
    listing = True

    def get(self, request: Request, key: str) -> Response:
        """List the versions of a template."""
        self.query()
        return self.page(list_versions(key), VersionOut)


class Version(Resource):
    actions = {"GET": "templates:read"}
    returns = {"GET": VersionDetailOut}

    def get(self, request: Request, key: str, number: int) -> Response:
        """Read one version with its text."""
        self.query()
        return self.respond(VersionDetailOut, get_version(key, number))


class VersionPublish(Resource):
    actions = {"POST": "templates:publish"}
    takes = {"POST": PublishIn}
    returns = {"POST": VersionOut}

    def post(self, request: Request, key: str, number: int) -> Response:
        """Make a version the one that new runs follow; refused with line, path and remedy of every error.

        Where review is asked for, others must have agreed (``review_required``, ``own_work``); warnings need a reason.
        """
        sent = self.read()
        self.check_if_match(get_version(key, number))
        published = publish_version(template_key=key, number=number, actor=self.actor, reason=sent["reason"])
        return self.respond(VersionOut, published)


class VersionDiscard(Resource):
    actions = {"POST": "templates:write"}
    takes = {"POST": CommentIn}
    returns = {"POST": VersionOut}

    def post(self, request: Request, key: str, number: int) -> Response:
        """Give a draft up: nobody can edit or publish it any more; its text can still be read."""
        sent = self.read()
        self.check_if_match(get_version(key, number))
        version = discard_draft(template_key=key, number=number, actor=self.actor, reason=sent["comment"])
        return self.respond(VersionOut, version)


class VersionRetire(Resource):
    actions = {"POST": "templates:publish"}
    returns = {"POST": VersionOut}

    def post(self, request: Request, key: str, number: int) -> Response:
        """Take a version out of use; its running runs go on."""
        self.check_if_match(get_version(key, number))
        return self.respond(VersionOut, retire_version(template_key=key, number=number, actor=self.actor))
