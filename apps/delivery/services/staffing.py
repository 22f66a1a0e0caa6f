"""Commands on staffing requests."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from apps.core.actor import Actor
from apps.core.clock import now
from apps.delivery import policies
from apps.delivery.choices import StaffingStatus
from apps.delivery.events import STAFFING_DECIDED, STAFFING_REQUESTED
from apps.delivery.exceptions import UnreadablePlan, not_found
from apps.delivery.models import Deal, StaffingRequest
from apps.delivery.services.deals import lock_deal
from apps.ledger.services import record, transition, unit_of_work
from apps.ledger.types import DomainEvent


def request_staffing(
    *, deal_id: UUID, tier: str, roles: Sequence[dict[str, Any]], note: str, actor: Actor
) -> StaffingRequest:
    """Ask for people in the name of the deal's manager; a request still open for the deal is withdrawn."""
    with unit_of_work(actor):
        policies.require(actor, "staffing:write")
        deal = lock_deal(deal_id)
        for earlier in deal.staffing_requests.filter(status=StaffingStatus.REQUESTED):
            _decide(earlier, "cancel", "", "A new request replaces this one")
        manager = deal.manager
        request = StaffingRequest.objects.create(
            deal=deal,
            region=deal.region,
            tier=tier,
            roles=_read_roles(roles),
            note=note,
            requested_by=manager,
            requested_by_label=(manager.name or manager.email) if manager else actor.label,
        )
        _note_tier(deal, tier)
        data = {
            "staffing_request_id": str(request.id),
            "deal_id": str(deal.id),
            "region": request.region,
            "tier": tier,
            "roles": request.roles,
        }
        event = DomainEvent(STAFFING_REQUESTED.name, f"staffing_request/{request.id}", data)
        record("staffing_request.create", request, after={"tier": tier, "roles": request.roles}, event=event)
    return request


def decide_staffing(
    *, staffing_request_id: UUID, command: str, decided_by: str, comment: str, actor: Actor
) -> StaffingRequest:
    """Record what came of a request: ``command`` is approve, reject or cancel; one already so stays as it is."""
    outcome = {"approve": "approved", "reject": "rejected", "cancel": "cancelled"}[command]
    with unit_of_work(actor):
        policies.require(actor, "staffing:write")
        request = StaffingRequest.objects.select_for_update().filter(pk=staffing_request_id).first()
        if request is None:
            raise not_found("staffing request")
        if request.status != outcome:
            _decide(request, command, decided_by, comment)
    return request


def _decide(request: StaffingRequest, command: str, decided_by: str, comment: str) -> None:
    outcome = {"approve": "approved", "reject": "rejected", "cancel": "cancelled"}[command]
    data = {
        "staffing_request_id": str(request.id),
        "deal_id": str(request.deal_id),
        "outcome": outcome,
        "comment": comment,
    }
    transition(
        request,
        command,
        reason=comment,
        event=DomainEvent(STAFFING_DECIDED.name, f"staffing_request/{request.id}", data),
        fields={"decided_at": now(), "decided_by_label": decided_by[:400], "comment": comment},
    )


def _note_tier(deal: Deal, tier: str) -> None:
    if deal.tier == tier:
        return
    record("deal.update", deal, before={"tier": deal.tier}, after={"tier": tier})
    deal.tier = tier
    deal.version += 1
    deal.save(update_fields=["tier", "version"])


def _read_roles(roles: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the roles as ``{"role", "count"}``; raise UnreadablePlan."""
    read = []
    for entry in roles:
        role, count = str(entry.get("role", "")).strip(), entry.get("count", 1)
        if not role or not isinstance(count, int | float) or not 0 < count < 1000:
            raise UnreadablePlan("Each of the roles needs a role and how many of it.")
        read.append({"role": role, "count": int(count)})
    return read
