"""Which command moves which status where."""

from collections.abc import Mapping

from apps.delivery.choices import (
    DealStatus,
    MilestoneStatus,
    ProjectStatus,
    ReadinessStatus,
    RequirementStatus,
    StaffingStatus,
)

Table = Mapping[tuple[str, str], str]

DEAL: Table = {
    (DealStatus.REGISTERED, "begin"): DealStatus.IN_DELIVERY,
    (DealStatus.REGISTERED, "reject"): DealStatus.REJECTED,
    (DealStatus.REGISTERED, "cancel"): DealStatus.CANCELLED,
    (DealStatus.IN_DELIVERY, "complete"): DealStatus.COMPLETED,
    (DealStatus.IN_DELIVERY, "cancel"): DealStatus.CANCELLED,
    (DealStatus.REJECTED, "reopen"): DealStatus.REGISTERED,
    (DealStatus.CANCELLED, "reopen"): DealStatus.REGISTERED,
}

REQUIREMENT: Table = {
    (RequirementStatus.MISSING, "receive"): RequirementStatus.RECEIVED,
    (RequirementStatus.EXPIRED, "receive"): RequirementStatus.RECEIVED,
    (RequirementStatus.RECEIVED, "receive"): RequirementStatus.RECEIVED,
    (RequirementStatus.ACCEPTED, "receive"): RequirementStatus.RECEIVED,
    (RequirementStatus.RECEIVED, "expire"): RequirementStatus.EXPIRED,
    (RequirementStatus.ACCEPTED, "expire"): RequirementStatus.EXPIRED,
    (RequirementStatus.RECEIVED, "accept"): RequirementStatus.ACCEPTED,
    (RequirementStatus.RECEIVED, "send_back"): RequirementStatus.MISSING,
}

STAFFING: Table = {
    (StaffingStatus.REQUESTED, "approve"): StaffingStatus.APPROVED,
    (StaffingStatus.REQUESTED, "reject"): StaffingStatus.REJECTED,
    (StaffingStatus.REQUESTED, "cancel"): StaffingStatus.CANCELLED,
    (StaffingStatus.APPROVED, "cancel"): StaffingStatus.CANCELLED,
}

PROJECT: Table = {
    (ProjectStatus.PREPARING, "start"): ProjectStatus.ACTIVE,
    (ProjectStatus.PREPARING, "cancel"): ProjectStatus.CANCELLED,
    (ProjectStatus.ACTIVE, "complete"): ProjectStatus.COMPLETED,
    (ProjectStatus.ACTIVE, "cancel"): ProjectStatus.CANCELLED,
    (ProjectStatus.CANCELLED, "reopen"): ProjectStatus.PREPARING,
}

MILESTONE: Table = {
    (MilestoneStatus.PLANNED, "start"): MilestoneStatus.ACTIVE,
    (MilestoneStatus.ACTIVE, "complete"): MilestoneStatus.COMPLETED,
    (MilestoneStatus.COMPLETED, "accept"): MilestoneStatus.ACCEPTED,
    (MilestoneStatus.COMPLETED, "send_back"): MilestoneStatus.ACTIVE,
    (MilestoneStatus.ACCEPTED, "release"): MilestoneStatus.READY_TO_BILL,
    (MilestoneStatus.READY_TO_BILL, "invoice"): MilestoneStatus.INVOICED,
    (MilestoneStatus.PLANNED, "cancel"): MilestoneStatus.CANCELLED,
    (MilestoneStatus.ACTIVE, "cancel"): MilestoneStatus.CANCELLED,
    (MilestoneStatus.COMPLETED, "cancel"): MilestoneStatus.CANCELLED,
    (MilestoneStatus.CANCELLED, "reopen"): MilestoneStatus.PLANNED,
}

READINESS: Table = {
    (ReadinessStatus.UNCHECKED, "block"): ReadinessStatus.BLOCKED,
    (ReadinessStatus.UNCHECKED, "pass"): ReadinessStatus.READY,
    (ReadinessStatus.BLOCKED, "block"): ReadinessStatus.BLOCKED,
    (ReadinessStatus.BLOCKED, "pass"): ReadinessStatus.READY,
    (ReadinessStatus.READY, "invoice"): ReadinessStatus.INVOICED,
}
