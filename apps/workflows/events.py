"""Events this app emits."""

from apps.ledger.events import EventType, register_event_type

_REF = {"type": "string"}
_RUN = {
    "type": "object",
    "required": ["run_id", "template", "name"],
    "properties": {
        "run_id": _REF,
        "template": _REF,
        "version": {"type": "integer"},
        "former_version": {"type": "integer"},
        "name": _REF,
        "subject": _REF,
        "outcome": _REF,
        "reason": _REF,
        "due_at": _REF,
    },
}
_CASE = {
    "type": "object",
    "required": ["exception_id", "code", "message"],
    "properties": {
        "exception_id": _REF,
        "run_id": {"type": ["string", "null"]},
        "step": _REF,
        "code": _REF,
        "title": _REF,
        "message": _REF,
        "owner_role": _REF,
        "audience": _REF,
        "subject": _REF,
        "how": _REF,
    },
}
_TASK = {
    "type": "object",
    "required": ["user_task_id", "run_id", "title"],
    "properties": {
        "user_task_id": _REF,
        "run_id": _REF,
        "title": _REF,
        "assignee_role": _REF,
        "due_at": _REF,
    },
}
_BULK = {
    "type": "object",
    "required": ["bulk_operation_id", "command", "about", "total"],
    "properties": {
        "bulk_operation_id": _REF,
        "command": _REF,
        "about": _REF,
        "total": {"type": "integer"},
        "reason": _REF,
    },
}
_PAUSE = {
    "type": "object",
    "required": ["scope", "key", "label", "reason"],
    "properties": {
        "scope": {"enum": ["run", "template", "connection", "tenant"]},
        "key": _REF,
        "label": _REF,
        "reason": _REF,
        "party": {"enum": ["us", "customer", "vendor_system", "third_party"]},
    },
}
_SCHEDULE = {
    "type": "object",
    "required": ["schedule", "template", "fire_at"],
    "properties": {
        "schedule": _REF,
        "template": _REF,
        "fire_at": _REF,
        "run_id": {"type": ["string", "null"]},
        "note": _REF,
    },
}
_SLA = {
    "type": "object",
    "required": ["run_id", "template", "name", "percent", "at"],
    "properties": {
        "run_id": _REF,
        "template": _REF,
        "name": _REF,
        "subject": _REF,
        "step": {"type": "string", "description": "Empty for the service level of the whole run."},
        "percent": {"type": "integer"},
        "at": _REF,
        "target_seconds": {"type": "number"},
        "due_at": {"type": ["string", "null"]},
    },
}
_BACKTEST = {
    "type": "object",
    "required": ["backtest_id", "template", "version", "total", "affected"],
    "properties": {
        "backtest_id": _REF,
        "template": _REF,
        "version": {"type": "integer"},
        "total": {"type": "integer"},
        "affected": {"type": "integer"},
    },
}
_PROPOSAL = {
    "type": "object",
    "required": ["proposal_id", "run_id", "step", "confidence"],
    "properties": {
        "proposal_id": _REF,
        "user_task_id": _REF,
        "run_id": _REF,
        "step": _REF,
        "confidence": {"type": "number"},
        "reason": _REF,
    },
}
_TEMPLATE = {
    "type": "object",
    "required": ["template", "version"],
    "properties": {"template": _REF, "version": {"type": "integer"}, "digest": _REF},
}
_REVIEW = {
    "type": "object",
    "required": ["template", "version", "verdict"],
    "properties": {
        "template": _REF,
        "version": {"type": "integer"},
        "verdict": _REF,
        "capacity": _REF,
        "by": _REF,
        "comment": _REF,
    },
}

