"""`notify`: a message to people; done once messaging has accepted it."""

from __future__ import annotations

from typing import Any

from apps.workflows.engine.definition import NotifyStep
from apps.workflows.engine.effects import SendMessage
from apps.workflows.engine.kinds.base import Kind
from apps.workflows.engine.linting import Lint
from apps.workflows.engine.reader import Reader
from apps.workflows.engine.results import Opening, Result, Waits
from apps.workflows.engine.turn import Turn

Json = dict[str, Any]


class Notify(Kind[NotifyStep]):
    """Sends a message."""

    name = "notify"

    def parse(self, reader: Reader, base: Json) -> NotifyStep:
        """Read message, to and data."""
        return NotifyStep(
            **base,
            message=reader.text("message", required=True),
            to=reader.template("to", required=True),
            data=reader.mapping("data"),
        )

    def lint(self, step: NotifyStep, path: str, lint: Lint) -> None:
        """The message must exist."""
        lint.known("message", step.message, lint.catalogue.messages(), f"{path}.message")
        lint.role(step.to, f"{path}.to")

    def open(self, turn: Turn, step: NotifyStep, opening: Opening) -> Result:
        """Hand the message over."""
        asked = opening.override or {"to": turn.resolve(step.to), "data": turn.resolve(step.data)}
        sent = SendMessage(
            visit=opening.visit,
            step=step.id,
            message=step.message,
            to=asked.get("to"),
            data=dict(asked.get("data") or {}),
            audience=step.audience,
            epoch=opening.epoch,
            attempt=opening.attempt,
        )
        return Waits({"pending": "notify", "input": asked}, [sent])
