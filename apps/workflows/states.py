"""Transition tables of workflows."""

from apps.workflows.choices import CaseStatus, RunStatus, TaskStatus, VersionStatus

VERSION = {
    (VersionStatus.DRAFT, "publish"): VersionStatus.PUBLISHED,
    (VersionStatus.PUBLISHED, "retire"): VersionStatus.RETIRED,
    (VersionStatus.RETIRED, "publish"): VersionStatus.PUBLISHED,
}

RUN = {
    (RunStatus.RUNNING, "complete"): RunStatus.COMPLETED,
    (RunStatus.RUNNING, "cancel"): RunStatus.CANCELLED,
    (RunStatus.RUNNING, "roll_back"): RunStatus.ROLLING_BACK,
    (RunStatus.ROLLING_BACK, "finish_roll_back"): RunStatus.ROLLED_BACK,
    (RunStatus.ROLLING_BACK, "cancel"): RunStatus.CANCELLED,
}

USER_TASK = {
    (TaskStatus.OPEN, "complete"): TaskStatus.COMPLETED,
    (TaskStatus.OPEN, "cancel"): TaskStatus.CANCELLED,
}

CASE = {
    (CaseStatus.OPEN, "resolve"): CaseStatus.RESOLVED,
}
