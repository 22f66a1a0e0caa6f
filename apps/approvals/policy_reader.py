"""Reads the JSON of an approval policy and gathers everything that is wrong with it, not only the first thing. Pure."""

from collections.abc import Mapping
from typing import Any

from apps.approvals.approver_reader import ApproverReader
from apps.approvals.definition import AutoRule, Policy, Separation, StageRule
from apps.approvals.escalation import NO_LADDER, Ladder, read_ladder
from apps.approvals.limits import Limit
from apps.approvals.quorum import ANY, COUNT, MANDATORY, PERCENT, Quorum, Rejection
from apps.approvals.step_up import NO_STEP_UP, StepUp, read_step_up
from apps.core.errors import Invalid
from apps.core.money import Money

MAX_STAGES = 12
MAX_RULES = 20
MAX_COUNT = 100
POLICY_KEYS = ("stages", "separation", "limits", "approve_when", "escalation", "timeout", "step_up")
STAGE_KEYS = (
    "name",
    "approvers",
    "when",
    "quorum",
    "reject",
    "approve_when",
    "escalation",
    "timeout",
    "step_up",
)
SEPARATION_KEYS = ("not_requester", "not_twice", "not_preparer")
QUORUM_KEYS = (COUNT, PERCENT, "of", "roles", MANDATORY)
LIMIT_HOLDERS = ("role", "group", "user")