RUN_STARTED = "run.started"
RUN_COMPLETED = "run.completed"
RUN_CANCELLED = "run.cancelled"
RUN_ROLLING_BACK = "run.rolling_back"
RUN_ROLLED_BACK = "run.rolled_back"
RUN_MIGRATED = "run.migrated"
RUN_OVERDUE = "run.overdue"
STEP_OVERDUE = "step.overdue"
SLA_WARNED = "sla.warned"
SLA_BREACHED = "sla.breached"
SCHEDULE_FIRED = "schedule.fired"
SCHEDULE_FAILED = "schedule.failed"
EXCEPTION_RAISED = "exception.raised"
EXCEPTION_RESOLVED = "exception.resolved"
EXCEPTION_REASSIGNED = "exception.reassigned"
USER_TASK_OPENED = "user_task.opened"
USER_TASK_COMPLETED = "user_task.completed"
PAUSE_BEGAN = "pause.began"
PAUSE_ENDED = "pause.ended"
BULK_STARTED = "bulk_operation.started"
BULK_FINISHED = "bulk_operation.finished"
USER_TASK_REASSIGNED = "user_task.reassigned"
BACKTEST_FINISHED = "backtest.finished"
PROPOSAL_MADE = "proposal.made"
PROPOSAL_ACCEPTED = "proposal.accepted"
PROPOSAL_REJECTED = "proposal.rejected"
TEMPLATE_PUBLISHED = "workflow_template.published"
TEMPLATE_SUBMITTED = "workflow_template.submitted"
TEMPLATE_REVIEWED = "workflow_template.reviewed"
TEMPLATE_RETIRED = "workflow_template.retired"
TEMPLATE_DISCARDED = "workflow_template.discarded"


def register() -> None:
    """Add this app's events to the catalogue."""
    for name, description, schema in (
        (RUN_STARTED, "A run of a workflow template has started.", _RUN),
        (RUN_COMPLETED, "A run has reached its end.", _RUN),
        (RUN_CANCELLED, "A run was cancelled.", _RUN),
        (RUN_ROLLING_BACK, "A run is being rolled back: its actions are compensated, last first.", _RUN),
        (RUN_ROLLED_BACK, "All actions of a run have been compensated.", _RUN),
        (RUN_MIGRATED, "A run goes on under another version of its template.", _RUN),
        (RUN_OVERDUE, "A run has not ended within its deadline.", _RUN),
        (STEP_OVERDUE, "A step of a run has passed its due date.", _RUN),
        (SLA_WARNED, "A part of a service level's time is used up: 50 or 80 percent.", _SLA),
        (SLA_BREACHED, "All the time of a service level is used up.", _SLA),
        (SCHEDULE_FIRED, "A schedule's time has come and a run was started.", _SCHEDULE),
        (SCHEDULE_FAILED, "A schedule's time has come and no run could be started.", _SCHEDULE),
        (EXCEPTION_RAISED, "Automation stopped and a person is needed.", _CASE),
        (EXCEPTION_RESOLVED, "An exception is over.", _CASE),
        (EXCEPTION_REASSIGNED, "An exception was given to another role or person.", _CASE),
        (USER_TASK_OPENED, "A task waits for a person.", _TASK),
        (USER_TASK_COMPLETED, "A person has completed a task.", _TASK),
        (PAUSE_BEGAN, "A run, a template, a connection or the workspace was paused.", _PAUSE),
        (PAUSE_ENDED, "What was paused goes on.", _PAUSE),
        (BULK_STARTED, "A command for many runs or exceptions was started.", _BULK),
        (BULK_FINISHED, "A command for many runs or exceptions has come to its end.", _BULK),
        (PROPOSAL_MADE, "An assistant has proposed the output of a step.", _PROPOSAL),
        (PROPOSAL_ACCEPTED, "A proposal was accepted; the run goes on with it.", _PROPOSAL),
        (PROPOSAL_REJECTED, "A proposal was rejected; the step still waits.", _PROPOSAL),
        (USER_TASK_REASSIGNED, "A task was given to another role or person.", _TASK),
        (BACKTEST_FINISHED, "Recorded runs have been run again under a version of a template.", _BACKTEST),
        (
            TEMPLATE_PUBLISHED,
            "A version of a workflow template is now the one that new runs follow.",
            _TEMPLATE,
        ),
        (TEMPLATE_SUBMITTED, "A version of a workflow template waits for a second pair of eyes.", _REVIEW),
        (
            TEMPLATE_REVIEWED,
            "Somebody agreed to a version of a workflow template, or asked for changes.",
            _REVIEW,
        ),
        (TEMPLATE_RETIRED, "A version of a workflow template is no longer followed by new runs.", _TEMPLATE),
        (TEMPLATE_DISCARDED, "The draft of a workflow template was given up.", _TEMPLATE),
    ):
        register_event_type(EventType(name, description, schema))
