"""Rows of workflows, all in the tenant's schema."""

from apps.workflows.models.bulk import BulkItem, BulkOperation
from apps.workflows.models.calendars import Calendar, CalendarAssignment
from apps.workflows.models.cases import ExceptionCase, UserTask
from apps.workflows.models.clocks import ClockEvent, SlaClock
from apps.workflows.models.drafts import DraftPresence, EditingSession
from apps.workflows.models.pauses import Pause
from apps.workflows.models.proof import Backtest, BacktestRun, Scenario, SuiteRun
from apps.workflows.models.proposals import Proposal
from apps.workflows.models.reviews import TemplateReview, WorkflowSettings
from apps.workflows.models.runs import HistoryEntry, Run, StepRun
from apps.workflows.models.schedules import Schedule, ScheduleFire
from apps.workflows.models.templates import TemplateVersion, WorkflowTemplate
from apps.workflows.models.waits import EventArrival, EventWait, RunTimer

__all__ = [
    "Backtest",
    "BacktestRun",
    "BulkItem",
    "BulkOperation",
    "Calendar",
    "CalendarAssignment",
    "ClockEvent",
    "DraftPresence",
    "EditingSession",
    "EventArrival",
    "EventWait",
    "ExceptionCase",
    "HistoryEntry",
    "Pause",
    "Proposal",
    "Run",
    "RunTimer",
    "Scenario",
    "Schedule",
    "ScheduleFire",
    "SlaClock",
    "StepRun",
    "SuiteRun",
    "TemplateReview",
    "TemplateVersion",
    "UserTask",
    "WorkflowSettings",
    "WorkflowTemplate",
]
