"""`decision`: a decision table with one of three hit policies."""

from __future__ import annotations

from typing import Any

from apps.workflows.engine.commands import StepError
from apps.workflows.engine.definition import DecisionRule, DecisionStep
from apps.workflows.engine.kinds.base import Kind
from apps.workflows.engine.linting import Lint
from apps.workflows.engine.reader import Reader
from apps.workflows.engine.results import Done, Fails, Opening, Result
from apps.workflows.engine.turn import Turn

Json = dict[str, Any]
HITS = ("first", "unique", "collect")


class Decision(Kind[DecisionStep]):
    """`first` and `unique` put out the `then` of the matching rule; `collect` a list per key over all that match."""

    name = "decision"

    def parse(self, reader: Reader, base: Json) -> DecisionStep:
        """Read hit and rules."""
        rules = tuple(_rule(inner) for inner in reader.readers("rules"))
        if not rules:
            reader.problem("empty", "A decision needs at least one rule.", "rules", "Add a rule.")
        return DecisionStep(**base, hit=reader.word("hit", HITS, "first"), rules=rules)

    def lint(self, step: DecisionStep, path: str, lint: Lint) -> None:
        """Rules after one that always matches can never be reached."""
        if step.hit != "first":
            return
        for index, rule in enumerate(step.rules[:-1]):
            if rule.when is None:
                message = "The rules after this one can never match."
                lint.warn("unreachable_rule", message, f"{path}.rules[{index}]", "Move it to the end.")
                return

    def open(self, turn: Turn, step: DecisionStep, opening: Opening) -> Result:
        """Evaluate the table."""
        hits: list[Json] = []
        for rule in step.rules:
            if rule.when is None or turn.holds(rule.when):
                hits.append(turn.resolve(rule.then))
                if step.hit == "first":
                    break
        if step.hit == "collect":
            return Done(_collected(hits))
        if not hits:
            return Fails(StepError("no_rule_matched", "No rule of the decision table matched."))
        if len(hits) > 1:
            message = f"{len(hits)} rules of the decision table matched where only one may."
            return Fails(StepError("several_rules_matched", message))
        return Done(hits[0])


def _rule(reader: Reader) -> DecisionRule:
    rule = DecisionRule(reader.expression("when"), reader.mapping("then", required=True))
    reader.close()
    return rule


def _collected(hits: list[Json]) -> Json:
    collected: Json = {}
    for hit in hits:
        for key, value in hit.items():
            collected.setdefault(key, []).append(value)
    return collected
