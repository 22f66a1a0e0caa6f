"""Transition tables of workflows."""

from apps.workflows.choices import (
    BacktestStatus,
    BulkStatus,
    CaseStatus,
    ProposalStatus,
    RunStatus,
    ScheduleStatus,
    TaskStatus,
    VersionStatus,
)

VERSION = {
    (VersionStatus.DRAFT, "submit"): VersionStatus.IN_REVIEW,
    (VersionStatus.IN_REVIEW, "request_changes"): VersionStatus.DRAFT,
    (VersionStatus.IN_REVIEW, "withdraw"): VersionStatus.DRAFT,
    (VersionStatus.DRAFT, "discard"): VersionStatus.DISCARDED,
    (VersionStatus.DRAFT, "publish"): VersionStatus.PUBLISHED,
    (VersionStatus.IN_REVIEW, "publish"): VersionStatus.PUBLISHED,
    (VersionStatus.PUBLISHED, "retire"): VersionStatus.RETIRED,
    (VersionStatus.RETIRED, "publish"): VersionStatus.PUBLISHED,
}

RUN = {
    (RunStatus.RUNNING, "complete"): RunStatus.COMPLETED,
    (RunStatus.RUNNING, "cancel"): RunStatus.CANCELLED,
    (RunStatus.RUNNING, "roll_back"): RunStatus.ROLLING_BACK,
    # A finished run is only rolled back with the one that started it.
    (RunStatus.COMPLETED, "roll_back"): RunStatus.ROLLING_BACK,
    (RunStatus.CANCELLED, "roll_back"): RunStatus.ROLLING_BACK,
    (RunStatus.ROLLING_BACK, "finish_roll_back"): RunStatus.ROLLED_BACK,
    (RunStatus.ROLLING_BACK, "cancel"): RunStatus.CANCELLED,
}

USER_TASK = {
    (TaskStatus.OPEN, "complete"): TaskStatus.COMPLETED,
    (TaskStatus.OPEN, "cancel"): TaskStatus.CANCELLED,
}

PROPOSAL = {
    (ProposalStatus.PROPOSED, "accept"): ProposalStatus.ACCEPTED,
    (ProposalStatus.PROPOSED, "reject"): ProposalStatus.REJECTED,
    (ProposalStatus.PROPOSED, "withdraw"): ProposalStatus.WITHDRAWN,
}

CASE = {
    (CaseStatus.OPEN, "resolve"): CaseStatus.RESOLVED,
}

BACKTEST = {
    (BacktestStatus.WAITING, "begin"): BacktestStatus.RUNNING,
    (BacktestStatus.WAITING, "cancel"): BacktestStatus.CANCELLED,
    (BacktestStatus.RUNNING, "finish"): BacktestStatus.FINISHED,
    (BacktestStatus.RUNNING, "cancel"): BacktestStatus.CANCELLED,
}

SUITE = {
    (BacktestStatus.WAITING, "begin"): BacktestStatus.RUNNING,
    (BacktestStatus.RUNNING, "finish"): BacktestStatus.FINISHED,
}

BULK = {
    (BulkStatus.PREPARING, "preview"): BulkStatus.PREVIEWED,
    (BulkStatus.PREPARING, "cancel"): BulkStatus.CANCELLED,
    (BulkStatus.PREVIEWED, "start"): BulkStatus.RUNNING,
    (BulkStatus.PREVIEWED, "cancel"): BulkStatus.CANCELLED,
    (BulkStatus.RUNNING, "suspend"): BulkStatus.SUSPENDED,
    (BulkStatus.RUNNING, "finish"): BulkStatus.FINISHED,
    (BulkStatus.RUNNING, "cancel"): BulkStatus.CANCELLED,
    (BulkStatus.SUSPENDED, "resume"): BulkStatus.RUNNING,
    (BulkStatus.SUSPENDED, "cancel"): BulkStatus.CANCELLED,
}

SCHEDULE = {
    (ScheduleStatus.ACTIVE, "pause"): ScheduleStatus.PAUSED,
    (ScheduleStatus.PAUSED, "resume"): ScheduleStatus.ACTIVE,
    (ScheduleStatus.ACTIVE, "retire"): ScheduleStatus.RETIRED,
    (ScheduleStatus.PAUSED, "retire"): ScheduleStatus.RETIRED,
    (ScheduleStatus.RETIRED, "renew"): ScheduleStatus.ACTIVE,
}
