"""An approval policy as the fields of a form, and back. Pure; every part of the format has its fields.

Names of fields are paths such as ``s0.a1.kind``: the kind of the second rule of the first stage. Rows that are left empty
are dropped, and each list shows an empty row more than it has, so that nothing needs a script.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from apps.approvals.approvers import CONTACT, OWNER, ROLE, WITHIN
from apps.approvals.policy_reader import MAX_RULES, MAX_STAGES

Json = dict[str, Any]

KINDS = (
    ("role", "Holders of the role"),
    ("resource_manager_of", "Resource managers of the region"),
    ("group", "Members of the group"),
    ("user", "One person (mail address)"),
    ("manager_of", "Manager of (“requester” or a mail address)"),
    ("owner_of", "Owner of the (project or customer)"),
    ("contact", "Customer's contacts for (“any” for all)"),
    ("people", "People the request names (expression)"),
)
QUORUMS = (("any", "One of them"), ("all", "All of them"), ("n", "So many"), ("percent", "Percent of them"))
REJECTIONS = (
    ("any", "One of them"),
    ("n", "So many"),
    ("percent", "Percent of them"),
    ("mandatory", "One of those who must agree"),
)
HOLDERS = (("role", "Holders of the role"), ("group", "Members of the group"), ("user", "The person"))
SEPARATION = (
    ("not_requester", "Who asks does not decide"),
    ("not_preparer", "Who prepared it does not decide"),
    ("not_twice", "Nobody approves in two stages"),
)
STEPS = (
    ("remind", "Remind them"),
    ("add", "Ask others too"),
    ("up", "Ask their managers too"),
    ("replace", "Ask others instead"),
)
ENDS = (
    ("approve", "Approve it"),
    ("reject", "Reject it"),
    ("escalate", "Hand it to the administrators"),
    ("exception", "Make it an exception"),
)
STEP_UPS = (
    ("", "As the policy says for all stages"),
    ("never", "Never"),
    ("always", "With every decision"),
    ("some", "Above the amount, or for the kinds chosen"),
)
DECISION_KINDS = (
    ("contractual", "contractual decisions"),
    ("financial", "financial decisions"),
    ("compliance", "compliance decisions"),
)
_ASKING = ("add", "replace")
_WITHIN = {ROLE: WITHIN[ROLE], OWNER: WITHIN[OWNER], CONTACT: WITHIN[CONTACT]}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a list: its path, and the values of its fields."""

    path: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LadderFields:
    """What happens while nobody decides: the steps, and what is done in the end."""

    steps: list[Row]
    end: Row

    @property
    def rows(self) -> list[Row]:
        return [*self.steps, self.end]

    @property
    def is_used(self) -> bool:
        """Whether anything is said."""
        return len(self.steps) > 1 or bool(self.end.values["after"])


@dataclass(frozen=True, slots=True)
class StepUpFields:
    """When who decides confirms that it is him; ``mode`` "" says nothing."""

    path: str
    mode: str
    above: str
    currency: str
    kinds: list[tuple[str, str, bool]]


@dataclass(frozen=True, slots=True)
class StageFields:
    """The fields of one stage."""

    number: int
    values: Mapping[str, str]
    approvers: list[Row]
    mandatory: list[Row]
    roles: list[Row]
    rules: list[Row]
    ladder: LadderFields
    step_up: StepUpFields

    @property
    def path(self) -> str:
        """The beginning of its fields' names."""
        return f"s{self.number}"


@dataclass(frozen=True, slots=True)
class PolicyFields:
    """All fields of a policy."""

    stages: list[StageFields]
    limits: list[Row]
    rules: list[Row]
    separation: list[tuple[str, str, bool]]
    ladder: LadderFields
    step_up: StepUpFields


def fields_of(definition: Json) -> PolicyFields:
    """Return the fields that show a definition; what is no definition shows what of it can be read."""
    stages = [stage for stage in _list(definition.get("stages")) if isinstance(stage, dict)]
    separation = definition.get("separation") or {}
    return PolicyFields(
        stages=[_stage_fields(stage, number) for number, stage in enumerate(stages or [{}])],
        limits=_rows("l", [_limit_values(limit) for limit in _dicts(definition.get("limits"))]),
        rules=_rows("p.auto", _rule_values(definition.get("approve_when"))),
        separation=[(name, words, separation.get(name, True) is not False) for name, words in SEPARATION],
        ladder=_ladder_fields(definition, "p"),
        step_up=_step_up_fields(definition, "p"),
    )


