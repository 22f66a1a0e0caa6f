"""All step kinds by name."""

from __future__ import annotations

from typing import Any

from apps.workflows.engine.kinds.action import Action
from apps.workflows.engine.kinds.approval import Approval
from apps.workflows.engine.kinds.assist import Assist
from apps.workflows.engine.kinds.base import Kind
from apps.workflows.engine.kinds.check import Check
from apps.workflows.engine.kinds.choice import Choice
from apps.workflows.engine.kinds.decision import Decision
from apps.workflows.engine.kinds.end import End
from apps.workflows.engine.kinds.for_each import ForEach
from apps.workflows.engine.kinds.notify import Notify
from apps.workflows.engine.kinds.parallel import Parallel
from apps.workflows.engine.kinds.subflow import Subflow
from apps.workflows.engine.kinds.user_task import UserTask
from apps.workflows.engine.kinds.variables import Set
from apps.workflows.engine.kinds.wait import Wait

KINDS: dict[str, Kind[Any]] = {
    kind.name: kind
    for kind in (
        UserTask(),
        Approval(),
        Action(),
        Check(),
        Decision(),
        Choice(),
        Parallel(),
        ForEach(),
        Wait(),
        Notify(),
        Subflow(),
        Set(),
        Assist(),
        End(),
    )
}
