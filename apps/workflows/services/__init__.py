"""Commands of workflows: start and steer runs, answer steps, settle exceptions, publish templates."""

from apps.workflows.services.answers import complete_step, complete_user_task, fail_step
from apps.workflows.services.cases import close_exception, raise_exception
from apps.workflows.services.corrections import retry_step, skip_step
from apps.workflows.services.reviews import (
    agree_to_version,
    send_version_back,
    set_review_mode,
    submit_version,
    withdraw_version,
)
from apps.workflows.services.runs import cancel_run, roll_back_run, start_run
from apps.workflows.services.templates import (
    discard_draft,
    publish_version,
    retire_version,
    roll_back_template,
    save_draft,
)

__all__ = [
    "agree_to_version",
    "cancel_run",
    "close_exception",
    "complete_step",
    "complete_user_task",
    "discard_draft",
    "fail_step",
    "publish_version",
    "raise_exception",
    "retire_version",
    "retry_step",
    "roll_back_run",
    "roll_back_template",
    "save_draft",
    "send_version_back",
    "set_review_mode",
    "skip_step",
    "start_run",
    "submit_version",
    "withdraw_version",
]
