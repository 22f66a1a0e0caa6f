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
