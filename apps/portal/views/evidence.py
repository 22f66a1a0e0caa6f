"""The evidence of an approval: what it holds, a download, and links for people without an account."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from apps.approvals.api.evidence import archive_response
from apps.approvals.exceptions import BadShare
from apps.approvals.selectors.packets import evidence_inventory, evidence_packet
from apps.approvals.selectors.shares import share_url, shares_of
from apps.approvals.services import revoke_share, share_evidence
from apps.core.clock import now
from apps.core.errors import NotFound
from apps.portal.views.base import StaffPage

_SHOWN_SHARES = 50
DAYS = (7, 30, 90)


class EvidencePage(StaffPage):
    """Reading changes nothing. An administrator may make links here and end them."""

    section = "inbox"
    action = "approvals:read"

    def get(self, request: HttpRequest, request_id: UUID) -> HttpResponse:
        return self._show(request_id)

    def post(self, request: HttpRequest, request_id: UUID) -> HttpResponse:
        here = reverse("portal:evidence", args=[request_id])
        if self.sent("command") == "revoke":
            revoke_share(request_id=request_id, share_id=_uuid(self.sent("share")), actor=self.actor)
            return self.done(here, "The link has ended; it opens nothing any more.")
        days = self.sent("days")
        try:
            share_evidence(
                request_id=request_id,
                label=self.sent("label"),
                days=int(days) if days.isascii() and days.isdecimal() and len(days) < 6 else 0,
                actor=self.actor,
            )
        except BadShare as error:
            return self._show(request_id, problem=error.detail, status=422)
        return self.done(here, "The link is ready: copy it from the list.")

    def _show(self, request_id: UUID, *, problem: str = "", status: int = 200) -> HttpResponse:
        approval, inventory = evidence_inventory(request_id=request_id, actor=self.actor)
        may_share = self.may("evidence:share")
        shares = shares_of(request_id=request_id, actor=self.actor)[:_SHOWN_SHARES] if may_share else []
        values = {
            "approval": approval,
            "inventory": inventory,
            "may_share": may_share,
            "shares": [(share, share_url(share), share.is_live(now())) for share in shares],
            "problem": problem,
            "label": self.sent("label"),
            "days": DAYS,
            "chosen": self.sent("days") or "30",
        }
        return self.page("portal/approvals/evidence.html", values, status=status)


class EvidenceFilePage(StaffPage):
    """The packet as a download."""

    http_method_names = ["get", "head"]
    action = "approvals:read"

    def get(self, request: HttpRequest, request_id: UUID) -> HttpResponse:
        return archive_response(evidence_packet(request_id=request_id, actor=self.actor))


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFound("not_found", "There is no such link.") from error
