"""When an automatic attempt follows a failure, and when it happens."""

from __future__ import annotations

import zlib
from datetime import datetime, timedelta

from apps.workflows.engine.commands import StepError
from apps.workflows.engine.definition import RETRY, ActionStep, Retry, Step
from apps.workflows.engine.error_rules import rule_for

JITTER = 0.2
"""Share of the waiting time by which it is spread, so that many runs do not come back in one moment."""


def policy_of(step: Step, error: StepError | None, *, retries_by_default: bool) -> Retry | None:
    """The retry policy of a step for an error; None when such failures are not retried.

    A rule of `on_error` that the error falls under decides alone. Without one, failures that are not marked as transient
    are only retried with `on_error: retry`.
    """
    found = rule_for(step, error) if error is not None else None
    if found is not None:
        return found[1].retry
    if error is not None and not (error.retryable or step.on_error == RETRY):
        return None
    if isinstance(step, ActionStep) and step.retry:
        return step.retry
    return Retry() if retries_by_default or step.on_error == RETRY else None


def is_last(step: Step, attempt: int, *, retries_by_default: bool) -> bool:
    """Whether no automatic attempt can follow this one, whatever goes wrong."""
    policies = [rule.retry for rule in step.error_rules]
    if all(rule.errors for rule in step.error_rules):
        policies.append(policy_of(step, None, retries_by_default=retries_by_default))
    return all(policy is None or attempt >= policy.max for policy in policies)


def next_attempt(
    step: Step, error: StepError, attempt: int, now: datetime, seed: str, *, retries_by_default: bool
) -> datetime | None:
    """When to try again after the given attempt failed, or None.

    The time grows exponentially up to the cap, is spread by a share that depends on the seed alone, and is never before
    the error's `retry_after`.
    """
    policy = policy_of(step, error, retries_by_default=retries_by_default)
    if policy is None or attempt >= policy.max:
        return None
    growth = min(policy.factor ** (attempt - 1), 1e9)
    seconds = min(policy.backoff.total_seconds() * growth, policy.cap.total_seconds())
    share = zlib.crc32(f"{seed}/{attempt}".encode()) / 0xFFFFFFFF
    seconds *= 1 - JITTER + 2 * JITTER * share
    return now + timedelta(seconds=max(seconds, min(error.retry_after or 0.0, 7 * 86400)))
