"""When an automatic attempt follows a failure, and when it happens."""

from __future__ import annotations

import zlib
from datetime import datetime, timedelta

from apps.workflows.engine.commands import StepError
from apps.workflows.engine.definition import RETRY, ActionStep, Retry, Step

JITTER = 0.2
"""Share of the waiting time by which it is spread, so that many runs do not come back in one moment."""


def policy_of(step: Step, *, retries_by_default: bool) -> Retry | None:
    """The retry policy of a step; None when its failures are not retried."""
    if isinstance(step, ActionStep) and step.retry:
        return step.retry
    return Retry() if retries_by_default or step.on_error == RETRY else None


def is_last(step: Step, attempt: int, *, retries_by_default: bool) -> bool:
    """Whether no automatic attempt can follow this one."""
    policy = policy_of(step, retries_by_default=retries_by_default)
    return policy is None or attempt >= policy.max


def next_attempt(
    step: Step, error: StepError, attempt: int, now: datetime, seed: str, *, retries_by_default: bool
) -> datetime | None:
    """When to try again after the given attempt failed, or None.

    Failures that are not marked as transient are only retried with `on_error: retry`. The time grows exponentially up
    to the cap, is spread by a share that depends on the seed alone, and is never before the error's `retry_after`.
    """
    policy = policy_of(step, retries_by_default=retries_by_default)
    if policy is None or attempt >= policy.max or not (error.retryable or step.on_error == RETRY):
        return None
    growth = min(policy.factor ** (attempt - 1), 1e9)
    seconds = min(policy.backoff.total_seconds() * growth, policy.cap.total_seconds())
    share = zlib.crc32(f"{seed}/{attempt}".encode()) / 0xFFFFFFFF
    seconds *= 1 - JITTER + 2 * JITTER * share
    return now + timedelta(seconds=max(seconds, min(error.retry_after or 0.0, 7 * 86400)))
