"""Four eyes on versions of workflow templates, and taking one back into use."""

from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api.views import Resource
from apps.core.errors import NotFound
from apps.workflows.api.filters import DifferenceFilters
from apps.workflows.api.serializers import (
    CommentIn,
    DifferenceOut,
    NeededCommentIn,
    ReviewOut,
    RollBackIn,
    RollBackOut,
    VersionOut,
    WorkflowSettingsShape,
)
from apps.workflows.selectors.differences import compare_versions, version_before
from apps.workflows.selectors.reviews import review_mode
from apps.workflows.selectors.templates import get_version
from apps.workflows.services import (
    agree_to_version,
    send_version_back,
    set_review_mode,
    submit_version,
    withdraw_version,
)
from apps.workflows.services.taking_back import take_back_template


class Reviews(Resource):
    actions = {"GET": "templates:read"}
    returns = {"GET": ReviewOut}
    listing = True

    def get(self, request: Request, key: str, number: int) -> Response:
        """List what was said about a version, the oldest first."""
        self.query()
        return self.page(get_version(key, number).reviews.all(), ReviewOut, oldest_first=True)


class VersionDifference(Resource):
    actions = {"GET": "templates:read"}
    returns = {"GET": DifferenceOut}
    filters = DifferenceFilters

    def get(self, request: Request, key: str, number: int) -> Response:
        """Read what differs from another version to this one: step by step, in words, and as text."""
        against = self.query().get("against")
        after = get_version(key, number)
        before = get_version(key, against) if against else version_before(after)
        if before is None:
            raise NotFound("nothing_to_compare", "There is no earlier version to compare with.")
        found = compare_versions(before, after)
        body = {"before": before.number, "after": after.number, "text": found.text} | found.steps.to_json()
        return Response(DifferenceOut(body).data)


class VersionSubmit(Resource):
    actions = {"POST": "templates:write"}
    takes = {"POST": CommentIn}
    returns = {"POST": VersionOut}

    def post(self, request: Request, key: str, number: int) -> Response:
        """Hand a draft in for review; refused with line, path and remedy of every error."""
        sent = self.read()
        self.check_if_match(get_version(key, number))
        version = submit_version(template_key=key, number=number, actor=self.actor, comment=sent["comment"])
        return self.respond(VersionOut, version)


class VersionAgree(Resource):
    actions = {"POST": "templates:review"}
    takes = {"POST": CommentIn}
    returns = {"POST": VersionOut}

    def post(self, request: Request, key: str, number: int) -> Response:
        """Agree to a version in review, as another author or as its control owner."""
        sent = self.read()
        self.check_if_match(get_version(key, number))
        version = agree_to_version(template_key=key, number=number, actor=self.actor, comment=sent["comment"])
        return self.respond(VersionOut, version)


class VersionSendBack(Resource):
    actions = {"POST": "templates:review"}
    takes = {"POST": NeededCommentIn}
    returns = {"POST": VersionOut}

    def post(self, request: Request, key: str, number: int) -> Response:
        """Ask for changes: the version is a draft again."""
        sent = self.read()
        version = send_version_back(
            template_key=key, number=number, actor=self.actor, comment=sent["comment"]
        )
        return self.respond(VersionOut, version)


class VersionWithdraw(Resource):
    actions = {"POST": "templates:write"}
    takes = {"POST": CommentIn}
    returns = {"POST": VersionOut}

    def post(self, request: Request, key: str, number: int) -> Response:
        """Take a version back from review to change it."""
        sent = self.read()
        version = withdraw_version(template_key=key, number=number, actor=self.actor, comment=sent["comment"])
        return self.respond(VersionOut, version)


class VersionRollBack(Resource):
    actions = {"POST": "templates:publish"}
    takes = {"POST": RollBackIn}
    returns = {"POST": RollBackOut}

    def post(self, request: Request, key: str, number: int) -> Response:
        """Take an earlier version back into use, with everything it holds.

        Running work stays where it is; with ``running: migrate`` a dry run says what following it would mean for each run.
        """
        sent = self.read()
        version, migration = take_back_template(
            template_key=key,
            number=number,
            actor=self.actor,
            reason=sent["reason"],
            migrate=sent["running"] == "migrate",
        )
        version.migration = migration.id if migration else None  # type: ignore[attr-defined]
        return self.respond(RollBackOut, version)


class Settings(Resource):
    actions = {"GET": "templates:read", "PATCH": "workflow_settings:manage"}
    takes = {"PATCH": WorkflowSettingsShape}
    returns = {"GET": WorkflowSettingsShape, "PATCH": WorkflowSettingsShape}

    def get(self, request: Request) -> Response:
        """Read what the workspace has decided about its workflow templates."""
        self.query()
        return Response({"review_mode": review_mode()})

    def patch(self, request: Request) -> Response:
        """Say which templates need four eyes before they are published."""
        return Response({"review_mode": set_review_mode(mode=self.read()["review_mode"], actor=self.actor)})
