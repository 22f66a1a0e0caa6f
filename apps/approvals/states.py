"""Transition tables of approvals."""

from apps.approvals.choices import HandOverStatus, PolicyStatus, RequestStatus, StageStatus

POLICY: dict[tuple[str, str], str] = {
    (PolicyStatus.DRAFT, "publish"): PolicyStatus.PUBLISHED,
    (PolicyStatus.PUBLISHED, "retire"): PolicyStatus.RETIRED,
}

REQUEST: dict[tuple[str, str], str] = {
    (RequestStatus.OPEN, "approve"): RequestStatus.APPROVED,
    (RequestStatus.OPEN, "reject"): RequestStatus.REJECTED,
    (RequestStatus.OPEN, "return"): RequestStatus.CHANGES,
    (RequestStatus.OPEN, "cancel"): RequestStatus.CANCELLED,
}

# A correction may change whether a later stage is asked: "skip", "pass" (by a rule of the policy) and "ask" again.
STAGE: dict[tuple[str, str], str] = {
    (StageStatus.WAITING, "open"): StageStatus.OPEN,
    (StageStatus.WAITING, "skip"): StageStatus.SKIPPED,
    (StageStatus.WAITING, "pass"): StageStatus.PASSED,
    (StageStatus.SKIPPED, "ask"): StageStatus.WAITING,
    (StageStatus.PASSED, "ask"): StageStatus.WAITING,
    (StageStatus.WAITING, "close"): StageStatus.CLOSED,
    (StageStatus.OPEN, "pass"): StageStatus.PASSED,
    (StageStatus.OPEN, "reject"): StageStatus.REJECTED,
    (StageStatus.OPEN, "return"): StageStatus.RETURNED,
    (StageStatus.OPEN, "close"): StageStatus.CLOSED,
}

HAND_OVER: dict[tuple[str, str], str] = {(HandOverStatus.RUNNING, "finish"): HandOverStatus.FINISHED}
