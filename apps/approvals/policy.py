"""What an approval policy says: read from its JSON with precise complaints, then planned for one request. Pure.

    stages:
      - name: Resource manager
        approvers: {role: resource_manager, region: "= subject.region"}   # or {user: <id or mail address>}
        quorum: any                                                       # any, all or {n: 2}
        when: "show.amount.value > 50000.0"                               # the stage is skipped where this is false
    separation: {not_requester: true, not_twice: true}

Expressions see ``show`` (what the approver sees), ``subject`` and ``requester``; the members of ``show`` also stand
for themselves, so that ``amount.value > 50000.0`` reads as it should.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, cast

from apps.core.errors import Invalid, Problem
from apps.core.expressions import (
    ExpressionError,
    compile_expression,
    expression_source,
    is_expression,
    resolve,
)

MAX_STAGES = 12
_POLICY_KEYS = ("stages", "separation")
_STAGE_KEYS = ("name", "approvers", "when", "quorum")
_APPROVER_KEYS = ("role", "region", "user")
_SEPARATION_KEYS = ("not_requester", "not_twice")


@dataclass(frozen=True, slots=True)
class Approvers:
    """Who is asked: the holders of ``role`` (in ``region`` if given) or the one ``user`` (id or mail address)."""

    role: str = ""
    region: str = ""
    user: str = ""


@dataclass(frozen=True, slots=True)
class Quorum:
    """How many must approve: ``any`` (one), ``all``, or ``n``."""

    kind: str = "any"
    n: int = 1

    def needed(self, candidates: int) -> int:
        """Return how many approvals of that many candidates are needed; never less than one."""
        return max(1, candidates) if self.kind == "all" else self.n

    def to_json(self) -> str | dict[str, int]:
        return {"n": self.n} if self.kind == "n" else self.kind


@dataclass(frozen=True, slots=True)
class StageRule:
    """One stage: who is asked, how many must agree, and when it is asked at all ("": always)."""

    name: str
    approvers: Approvers
    when: str
    quorum: Quorum


@dataclass(frozen=True, slots=True)
class Separation:
    """Separation of duties: the requester does not decide; nobody approves in two stages of one request."""

    not_requester: bool = True
    not_twice: bool = True


@dataclass(frozen=True, slots=True)
class Policy:
    stages: tuple[StageRule, ...]
    separation: Separation


@dataclass(frozen=True, slots=True)
class PlannedStage:
    """A stage as it applies to one request: ``region`` and ``user`` are values now; ``reason`` says why if skipped."""

    name: str
    approvers: Approvers
    quorum: Quorum
    skipped: bool
    reason: str


class _Reader:
    """Reads a definition and gathers everything that is wrong with it, not only the first thing."""

    def __init__(self, roles: Collection[str]) -> None:
        self.roles = roles
        self.problems: list[Problem] = []

    def complain(self, pointer: str, message: str, code: str, remedy: str) -> None:
        self.problems.append(Problem(pointer, message, code, remedy))

    def mapping(self, value: Any, pointer: str, known: tuple[str, ...]) -> Mapping[str, Any]:
        if not isinstance(value, Mapping):
            self.complain(
                pointer, "This must be an object.", "not_an_object", f"Use the members {', '.join(known)}."
            )
            return {}
        for key in value:
            if key not in known:
                near = get_close_matches(str(key), known, 1)
                remedy = f"Did you mean '{near[0]}'?" if near else f"Use one of: {', '.join(known)}."
                self.complain(f"{pointer}/{key}", f"'{key}' is not known here.", "unknown_member", remedy)
        return value

    def expression(self, source: str, pointer: str) -> str:
        try:
            compile_expression(source)
        except ExpressionError as error:
            remedy = f"Correct the expression at line {error.line}, column {error.column}."
            self.complain(pointer, error.message, f"expression_{error.code}", remedy)
        return source

    def policy(self, definition: Any) -> Policy:
        body = self.mapping(definition, "", _POLICY_KEYS)
        raw = body.get("stages")
        if not isinstance(raw, list) or not raw or len(raw) > MAX_STAGES:
            self.complain(
                "/stages", f"A policy has 1 to {MAX_STAGES} stages.", "stages", "Give a list of stages."
            )
            raw = []
        stages = tuple(self.stage(stage, f"/stages/{number}") for number, stage in enumerate(raw))
        return Policy(stages, self.separation(body.get("separation", {})))

    def stage(self, value: Any, pointer: str) -> StageRule:
        body = self.mapping(value, pointer, _STAGE_KEYS)
        name = body.get("name")
        if not isinstance(name, str) or not 0 < len(name.strip()) <= 120:
            self.complain(
                f"{pointer}/name", "The stage has no name.", "required", "Name it, such as 'Finance'."
            )
            name = ""
        when = body.get("when", "")
        if not isinstance(when, str):
            self.complain(f"{pointer}/when", "This is not an expression.", "not_text", "Write it as text.")
            when = ""
        source = expression_source(when) if is_expression(when) else when
        if source:
            self.expression(source, f"{pointer}/when")
        approvers = self.approvers(body.get("approvers"), f"{pointer}/approvers")
        quorum = self.quorum(body.get("quorum", "any"), f"{pointer}/quorum")
        if approvers.user and quorum.needed(1) > 1:
            self.complain(
                f"{pointer}/quorum", "One person cannot approve more than once.", "quorum", "Use 'any'."
            )
        return StageRule(name.strip(), approvers, source, quorum)

    def approvers(self, value: Any, pointer: str) -> Approvers:
        body = self.mapping(value, pointer, _APPROVER_KEYS)
        texts = {key: body.get(key, "") for key in _APPROVER_KEYS}
        for key, text in texts.items():
            if not isinstance(text, str):
                self.complain(f"{pointer}/{key}", "This must be text.", "not_text", "Put it in quotes.")
                texts[key] = ""
            elif is_expression(text):
                self.expression(expression_source(text), f"{pointer}/{key}")
        approvers = Approvers(**texts)
        if bool(approvers.role) == bool(approvers.user) and isinstance(value, Mapping):
            self.complain(pointer, "Say who approves.", "approvers", "Give either 'role' or 'user'.")
        if approvers.role and approvers.role not in self.roles:
            near = get_close_matches(approvers.role, list(self.roles), 1)
            remedy = f"Did you mean '{near[0]}'?" if near else f"Use one of: {', '.join(sorted(self.roles))}."
            self.complain(f"{pointer}/role", f"'{approvers.role}' cannot approve.", "unknown_role", remedy)
        if approvers.user and approvers.region:
            self.complain(f"{pointer}/region", "A user needs no region.", "region", "Remove 'region'.")
        return approvers

    def quorum(self, value: Any, pointer: str) -> Quorum:
        if value in ("any", "all"):
            return Quorum(cast(str, value))
        count = value.get("n") if isinstance(value, Mapping) and value.keys() == {"n"} else None
        if isinstance(count, int) and not isinstance(count, bool) and 1 <= count <= 100:
            return Quorum("n", count)
        self.complain(pointer, "This is not a quorum.", "quorum", "Use 'any', 'all' or {n: 2}.")
        return Quorum()

    def separation(self, value: Any) -> Separation:
        body = self.mapping(value, "/separation", _SEPARATION_KEYS)
        flags = {}
        for key in _SEPARATION_KEYS:
            flags[key] = body.get(key, True)
            if not isinstance(flags[key], bool):
                self.complain(
                    f"/separation/{key}", "This must be true or false.", "not_a_flag", "Use true or false."
                )
                flags[key] = True
        return Separation(**flags)


def parse_policy(definition: Any, *, roles: Collection[str]) -> Policy:
    """Return the policy; raise Invalid with every problem, each with its JSON pointer and a remedy.

    ``roles`` are the roles whose holders may approve.
    """
    reader = _Reader(roles)
    policy = reader.policy(definition)
    if reader.problems:
        raise Invalid("invalid_policy", "The approval policy cannot be used as it is.", reader.problems)
    return policy


def plan(policy: Policy, facts: Mapping[str, Any]) -> tuple[PlannedStage, ...]:
    """Return the stages as they apply to ``facts`` (``show``, ``subject``, ``requester``).

    Raises ExpressionError when an expression cannot be evaluated on them: guessing would route around somebody.
    """
    variables = _variables(facts)
    return tuple(_plan_stage(rule, variables) for rule in policy.stages)


def _plan_stage(rule: StageRule, variables: Mapping[str, Any]) -> PlannedStage:
    if rule.when:
        answer = compile_expression(rule.when).evaluate(variables)
        if not isinstance(answer, bool):
            raise ExpressionError("The condition is neither true nor false.", code="type", source=rule.when)
        if not answer:
            return PlannedStage(
                rule.name, rule.approvers, rule.quorum, skipped=True, reason=f"not: {rule.when}"
            )
    approvers = Approvers(
        role=rule.approvers.role,
        region=_text(rule.approvers.region, variables),
        user=_text(rule.approvers.user, variables),
    )
    return PlannedStage(rule.name, approvers, rule.quorum, skipped=False, reason=rule.when)


def _text(value: str, variables: Mapping[str, Any]) -> str:
    answer = resolve(value, variables)
    if not isinstance(answer, str) or (value and not answer):
        raise ExpressionError("The expression gives no text.", code="type", source=value)
    return answer


def _variables(facts: Mapping[str, Any]) -> dict[str, Any]:
    show = facts.get("show") or {}
    subject = facts.get("subject")
    return {
        **show,
        "show": show,
        "subject": subject if isinstance(subject, Mapping) else {"ref": str(subject or "")},
        "requester": facts.get("requester") or {},
    }
