"""Milestones and documents over REST: read, complete, accept, send back, upload."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.http import content_disposition_header
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api.parsers import StrictJSONParser
from apps.core.api.schema import ResourceSchema
from apps.core.api.views import Resource
from apps.delivery import selectors
from apps.delivery.api import inputs
from apps.delivery.api import serializers as shapes
from apps.delivery.content import EXTENSIONS
from apps.delivery.exceptions import not_found
from apps.delivery.services.documents import upload_document
from apps.delivery.services.milestones import accept_milestone, complete_milestone, send_back_milestone


class Milestones(Resource):
    actions = {"GET": "projects:read"}
    returns = {"GET": shapes.MilestoneShape}
    filters = inputs.MilestoneFilters
    listing = True

    def get(self, request: Request) -> Response:
        """List the milestones of all projects, the newest first."""
        return self.page(selectors.list_milestones(self.actor).filter(**self.query()), shapes.MilestoneShape)


class OneMilestone(Resource):
    actions = {"GET": "projects:read"}
    returns = {"GET": shapes.MilestoneShape}

    def get(self, request: Request, milestone_id: UUID) -> Response:
        """Show a milestone."""
        return self.respond(shapes.MilestoneShape, selectors.get_milestone(milestone_id, self.actor))


class MilestoneCompletion(Resource):
    actions = {"POST": "milestones:complete"}
    takes = {"POST": inputs.CompletionInput}
    returns = {"POST": shapes.MilestoneShape}

    def post(self, request: Request, milestone_id: UUID) -> Response:
        """Say that a milestone is done; the customer is asked to accept it."""
        milestone = complete_milestone(milestone_id=milestone_id, actor=self.actor, **self.read())
        return self.respond(shapes.MilestoneShape, milestone)


class MilestoneAcceptance(Resource):
    actions = {"POST": "milestones:accept"}
    takes = {"POST": inputs.AcceptanceInput}
    returns = {"POST": shapes.MilestoneShape}

    def post(self, request: Request, milestone_id: UUID) -> Response:
        """Accept a milestone; only the customer's own people may."""
        milestone = accept_milestone(milestone_id=milestone_id, actor=self.actor, **self.read())
        return self.respond(shapes.MilestoneShape, milestone)


class MilestoneReturn(Resource):
    actions = {"POST": "milestones:accept"}
    takes = {"POST": inputs.SendBackInput}
    returns = {"POST": shapes.MilestoneShape}

    def post(self, request: Request, milestone_id: UUID) -> Response:
        """Send a milestone back with the reason; it is in progress again."""
        milestone = send_back_milestone(milestone_id=milestone_id, actor=self.actor, **self.read())
        return self.respond(shapes.MilestoneShape, milestone)


class MilestoneReadiness(Resource):
    actions = {"GET": "billing:read"}
    returns = {"GET": shapes.ReadinessShape}

    def get(self, request: Request, milestone_id: UUID) -> Response:
        """Show whether a milestone may be billed, and why or why not."""
        readiness = getattr(selectors.get_milestone(milestone_id, self.actor), "readiness", None)
        if readiness is None:
            raise not_found("billing readiness: it is checked once the milestone is accepted")
        return self.respond(shapes.ReadinessShape, readiness)


class Documents(Resource):
    actions = {"GET": "documents:read", "POST": "documents:write"}
    takes = {"POST": inputs.DocumentInput}
    returns = {"GET": shapes.DocumentShape, "POST": shapes.DocumentShape}
    statuses = {"POST": 201}
    filters = inputs.DocumentFilters
    listing = True
    parser_classes = (StrictJSONParser, MultiPartParser)

    def get(self, request: Request) -> Response:
        """List the documents received, the newest first."""
        wanted = self.query()
        if "deal_id" in wanted:
            wanted["requirement__deal_id"] = wanted.pop("deal_id")
        if "kind" in wanted:
            wanted["requirement__kind"] = wanted.pop("kind")
        return self.page(selectors.list_documents(self.actor).filter(**wanted), shapes.DocumentShape)

    def post(self, request: Request) -> Response:
        """Upload a document for a requirement: PDF, Word, PNG or JPEG up to 10 MB."""
        document = upload_document(actor=self.actor, **self.read())
        location = f"/api/v1/documents/{document.id}"
        return self.respond(shapes.DocumentShape, document, status=201, location=location)


class OneDocument(Resource):
    actions = {"GET": "documents:read"}
    returns = {"GET": shapes.DocumentShape}

    def get(self, request: Request, document_id: UUID) -> Response:
        """Show what is known of a document."""
        document = selectors.list_documents(self.actor).filter(pk=document_id).first()
        if document is None:
            raise not_found("document")
        return self.respond(shapes.DocumentShape, document)


class _FileSchema(ResourceSchema):
    """The answer is the file itself."""

    def get_response_serializers(self) -> Any:
        refusals: Mapping[Any, Any] = super().get_response_serializers()
        files = {(200, content_type): OpenApiResponse(OpenApiTypes.BINARY) for content_type in EXTENSIONS}
        return files | {"default": refusals["default"]}


class DocumentFile(Resource):
    actions = {"GET": "documents:read"}
    schema = _FileSchema()

    def get(self, request: Request, document_id: UUID) -> HttpResponse:
        """Download a document."""
        document, content = selectors.document_content(document_id, self.actor)
        response = HttpResponse(content, content_type=document.content_type)
        disposition = content_disposition_header(as_attachment=True, filename=document.name)
        response.headers["Content-Disposition"] = disposition or "attachment"
        # Somebody else's file: nothing in it may run on our host.
        response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response