def definition_of(sent: Mapping[str, str]) -> Json:
    """Return the definition that the fields of a form say."""
    stages = [_stage(sent, f"s{number}") for number in range(MAX_STAGES) if f"s{number}.name" in sent]
    definition: Json = {"stages": stages}
    definition["separation"] = {name: f"sep.{name}" in sent for name, _words in SEPARATION}
    limits = [_limit(values) for values in _given(sent, "l", ("kind", "value", "amount", "currency"))]
    rules = _given(sent, "p.auto", ("name", "when"))
    if limits:
        definition["limits"] = limits
    if rules:
        definition["approve_when"] = rules
    return definition | _ladder(sent, "p") | _step_up(sent, "p")


def _stage_fields(stage: Json, number: int) -> StageFields:
    path = f"s{number}"
    quorum, more = _counted(stage.get("quorum", "any"))
    reject, _none = _counted(stage.get("reject", "any"))
    values = {
        "name": str(stage.get("name") or ""),
        "when": str(stage.get("when") or ""),
        "quorum": quorum[0],
        "number": quorum[1],
        "reject": reject[0],
        "reject_number": reject[1],
    }
    roles = more.get("roles") if isinstance(more.get("roles"), dict) else {}
    return StageFields(
        number,
        values,
        _rows(f"{path}.a", [_approver_values(rule) for rule in _dicts(stage.get("approvers"))]),
        _rows(f"{path}.m", [_approver_values(rule) for rule in _dicts(more.get("mandatory"))]),
        _rows(
            f"{path}.q", [{"role": str(role), "count": str(count)} for role, count in (roles or {}).items()]
        ),
        _rows(f"{path}.auto", _rule_values(stage.get("approve_when"))),
        _ladder_fields(stage, path),
        _step_up_fields(stage, path),
    )


def _counted(value: Any) -> tuple[tuple[str, str], Json]:
    """The way of counting with its number, and what else an object says."""
    if not isinstance(value, dict):
        return (str(value), ""), {}
    for kind in ("n", "percent"):
        if kind in value:
            return (kind, str(value[kind])), value
    return (str(value.get("of", "any")), ""), value


def _approver_values(rule: Json) -> dict[str, str]:
    kind = next((kind for kind, _words in KINDS if rule.get(kind)), "")
    return {
        "kind": kind,
        "value": str(rule.get(kind) or ""),
        "within": str(rule.get(_WITHIN.get(kind, "")) or ""),
    }


def _limit_values(limit: Json) -> dict[str, str]:
    kind = next((kind for kind, _words in HOLDERS if limit.get(kind)), "")
    money = {name: str(limit.get(name) or "") for name in ("amount", "currency")}
    return {"kind": kind, "value": str(limit.get(kind) or ""), **money}


def _rule_values(rules: Any) -> list[dict[str, str]]:
    if isinstance(rules, str) and rules:
        return [{"name": "automatic", "when": rules}]
    return [{name: str(rule.get(name) or "") for name in ("name", "when")} for rule in _dicts(rules)]


def _rows(path: str, values: list[dict[str, str]]) -> list[Row]:
    return [Row(f"{path}{number}", row) for number, row in enumerate([*values, {}])]


def _stage(sent: Mapping[str, str], path: str) -> Json:
    stage: Json = {"name": sent.get(f"{path}.name", "")}
    rules = [_approver(values) for values in _given(sent, f"{path}.a", ("kind", "value", "within"))]
    stage["approvers"] = rules[0] if len(rules) == 1 else rules
    if sent.get(f"{path}.when"):
        stage["when"] = sent[f"{path}.when"]
    stage["quorum"] = _quorum(sent, path)
    stage["reject"] = _count(sent, f"{path}.reject", f"{path}.reject_number")
    auto = _given(sent, f"{path}.auto", ("name", "when"))
    return stage | ({"approve_when": auto} if auto else {}) | _ladder(sent, path) | _step_up(sent, path)


def _ladder_fields(body: Json, path: str) -> LadderFields:
    values = [row for step in _dicts(body.get("escalation")) for row in _step_values(step)]
    end = body.get("timeout") if isinstance(body.get("timeout"), dict) else {}
    said = {name: str((end or {}).get(name) or "") for name in ("after", "then")}
    return LadderFields(_rows(f"{path}.esc", values), Row(f"{path}.timeout", said))


