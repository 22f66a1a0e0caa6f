"""`decision`: a decision table with one of three hit policies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from apps.workflows.engine.commands import StepError
from apps.workflows.engine.definition import DecisionRule, DecisionStep
from apps.workflows.engine.kinds.base import Kind
from apps.workflows.engine.linting import Lint
from apps.workflows.engine.reader import Reader
from apps.workflows.engine.results import Done, Fails, Opening, Result
from apps.workflows.engine.tables import analyse
from apps.workflows.engine.terms import terms_of
from apps.workflows.engine.turn import Turn

Json = dict[str, Any]
HITS = ("first", "unique", "collect")
AGGREGATES = ("list", "sum", "min", "max", "count")
REMEDIES = {
    "decision_gap": "Add a rule for it, or one without 'when' at the end.",
    "decision_overlap": "Narrow one of them, or use hit: first.",
    "unreachable_rule": "Move it before the others, or remove it.",
}


class Decision(Kind[DecisionStep]):
    """`first` and `unique` put out the `then` of the matching rule; `collect` a list per key over all that match."""

    name = "decision"

    def parse(self, reader: Reader, base: Json) -> DecisionStep:
        """Read hit and rules."""
        rules = tuple(_rule(inner) for inner in reader.readers("rules"))
        if not rules:
            reader.problem("empty", "A decision needs at least one rule.", "rules", "Add a rule.")
        hit = reader.word("hit", HITS, "first")
        return DecisionStep(**base, hit=hit, rules=rules, aggregate=_aggregate(reader, hit))

    def lint(self, step: DecisionStep, path: str, lint: Lint) -> None:
        """Values that no rule matches, that several match where one may, and rules that are never reached."""
        schema = lint.definition.input_schema
        for found in analyse([rule.when for rule in step.rules], step.hit, schema):
            where = f"{path}.rules" if found.rule is None else f"{path}.rules[{found.rule}]"
            lint.warn(found.code, found.message, where, REMEDIES[found.code])
        if step.hit != "first":
            return
        always = next((index for index, rule in enumerate(step.rules[:-1]) if rule.when is None), None)
        if always is not None and any(terms_of(rule.when) is None for rule in step.rules):
            message = "The rules after this one can never match."
            lint.warn("unreachable_rule", message, f"{path}.rules[{always}]", "Move it to the end.")

    def open(self, turn: Turn, step: DecisionStep, opening: Opening) -> Result:
        """Evaluate the table."""
        hits: list[Json] = []
        for rule in step.rules:
            if rule.when is None or turn.holds(rule.when):
                hits.append(turn.resolve(rule.then))
                if step.hit == "first":
                    break
        if step.hit == "collect":
            return _aggregated(_collected(hits), step.aggregate)
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


def _aggregate(reader: Reader, hit: str) -> dict[str, str]:
    wanted = reader.value("aggregate")
    if wanted is None:
        return {}
    if hit != "collect":
        reader.problem("no_effect", "'aggregate' needs hit: collect.", "aggregate", "Remove one of them.")
    inner = reader.inner("aggregate")
    if inner is None:
        return {}
    found = {str(key): inner.word(key, AGGREGATES, "list") for key in inner.data}
    inner.close()
    return found


def _aggregated(collected: Json, wanted: dict[str, str]) -> Result:
    output = dict(collected)
    for key, how in wanted.items():
        values = collected.get(key, [])
        is_numeric = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
        if how in ("sum", "min", "max") and not is_numeric:
            message = f"'{key}' is not a number in every rule that matched; it has no {how}."
            return Fails(StepError("not_a_number", message))
        output[key] = _ONE_OF_MANY[how](values)
    return Done(output)


_ONE_OF_MANY: dict[str, Callable[[list[Any]], Any]] = {
    "list": list,
    "sum": sum,
    "min": lambda values: min(values, default=None),
    "max": lambda values: max(values, default=None),
    "count": len,
}
