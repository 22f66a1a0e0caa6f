"""Templates as BPMN 2.0 files."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api.schema import ResourceSchema
from apps.core.api.views import Resource
from apps.workflows.api.serializers import VersionDetailOut
from apps.workflows.bpmn.xml import MAX_BYTES
from apps.workflows.selectors.templates import get_version
from apps.workflows.services.bpmn_files import draw_version, import_diagram

Shape = serializers.Serializer[Any]
CONTENT_TYPE = "application/xml"


class DiagramIn(Shape):
    source = serializers.CharField(  # type: ignore[assignment]
        max_length=MAX_BYTES, trim_whitespace=False, help_text="The BPMN 2.0 XML."
    )
    replace = serializers.BooleanField(
        default=False, help_text="Whether a draft of the template may be overwritten."
    )


class DiagramNoteOut(Shape):
    """Something of the diagram that was not read (error), or wants something chosen (warning)."""

    element = serializers.CharField(help_text="Id of the element.")
    name = serializers.CharField()
    line = serializers.IntegerField(help_text="Counts from 1; 0 where there is none.")
    code = serializers.CharField()
    message = serializers.CharField()
    remedy = serializers.CharField()
    severity = serializers.ChoiceField(["error", "warning"])


class DiagramOut(Shape):
    """The draft a diagram became, and what of it could not be read."""

    draft = VersionDetailOut()
    notes = DiagramNoteOut(many=True)


class _XmlSchema(ResourceSchema):
    """The answer is the file itself."""

    def get_response_serializers(self) -> Any:
        refusals: Mapping[Any, Any] = super().get_response_serializers()
        return {(200, CONTENT_TYPE): OpenApiResponse(OpenApiTypes.BINARY), "default": refusals["default"]}


class VersionDiagram(Resource):
    actions = {"GET": "templates:read"}
    schema = _XmlSchema()

    def get(self, request: Request, key: str, number: int) -> HttpResponse:
        """Read a version as BPMN 2.0 XML, laid out."""
        self.query()
        return bpmn_response(draw_version(get_version(key, number)), f"{key}-{number}.bpmn")


class DiagramImport(Resource):
    actions = {"POST": "templates:write"}
    takes = {"POST": DiagramIn}
    returns = {"POST": DiagramOut}
    statuses = {"POST": 201}

    def post(self, request: Request) -> Response:
        """Save a BPMN 2.0 diagram as a draft; what could not be read is listed, or refused where it has no blocks."""
        sent = self.read()
        made = import_diagram(text=sent["source"], actor=self.actor, replace=sent["replace"])
        location = f"/api/v1/workflow-templates/{made.draft.template.key}/versions/{made.draft.number}"
        notes = [note.to_json() for note in made.notes]
        return self.respond(DiagramOut, {"draft": made.draft, "notes": notes}, status=201, location=location)


def bpmn_response(text: str, name: str) -> HttpResponse:
    """A BPMN file to be saved."""
    response = HttpResponse(text, content_type=CONTENT_TYPE)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