def _step_values(step: Json) -> list[dict[str, str]]:
    """The rows of one step: one for each rule that names people, one if it names none."""
    inner = step["do"] if isinstance(step.get("do"), dict) else step
    do = next((name for name in _ASKING if name in inner), "")
    said = {"after": str(step.get("after") or ""), "do": do or str(step.get("do") or "")}
    people = [_approver_values(rule) for rule in _dicts(inner.get(do))] if do else []
    return [said | rule for rule in people or [_approver_values({})]]


def _ladder(sent: Mapping[str, str], path: str) -> Json:
    """What the rows say; rows that follow each other with the same time and the same asking are one step."""
    steps: list[Json] = []
    for values in _given(sent, f"{path}.esc", ("after", "do", "kind", "value", "within")):
        after, do = values["after"], values["do"] or "remind"
        if do not in _ASKING:
            steps.append({"after": after, "do": do})
            continue
        rule = _approver(values)
        if steps and steps[-1]["after"] == after and do in steps[-1]:
            held = steps[-1][do]
            steps[-1][do] = [*(held if isinstance(held, list) else [held]), rule]
        else:
            steps.append({"after": after, do: rule})
    found: Json = {"escalation": steps} if steps else {}
    if sent.get(f"{path}.timeout.after"):
        then = sent.get(f"{path}.timeout.then") or "exception"
        found["timeout"] = {"after": sent[f"{path}.timeout.after"], "then": then}
    return found


def _step_up_fields(body: Json, path: str) -> StepUpFields:
    value = body.get("step_up", "")
    some: Json = value if isinstance(value, dict) else {}
    chosen = _list(some.get("for"))
    return StepUpFields(
        f"{path}.again",
        "some" if some else str(value),
        str(some.get("above") or ""),
        str(some.get("currency") or ""),
        [(kind, words, kind in chosen) for kind, words in DECISION_KINDS],
    )


def _step_up(sent: Mapping[str, str], path: str) -> Json:
    mode = sent.get(f"{path}.again.mode", "")
    if mode != "some":
        return {"step_up": mode} if mode else {}
    amount = {"above": sent.get(f"{path}.again.above"), "currency": sent.get(f"{path}.again.currency")}
    kinds = [kind for kind, _words in DECISION_KINDS if f"{path}.again.for.{kind}" in sent]
    said = {name: value for name, value in amount.items() if value}
    return {"step_up": said | ({"for": kinds} if kinds else {})}


def _quorum(sent: Mapping[str, str], path: str) -> Any:
    counted = _count(sent, f"{path}.quorum", f"{path}.number")
    roles = {row["role"]: _whole(row["count"]) for row in _given(sent, f"{path}.q", ("role", "count"))}
    mandatory = [_approver(values) for values in _given(sent, f"{path}.m", ("kind", "value", "within"))]
    more: Json = {"roles": roles} if roles else {}
    if mandatory:
        more["mandatory"] = mandatory
    if not more:
        return counted
    return {**(counted if isinstance(counted, dict) else {"of": counted}), **more}


def _count(sent: Mapping[str, str], kind_name: str, number_name: str) -> Any:
    kind = sent.get(kind_name) or "any"
    return {kind: _whole(sent.get(number_name, ""))} if kind in ("n", "percent") else kind


def _approver(values: Mapping[str, str]) -> Json:
    kind = values["kind"]
    rule: Json = {kind: values["value"]}
    if values["within"]:
        rule[_WITHIN.get(kind, "region")] = values["within"]
    return rule


def _limit(values: Mapping[str, str]) -> Json:
    money = {name: values[name] for name in ("amount", "currency")}
    return {values["kind"]: values["value"], **money}


def _given(sent: Mapping[str, str], path: str, names: tuple[str, ...]) -> list[dict[str, str]]:
    """The rows of a list whose first field says something."""
    rows = (
        {name: sent.get(f"{path}{number}.{name}", "") for name in names} for number in range(MAX_RULES * 5)
    )
    return [row for row in rows if row[names[0]] or (names[0] == "name" and any(row.values()))]


def _whole(text: str) -> Any:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else text


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _dicts(value: Any) -> list[Json]:
    given = [value] if isinstance(value, dict) else _list(value)
    return [item for item in given if isinstance(item, dict)]