class PolicyReader(ApproverReader):
    """Reads one definition; what is wrong stands in ``problems`` afterwards."""

    def policy(self, definition: Any) -> Policy:
        """Read the whole definition."""
        body = self.mapping(definition, "", POLICY_KEYS)
        raw = body.get("stages")
        if not isinstance(raw, list) or not raw or len(raw) > MAX_STAGES:
            self.complain(
                "/stages", f"A policy has 1 to {MAX_STAGES} stages.", "stages", "Give a list of stages."
            )
            raw = []
        # What the policy says of waiting and of asking again holds for every stage that says nothing of it.
        common, again = read_ladder(self, body, ""), read_step_up(self, body, "")
        stages = tuple(
            self.stage(stage, f"/stages/{number}", common, again) for number, stage in enumerate(raw)
        )
        return Policy(
            stages,
            self.separation(body.get("separation", {})),
            self.limits(body.get("limits", [])),
            self.auto_rules(body.get("approve_when", []), "/approve_when"),
        )

    def stage(
        self, value: Any, pointer: str, common: Ladder = NO_LADDER, again: StepUp = NO_STEP_UP
    ) -> StageRule:
        """Read one stage."""
        body = self.mapping(value, pointer, STAGE_KEYS)
        name = body.get("name")
        if not isinstance(name, str) or not 0 < len(name.strip()) <= 120:
            remedy = "Name it in at most 120 letters, such as 'Finance'."
            self.complain(f"{pointer}/name", "The stage has no name.", "required", remedy)
            name = ""
        given = body.get("when", "")
        when = "" if given in ("", "=") else self.condition(given, f"{pointer}/when")
        approvers = self.approvers(body.get("approvers"), f"{pointer}/approvers")
        quorum = self.quorum(body.get("quorum", ANY), f"{pointer}/quorum")
        if [rule.kind for rule in approvers] == ["user"] and quorum.needed(1) > 1:
            self.complain(
                f"{pointer}/quorum", "One person cannot approve more than once.", "quorum", "Use 'any'."
            )
        rejection = self.rejection(body.get("reject", ANY), f"{pointer}/reject")
        if rejection.kind == MANDATORY and not quorum.mandatory:
            message = "No member of this stage is mandatory."
            remedy = "Name mandatory members under 'quorum', or choose another rule."
            self.complain(f"{pointer}/reject", message, "reject", remedy)
        auto = self.auto_rules(body.get("approve_when", []), f"{pointer}/approve_when")
        own = "escalation" in body or "timeout" in body
        ladder = read_ladder(self, body, pointer) if own else common
        step_up = read_step_up(self, body, pointer) if "step_up" in body else again
        return StageRule(name.strip(), approvers, when, quorum, rejection, auto, ladder, step_up)

    def quorum(self, value: Any, pointer: str) -> Quorum:
        """Read ``any``, ``all``, ``{n: 2}`` or ``{percent: 60}``, the latter with ``roles`` and ``mandatory``."""
        if value in (ANY, "all"):
            return Quorum(str(value))
        remedy = "Use 'any', 'all', {n: 2} or {percent: 60}."
        if not isinstance(value, Mapping) or not value:
            self.complain(pointer, "This is not a quorum.", "quorum", remedy)
            return Quorum()
        body = self.mapping(value, pointer, QUORUM_KEYS)
        counted = [key for key in (COUNT, PERCENT, "of") if key in body]
        if len(counted) > 1:
            self.complain(pointer, "A quorum is counted in one way only.", "quorum", remedy)
        kind, number = (counted or [ANY])[0], 1
        if kind == "of":
            kind = str(body["of"])
            if kind not in (ANY, "all"):
                self.complain(f"{pointer}/of", "This is not a quorum.", "quorum", "Use 'any' or 'all'.")
                kind = ANY
        elif kind != ANY:
            number = self.whole(body[kind], pointer, remedy, "quorum")
        roles = self._role_counts(body.get("roles", {}), f"{pointer}/roles")
        given = body.get(MANDATORY, [])
        mandatory = self.approvers(given, f"{pointer}/{MANDATORY}") if given != [] else ()
        return Quorum(kind, number, roles, mandatory)

    def rejection(self, value: Any, pointer: str) -> Rejection:
        """Read ``any``, ``mandatory``, ``{n: 2}`` or ``{percent: 50}``."""
        if value in (ANY, MANDATORY):
            return Rejection(str(value))
        remedy = "Use 'any', 'mandatory', {n: 2} or {percent: 50}."
        if not isinstance(value, Mapping) or len(value) != 1 or next(iter(value)) not in (COUNT, PERCENT):
            self.complain(pointer, "This does not say how many must reject.", "reject", remedy)
            return Rejection()
        kind = str(next(iter(value)))
        return Rejection(kind, self.whole(value[kind], pointer, remedy, "reject"))

    def whole(self, value: Any, pointer: str, remedy: str, code: str) -> int:
        """Read a whole number from 1 to 100; 1 where it is not one."""
        if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MAX_COUNT:
            return value
        self.complain(pointer, f"A whole number from 1 to {MAX_COUNT} is expected.", code, remedy)
        return 1

    def auto_rules(self, value: Any, pointer: str) -> tuple[AutoRule, ...]:
        """Read conditions under which nobody is asked: one as text, or a list of ``{name, when}``."""
        if isinstance(value, str) and value:
            return (AutoRule("automatic", self.condition(value, pointer)),)
        if not isinstance(value, list) or len(value) > MAX_RULES:
            message = f"At most {MAX_RULES} rules are expected here."
            self.complain(pointer, message, "not_rules", "Write a list of {name, when}.")
            return ()
        return tuple(self._auto_rule(rule, f"{pointer}/{number}") for number, rule in enumerate(value))

    def _auto_rule(self, value: Any, pointer: str) -> AutoRule:
        body = self.mapping(value, pointer, ("name", "when"))
        name = body.get("name", "")
        if not isinstance(name, str) or not 0 < len(name.strip()) <= 80:
            remedy = "Name it in at most 80 letters; the name stands on what the rule decides."
            self.complain(f"{pointer}/name", "The rule has no name.", "required", remedy)
            name = ""
        return AutoRule(name.strip(), self.condition(body.get("when"), f"{pointer}/when"))

    def limits(self, value: Any) -> tuple[Limit, ...]:
        """Read up to which amounts people decide."""
        if not isinstance(value, list) or len(value) > MAX_COUNT:
            remedy = "Write a list such as [{role: finance, amount: '50000.00', currency: EUR}]."
            self.complain("/limits", f"At most {MAX_COUNT} limits are expected here.", "not_limits", remedy)
            return ()
        read = (self._limit(limit, f"/limits/{number}") for number, limit in enumerate(value))
        return tuple(limit for limit in read if limit is not None)

    def _limit(self, value: Any, pointer: str) -> Limit | None:
        body = self.mapping(value, pointer, (*LIMIT_HOLDERS, "amount", "currency"))
        held = [kind for kind in LIMIT_HOLDERS if kind in body]
        name = body.get(held[0]) if len(held) == 1 else None
        if not isinstance(name, str) or not name:
            remedy = "Give one of 'role', 'group' and 'user'."
            self.complain(pointer, "Say whose limit this is.", "limit_holder", remedy)
            return None
        if held[0] == "role":
            self.known_role(name, f"{pointer}/role")
        try:
            most = Money.from_json(body)
        except Invalid:
            most = None
        if most is None or most.amount < 0:
            remedy = "Write amount: '50000.00' and currency: EUR."
            self.complain(pointer, "The amount of the limit cannot be read.", "not_money", remedy)
            return None
        return Limit(held[0], name.strip().lower() if held[0] == "user" else name, most)

    def separation(self, value: Any) -> Separation:
        """Read which duties are separated; all are unless switched off."""
        body = self.mapping(value, "/separation", SEPARATION_KEYS)
        flags = {}
        for key in SEPARATION_KEYS:
            flags[key] = body.get(key, True)
            if not isinstance(flags[key], bool):
                self.complain(
                    f"/separation/{key}", "This must be true or false.", "not_a_flag", "Use true or false."
                )
                flags[key] = True
        return Separation(**flags)

    def _role_counts(self, value: Any, pointer: str) -> tuple[tuple[str, int], ...]:
        if not isinstance(value, Mapping):
            remedy = "Write the roles with their numbers, such as {finance: 1}."
            self.complain(pointer, "This must be an object.", "not_an_object", remedy)
            return ()
        counts = []
        for role, count in value.items():
            self.known_role(str(role), f"{pointer}/{role}")
            remedy = "Say how many holders of the role must approve, such as 1."
            counts.append((str(role), self.whole(count, f"{pointer}/{role}", remedy, "quorum")))
        return tuple(counts)
