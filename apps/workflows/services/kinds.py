"""The kinds of work this app enqueues."""

TIMER_KIND = "workflows.timer"
ARRIVAL_KIND = "workflows.arrival"
RECHECK_KIND = "workflows.recheck"
CHILD_START_KIND = "workflows.child_start"
CHILD_END_KIND = "workflows.child_end"
CHILD_CANCEL_KIND = "workflows.child_cancel"
BULK_KIND = "workflows.bulk"
