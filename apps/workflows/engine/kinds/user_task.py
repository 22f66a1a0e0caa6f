"""`user_task`: a person fills in a form."""

from __future__ import annotations

from typing import Any

from apps.workflows.engine.definition import UserTaskStep
from apps.workflows.engine.effects import OpenUserTask
from apps.workflows.engine.kinds.base import Kind
from apps.workflows.engine.linting import Lint
from apps.workflows.engine.reader import Reader
from apps.workflows.engine.results import Opening, Result, Waits
from apps.workflows.engine.schemas import schema_problem
from apps.workflows.engine.turn import Turn, as_mapping

Json = dict[str, Any]


class UserTask(Kind[UserTaskStep]):
    """Opens a task; the output is what the form gave."""

    name = "user_task"
    has_limit = True

    def parse(self, reader: Reader, base: Json) -> UserTaskStep:
        """Read form, assignee, show and prefill."""
        form = reader.value("form") or {"type": "object", "properties": {}}
        problem = schema_problem(form)
        if problem:
            reader.problem("schema", f"'form' is not a JSON Schema of an object: {problem}.", "form")
            form = {}
        return UserTaskStep(
            **base,
            form=form,
            assignee=as_mapping(reader.template("assignee", {}, required=True)),
            show=reader.mapping("show"),
            prefill=reader.mapping("prefill"),
        )

    def lint(self, step: UserTaskStep, path: str, lint: Lint) -> None:
        """The role of the assignee must exist."""
        lint.role(step.assignee, f"{path}.assignee")

    def open(self, turn: Turn, step: UserTaskStep, opening: Opening) -> Result:
        """Open the task."""
        assignee = turn.resolve(step.assignee)
        if assignee.keys() == {"value"}:
            assignee = as_mapping(assignee["value"])
        opened = OpenUserTask(
            visit=opening.visit,
            step=step.id,
            name=step.name,
            form=step.form,
            assignee=assignee,
            show=turn.resolve(step.show),
            prefill=turn.resolve(step.prefill),
            due_at=opening.due_at,
            audience=step.audience,
            epoch=opening.epoch,
        )
        return Waits({"pending": "user_task"}, [opened])
