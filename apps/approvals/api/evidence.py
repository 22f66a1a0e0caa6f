"""The evidence of approvals over REST, and links to it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from apps.approvals.models import EvidenceShare
from apps.approvals.packets.facts import Packet
from apps.approvals.selectors.packets import evidence_packet
from apps.approvals.selectors.shares import share_url, shares_of
from apps.approvals.services.sharing import MAX_DAYS, revoke_share, share_evidence
from apps.core.api.fields import UtcDateTimeField
from apps.core.api.schema import ResourceSchema
from apps.core.api.views import Resource


class ShareShape(serializers.Serializer[EvidenceShare]):
    id = serializers.UUIDField()
    label = serializers.CharField()  # type: ignore[assignment]
    made_by = serializers.CharField()
    created_at = UtcDateTimeField()
    expires_at = UtcDateTimeField()
    revoked_at = UtcDateTimeField(allow_null=True)
    url = serializers.SerializerMethodField(help_text="Whoever has it may read the evidence until it ends.")

    def get_url(self, share: EvidenceShare) -> str:
        return share_url(share)


class NewShare(serializers.Serializer[Any]):
    label = serializers.CharField(max_length=120, help_text="For whom the link is.")  # type: ignore[assignment]
    days = serializers.IntegerField(min_value=1, max_value=MAX_DAYS, default=30)


def archive_response(packet: Packet) -> HttpResponse:
    """Return the packet as a download."""
    response = HttpResponse(packet.content, content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="{packet.name}"'
    response["ETag"] = f'"{packet.sha256}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


class _ArchiveSchema(ResourceSchema):
    """The answer is the archive itself."""

    def get_response_serializers(self) -> Any:
        refusals: Mapping[Any, Any] = super().get_response_serializers()
        return {
            (200, "application/zip"): OpenApiResponse(OpenApiTypes.BINARY),
            "default": refusals["default"],
        }


class Evidence(Resource):
    actions = {"GET": "approvals:read"}
    schema = _ArchiveSchema()

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """Whoever asks for an archive and nothing else gets it; refusals are JSON all the same."""
        return JSONRenderer(), JSONRenderer.media_type

    def get(self, request: Request, approval_id: UUID) -> HttpResponse:
        """Download the evidence of an approval: a zip that verifies itself, without a network and without an account."""
        packet = evidence_packet(request_id=approval_id, actor=self.actor)
        return archive_response(packet)


class Shares(Resource):
    actions = {"GET": "evidence:share", "POST": "evidence:share"}
    takes = {"POST": NewShare}
    returns = {"GET": ShareShape, "POST": ShareShape}
    statuses = {"POST": 201}
    listing = True

    def get(self, request: Request, approval_id: UUID) -> Response:
        """List the links to an approval's evidence."""
        return self.page(shares_of(request_id=approval_id, actor=self.actor), ShareShape)

    def post(self, request: Request, approval_id: UUID) -> Response:
        """Make a link to an approval's evidence that needs no account and ends by itself."""
        made = share_evidence(request_id=approval_id, actor=self.actor, **self.read())
        return self.respond(ShareShape, made, status=201)


class ShareRevoked(Resource):
    actions = {"POST": "evidence:share"}
    returns = {"POST": ShareShape}

    def post(self, request: Request, approval_id: UUID, share_id: UUID) -> Response:
        """End a link to an approval's evidence."""
        return self.respond(
            ShareShape, revoke_share(request_id=approval_id, share_id=share_id, actor=self.actor)
        )
