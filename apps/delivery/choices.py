"""Choices of delivery: the statuses of its rows and the kinds of documents."""

from django.db.models import TextChoices


class DealStatus(TextChoices):
    REGISTERED = "registered", "Registered"
    IN_DELIVERY = "in_delivery", "In delivery"
    COMPLETED = "completed", "Completed"
    REJECTED = "rejected", "Rejected"
    CANCELLED = "cancelled", "Cancelled"


class RequirementStatus(TextChoices):
    MISSING = "missing", "Missing"
    RECEIVED = "received", "Received"
    EXPIRED = "expired", "Expired"
    ACCEPTED = "accepted", "Accepted"


class DocumentKind(TextChoices):
    STATEMENT_OF_WORK = "statement_of_work", "Statement of work"
    SECURITY_ANNEX = "security_annex", "Security annex"
    PURCHASE_ORDER = "purchase_order", "Purchase order"
    OTHER = "other", "Other document"


class DocumentSource(TextChoices):
    CONTRACT = "contract", "Came with the contract"
    UPLOAD = "upload", "Uploaded"


class Audience(TextChoices):
    """Who may see a row: the tenant's staff only, or the customer's people too."""

    INTERNAL = "internal", "Internal"
    CUSTOMER = "customer", "Customer"


class StaffingStatus(TextChoices):
    REQUESTED = "requested", "Requested"
    APPROVED = "approved", "Approved"
    REJECTED = "rejected", "Rejected"
    CANCELLED = "cancelled", "Cancelled"


class ProjectStatus(TextChoices):
    PREPARING = "preparing", "Preparing"
    ACTIVE = "active", "Active"
    COMPLETED = "completed", "Completed"
    CANCELLED = "cancelled", "Cancelled"


class MilestoneStatus(TextChoices):
    PLANNED = "planned", "Planned"
    ACTIVE = "active", "In progress"
    COMPLETED = "completed", "Completed"
    ACCEPTED = "accepted", "Accepted"
    READY_TO_BILL = "ready_to_bill", "Ready to bill"
    INVOICED = "invoiced", "Invoiced"
    CANCELLED = "cancelled", "Cancelled"


class ReadinessStatus(TextChoices):
    UNCHECKED = "unchecked", "Not checked"
    BLOCKED = "blocked", "Blocked"
    READY = "ready", "Ready"
    INVOICED = "invoiced", "Invoiced"
