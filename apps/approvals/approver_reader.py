"""Reads the rules of a policy that name people, and the parts all of a policy is made of. Pure."""

from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import Any

from apps.approvals.approvers import (
    CONTACT,
    GROUP,
    MANAGER,
    OWNED,
    OWNER,
    PEOPLE,
    ROLE,
    USER,
    WITHIN,
    ApproverRule,
)
from apps.core.errors import Problem
from apps.core.expressions import ExpressionError, compile_expression, expression_source, is_expression

MAX_APPROVERS = 20
RESOURCE_MANAGER = "resource_manager"
RESOURCE_MANAGER_OF = "resource_manager_of"
KINDS = (ROLE, USER, GROUP, MANAGER, OWNER, RESOURCE_MANAGER_OF, CONTACT, PEOPLE)
_ALL_KEYS = (*KINDS, "region", "id", "customer")


class DefinitionReader:
    """Gathers complaints, and reads what every part of a definition consists of."""

    def __init__(self, roles: Collection[str]) -> None:
        self.roles = roles
        self.problems: list[Problem] = []

    def complain(self, pointer: str, message: str, code: str, remedy: str) -> None:
        """Note a problem."""
        self.problems.append(Problem(pointer, message, code, remedy))

    def mapping(self, value: Any, pointer: str, known: tuple[str, ...]) -> Mapping[str, Any]:
        """Read an object with none but the known members; an empty one where it is none."""
        if not isinstance(value, Mapping):
            self.complain(
                pointer, "This must be an object.", "not_an_object", f"Use the members {', '.join(known)}."
            )
            return {}
        for key in value:
            if key not in known:
                remedy = near(str(key), known, f"Use one of: {', '.join(known)}.")
                self.complain(f"{pointer}/{key}", f"'{key}' is not known here.", "unknown_member", remedy)
        return value

    def expression(self, source: str, pointer: str) -> str:
        """Read an expression that must compile."""
        try:
            compile_expression(source)
        except ExpressionError as error:
            remedy = f"Correct the expression at line {error.line}, column {error.column}."
            self.complain(pointer, error.message, f"expression_{error.code}", remedy)
        return source

    def condition(self, value: Any, pointer: str) -> str:
        """Read a condition, with or without the mark of expressions; "" where it is none."""
        if not isinstance(value, str) or not value.strip():
            remedy = 'Write a condition such as "amount.value > 50000.0".'
            self.complain(pointer, "This is not an expression.", "not_text", remedy)
            return ""
        return self.expression(expression_source(value) if is_expression(value) else value, pointer)

    def known_role(self, role: str, pointer: str) -> None:
        """Complain about a role whose holders may not approve."""
        if role not in self.roles:
            remedy = near(role, self.roles, f"Use one of: {', '.join(sorted(self.roles))}.")
            self.complain(pointer, f"'{role}' cannot approve.", "unknown_role", remedy)


class ApproverReader(DefinitionReader):
    """Reads rules that name people."""

    def approvers(self, value: Any, pointer: str) -> tuple[ApproverRule, ...]:
        """Read one rule, or a list of rules of which each adds people."""
        if not isinstance(value, list):
            rule = self.approver(value, pointer)
            return (rule,) if rule else ()
        if not 1 <= len(value) <= MAX_APPROVERS:
            remedy = "Add a rule such as {role: finance}." if not value else "Make a group of them."
            self.complain(pointer, f"1 to {MAX_APPROVERS} rules are expected here.", "approvers", remedy)
            return ()
        read = (self.approver(rule, f"{pointer}/{number}") for number, rule in enumerate(value))
        return tuple(rule for rule in read if rule is not None)

    def approver(self, value: Any, pointer: str) -> ApproverRule | None:
        """Read one rule; None where it names nobody."""
        if isinstance(value, Mapping):
            value = {key: item for key, item in value.items() if item != ""}
        found = [kind for kind in KINDS if isinstance(value, Mapping) and kind in value]
        known = _known(found[0]) if len(found) == 1 else _ALL_KEYS
        body = self.mapping(value, pointer, known)
        texts = {str(key): self._text(item, f"{pointer}/{key}") for key, item in body.items() if key in known}
        if len(found) != 1 or not texts[found[0]]:
            if isinstance(value, Mapping):
                remedy = f"Give one of {', '.join(repr(kind) for kind in KINDS)}."
                self.complain(pointer, "Say who approves.", "approvers", remedy)
            return None
        rule = _rule(found[0], texts)
        self._check(rule, pointer)
        return rule

    def _text(self, value: Any, pointer: str) -> str:
        if not isinstance(value, str):
            self.complain(pointer, "This must be text.", "not_text", "Put it in quotes.")
            return ""
        if is_expression(value):
            self.expression(expression_source(value), pointer)
        return value

    def _check(self, rule: ApproverRule, pointer: str) -> None:
        if rule.kind == ROLE:
            self.known_role(rule.value, f"{pointer}/role")
        elif rule.kind == OWNER and rule.value not in OWNED:
            remedy = near(rule.value, OWNED, "Use 'project' or 'customer'.")
            self.complain(f"{pointer}/{OWNER}", f"Nobody owns a '{rule.value}' here.", "owner_of", remedy)
        elif rule.kind == PEOPLE and not is_expression(rule.value):
            remedy = "Begin with '=', such as '= subject.reviewers'; name one person with 'user'."
            self.complain(f"{pointer}/{PEOPLE}", "An expression is expected.", "not_an_expression", remedy)


def _known(kind: str) -> tuple[str, ...]:
    return (kind, WITHIN[kind]) if kind in WITHIN else (kind,)


def _rule(kind: str, texts: Mapping[str, str]) -> ApproverRule:
    if kind == RESOURCE_MANAGER_OF:
        return ApproverRule(ROLE, RESOURCE_MANAGER, texts[kind])
    return ApproverRule(kind, texts[kind], texts.get(WITHIN[kind], "") if kind in WITHIN else "")


def near(wrong: str, known: Collection[str], otherwise: str) -> str:
    """Return a remedy: the name that was probably meant, else ``otherwise``."""
    found = get_close_matches(wrong, list(known), 1)
    return f"Did you mean '{found[0]}'?" if found else otherwise
