"""Choices of workflows."""

from django.db.models import TextChoices


class VersionStatus(TextChoices):
    DRAFT = "draft", "Draft"
    IN_REVIEW = "in_review", "In review"
    PUBLISHED = "published", "Published"
    RETIRED = "retired", "Retired"
    DISCARDED = "discarded", "Discarded"


class ReviewVerdict(TextChoices):
    SUBMITTED = "submitted", "Handed in"
    APPROVED = "approved", "Agreed"
    CHANGES_REQUESTED = "changes_requested", "Asked for changes"
    WITHDRAWN = "withdrawn", "Taken back"


class ReviewCapacity(TextChoices):
    AUTHOR = "author", "Author"
    REVIEWER = "reviewer", "Second author"
    CONTROL = "control", "Control owner"


class ReviewMode(TextChoices):
    ALL = "all", "Every template"
    HIGH_IMPACT = "high_impact", "Templates of high compliance impact"
    NONE = "none", "No template"


class RunStatus(TextChoices):
    RUNNING = "running", "Running"
    ROLLING_BACK = "rolling_back", "Rolling back"
    COMPLETED = "completed", "Completed"
    CANCELLED = "cancelled", "Cancelled"
    ROLLED_BACK = "rolled_back", "Rolled back"


class StepStatus(TextChoices):
    OPEN = "open", "In progress"
    RETRYING = "retrying", "Retrying"
    EXCEPTION = "exception", "Needs attention"
    HANDLING = "handling", "Handling"
    DRAINING = "draining", "Finishing"
    COMPLETED = "completed", "Completed"
    SKIPPED = "skipped", "Skipped"
    CLOSED = "closed", "Closed"


class TaskStatus(TextChoices):
    OPEN = "open", "Open"
    COMPLETED = "completed", "Completed"
    CANCELLED = "cancelled", "Cancelled"


class ProposalStatus(TextChoices):
    PROPOSED = "proposed", "Proposed"
    ACCEPTED = "accepted", "Accepted"
    REJECTED = "rejected", "Rejected"
    WITHDRAWN = "withdrawn", "Withdrawn"


class CaseStatus(TextChoices):
    OPEN = "open", "Open"
    RESOLVED = "resolved", "Resolved"


class BacktestStatus(TextChoices):
    WAITING = "waiting", "Waits its turn"
    RUNNING = "running", "Running"
    FINISHED = "finished", "Finished"
    CANCELLED = "cancelled", "Cancelled"


class BulkStatus(TextChoices):
    PREPARING = "preparing", "Being prepared"
    PREVIEWED = "previewed", "Waits to be started"
    RUNNING = "running", "Running"
    SUSPENDED = "suspended", "Suspended"
    FINISHED = "finished", "Finished"
    CANCELLED = "cancelled", "Cancelled"


class BulkItemState(TextChoices):
    """Where one item of a bulk operation stands. Bookkeeping; what is done to it has an audit entry of its own."""

    UNCHECKED = "unchecked", "Not looked at yet"
    PENDING = "pending", "Waits"
    DONE = "done", "Done"
    REFUSED = "refused", "Refused"
    FAILED = "failed", "Failed"
    LEFT = "left", "Left alone"


class BulkAbout(TextChoices):
    RUN = "run", "Runs"
    EXCEPTION = "exception", "Exceptions"


class PauseScope(TextChoices):
    RUN = "run", "Run"
    TEMPLATE = "template", "Template"
    CONNECTION = "connection", "Connection"
    TENANT = "tenant", "Workspace"


class PauseParty(TextChoices):
    """Whose time a pause is; the engine's words for parties (``engine.sla.PARTIES``) that people can give it to."""

    US = "us", "Ours: we hold it ourselves"
    CUSTOMER = "customer", "The customer’s: we wait for them"
    VENDOR_SYSTEM = "vendor_system", "A connected system’s: it is down or being changed"
    THIRD_PARTY = "third_party", "A third party’s: a supplier or an authority"


class ClockState(TextChoices):
    RUNNING = "running", "Running"
    PAUSED = "paused", "Paused"
    STOPPED = "stopped", "Stopped"


class ScheduleStatus(TextChoices):
    ACTIVE = "active", "Active"
    PAUSED = "paused", "Paused"
    RETIRED = "retired", "Retired"


class CatchUp(TextChoices):
    SKIP = "skip", "Skip what was missed"
    ONCE = "once", "Once for all that was missed"
    EACH = "each", "Each that was missed, up to a number"


class FireOutcome(TextChoices):
    STARTED = "started", "Started"
    SKIPPED = "skipped", "Skipped"
    FAILED = "failed", "Failed"


class PolicyOrigin(TextChoices):
    """Where a back-test took an approval policy from."""

    LIVE = "live", "In use"
    DRAFT = "draft", "Draft"
    HELD = "held", "Held by the version"
