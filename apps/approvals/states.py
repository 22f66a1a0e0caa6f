"""Transition tables of approvals."""

from apps.approvals.choices import PolicyStatus, RequestStatus, StageStatus

POLICY: dict[tuple[str, str], str] = {
    (PolicyStatus.DRAFT, "publish"): PolicyStatus.PUBLISHED,
    (PolicyStatus.PUBLISHED, "retire"): PolicyStatus.RETIRED,
}

REQUEST: dict[tuple[str, str], str] = {
    (RequestStatus.OPEN, "approve"): RequestStatus.APPROVED,
    (RequestStatus.OPEN, "reject"): RequestStatus.REJECTED,
    (RequestStatus.OPEN, "cancel"): RequestStatus.CANCELLED,
}

STAGE: dict[tuple[str, str], str] = {
    (StageStatus.WAITING, "open"): StageStatus.OPEN,
    (StageStatus.WAITING, "close"): StageStatus.CLOSED,
    (StageStatus.OPEN, "pass"): StageStatus.PASSED,
    (StageStatus.OPEN, "reject"): StageStatus.REJECTED,
    (StageStatus.OPEN, "close"): StageStatus.CLOSED,
}
