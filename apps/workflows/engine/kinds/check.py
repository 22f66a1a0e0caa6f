"""`check`: rules that must all hold, over the run's data and, if asked for, freshly gathered facts."""

from __future__ import annotations

from typing import Any

from apps.core.expressions import is_expression
from apps.workflows.engine.definition import CONTINUE, EXCEPTION, CheckStep, FactsQuery, Rule
from apps.workflows.engine.effects import AwaitEvent, GatherFacts
from apps.workflows.engine.kinds.base import Kind
from apps.workflows.engine.linting import Lint
from apps.workflows.engine.matching import correlation, frozen_scope, matches
from apps.workflows.engine.reader import Reader
from apps.workflows.engine.results import Done, Ignored, Opening, Reacts, Result, Waits
from apps.workflows.engine.state import Visit
from apps.workflows.engine.turn import Turn

Json = dict[str, Any]


class Check(Kind[CheckStep]):
    """Evaluates every rule and explains each one in its output."""

    name = "check"

    def parse(self, reader: Reader, base: Json) -> CheckStep:
        """Read rules, facts, on_fail and recheck_on."""
        rules = tuple(_rule(inner, index) for index, inner in enumerate(reader.readers("rules")))
        ids = [rule.id for rule in rules]
        if len(set(ids)) != len(ids):
            reader.problem(
                "duplicate_id", "Two rules have the same id.", "rules", "Give each rule its own id."
            )
        return CheckStep(
            **base,
            rules=rules,
            facts=_facts(reader.inner("facts")),
            on_fail=reader.reaction("on_fail", (EXCEPTION, CONTINUE), EXCEPTION),
            recheck_on=reader.event_match("recheck_on"),
        )

    def lint(self, step: CheckStep, path: str, lint: Lint) -> None:
        """The query and the event must exist; a recheck only happens while an exception is open."""
        if step.facts:
            lint.known("query", step.facts.query, lint.catalogue.queries(), f"{path}.facts.query")
        if step.recheck_on:
            names = lint.catalogue.event_types()
            lint.known("event_type", step.recheck_on.type, names, f"{path}.recheck_on.type")
            if step.on_fail != EXCEPTION:
                message = "'recheck_on' has no effect unless 'on_fail' is exception."
                lint.warn("no_effect", message, f"{path}.recheck_on", "Remove one of them.")

    def open(self, turn: Turn, step: CheckStep, opening: Opening) -> Result:
        """Ask for the facts, or evaluate at once."""
        if step.facts is None:
            return _judge(turn, step, opening.visit, {})
        asked = _ask(turn, step, opening.visit, opening.epoch)
        return Waits({"pending": "query"}, [asked])

    def facts_gathered(self, turn: Turn, step: CheckStep, visit: Visit, facts: Json) -> Result:
        """Evaluate the rules over the facts."""
        return _judge(turn, step, visit.id, facts)

    def event_received(self, turn: Turn, step: CheckStep, visit: Visit, event: Json) -> Result:
        """Check again while the failed check waits for a person."""
        awaits = visit.work["awaits"]
        if event.get("type") != awaits["type"] or not matches(awaits.get("match"), awaits["scope"], event):
            return Ignored("no_match")
        if step.facts is None:
            return _judge(turn, step, visit.id, {})
        if visit.work.get("pending") == "query":
            return Ignored("being_checked")
        return Waits({"pending": "query"}, [_ask(turn, step, visit.id, visit.epoch)])


def _rule(reader: Reader, index: int) -> Rule:
    extra = ("facts",)
    rule_id = reader.text("id", f"rule_{index + 1}")
    expr = reader.expression("expr", required=True, extra=extra) or "false"
    message = reader.template("message", "", extra=extra)
    reader.close()
    return Rule(rule_id, expr, str(message or f"The rule '{rule_id}' does not hold."))


def _facts(reader: Reader | None) -> FactsQuery | None:
    if reader is None:
        return None
    facts = FactsQuery(reader.text("query", required=True), reader.mapping("input"))
    reader.close()
    return facts


def _ask(turn: Turn, step: CheckStep, visit: str, epoch: int) -> GatherFacts:
    facts = step.facts or FactsQuery("", {})
    return GatherFacts(visit, step.id, facts.query, turn.resolve(facts.input), epoch)


def _judge(turn: Turn, step: CheckStep, visit: str, facts: Json) -> Result:
    results = [_result(turn, rule, facts) for rule in step.rules]
    failed = [result for result in results if not result["passed"]]
    output: Json = {"passed": not failed, "rules": results}
    if not failed:
        return Done(output)
    message = " ".join(dict.fromkeys(str(result["message"]) for result in failed))
    return Reacts(step.on_fail, "on_fail", output, "check_failed", message, _recheck(turn, step, visit))


def _result(turn: Turn, rule: Rule, facts: Json) -> Json:
    passed = turn.holds(rule.expr, facts=facts)
    message = (
        turn.resolve(rule.message, facts=facts)
        if not passed and is_expression(rule.message)
        else rule.message
    )
    return {"id": rule.id, "passed": passed, "message": str(message)}


def _recheck(turn: Turn, step: CheckStep, visit: str) -> Waits | None:
    on = step.recheck_on
    if on is None:
        return None
    scope = frozen_scope(on.match, turn.scope())
    awaits = {"type": on.type, "match": on.match, "scope": scope}
    found = correlation(on.match, scope)
    return Waits({"awaits": awaits}, [AwaitEvent(visit, step.id, on.type, on.match, scope, found)])
