"""Choices of approvals."""

from django.db.models import TextChoices


class PolicyStatus(TextChoices):
    DRAFT = "draft", "Draft"
    PUBLISHED = "published", "Published"
    RETIRED = "retired", "Retired"


class RequestStatus(TextChoices):
    OPEN = "open", "Waiting for a decision"
    APPROVED = "approved", "Approved"
    REJECTED = "rejected", "Rejected"
    CHANGES = "changes_requested", "Sent back for changes"
    CANCELLED = "cancelled", "Cancelled"


class StageStatus(TextChoices):
    WAITING = "waiting", "Not yet asked"
    OPEN = "open", "Waiting for a decision"
    PASSED = "passed", "Approved"
    REJECTED = "rejected", "Rejected"
    RETURNED = "changes_requested", "Sent back for changes"
    SKIPPED = "skipped", "Not needed"
    CLOSED = "closed", "Closed"


class DecisionOutcome(TextChoices):
    APPROVED = "approved", "Approved"
    REJECTED = "rejected", "Rejected"
    CHANGES = "changes_requested", "Asked for changes"
    ABSTAINED = "abstained", "Abstained"


class DecisionChannel(TextChoices):
    PAGE = "page", "On the page"
    API = "api", "Through the API"


class DelegationSource(TextChoices):
    SELF = "self", "Set by the person"
    ADMIN = "admin", "Set by somebody else"
    FEED = "feed", "From a calendar"


class FactKind(TextChoices):
    """What happens to a request besides decisions."""

    REMINDED = "reminded", "Reminded"
    ADDED = "added", "Asked too"
    REPLACED = "replaced", "Asked instead"
    WENT_UP = "went_up", "Passed up"
    TIMED_OUT = "timed_out", "Time was up"
    NOT_DONE = "not_done", "Could not be done"
    REASSIGNED = "reassigned", "Reassigned"
    RECALLED = "recalled", "Recalled"
    STANDS_IN = "stands_in", "Stands in"


class HandOverStatus(TextChoices):
    RUNNING = "running", "Under way"
    FINISHED = "finished", "Finished"


class HoldingKind(TextChoices):
    """What a person may hold."""

    APPROVAL = "approval", "Approval"
    USER_TASK = "user_task", "Task"
    EXCEPTION = "exception", "Exception"
    DELEGATION = "delegation", "Absence"


class HoldingState(TextChoices):
    PENDING = "pending", "To do"
    DONE = "done", "Handed over"
    REFUSED = "refused", "Not possible"
    GONE = "gone", "Settled meanwhile"


class ForecastCause(TextChoices):
    NIGHTLY = "nightly", "Every night"
    ASKED = "asked", "Asked for"
