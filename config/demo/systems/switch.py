"""The switch to misbehave: plans that make an operation fail, dawdle, or drop the line.

    POST /switch {"system": "psa", "operation": "create_project", "match": {"name contains": "Contoso"},
                  "plan": [{"status": 503, "times": 2, "retry_after": 1},
                           {"status": 422, "body": {"error": {"code": "invalid_field", "field": "region"}}},
                           {"delay": 0.5}, {"cut": true}, {"hang": true, "effect": false}]}

`operation` may be `*`. A matching request takes the first plan of which something is left, in order of
posting. A plan entry: `status` (what to answer instead), `times` (1 by default), `retry_after` (seconds),
`body`, `delay` (seconds before the answer), `cut` (close the line instead of answering), `hang` (never
answer), `effect` (whether the operation happens nevertheless: by default yes, unless `status` is given).
`match` compares fields of the JSON body by dotted path, `"<path>"` for equal or `"<path> contains"`.
`DELETE /switch[?system=]` ends all plans. Plans survive a restart, with what was used up of them.
"""

from dataclasses import dataclass
from typing import Any

from config.demo.systems.messages import JsonObject, VendorError
from config.demo.systems.store import Store

NUMBER = (int, float)
ENTRY_FIELDS: dict[str, type | tuple[type, ...]] = {
    "status": int,
    "times": int,
    "retry_after": NUMBER,
    "body": (dict, list, str),
    "delay": NUMBER,
    "cut": bool,
    "hang": bool,
    "effect": bool,
}
MISSING = object()


@dataclass(frozen=True, slots=True)
class Mood:
    """What one request meets: see the module for the fields."""

    status: int | None = None
    retry_after: float | None = None
    body: Any = None
    delay: float = 0.0
    cut: bool = False
    hang: bool = False
    effect: bool = True

    @classmethod
    def from_entry(cls, entry: JsonObject) -> "Mood":
        """The mood of a plan entry; a substituted status means that nothing happens unless it says otherwise."""
        fields = {name: value for name, value in entry.items() if name != "times"}
        fields.setdefault("effect", "status" not in fields)
        return cls(**fields)


def check_entries(entries: Any) -> list[JsonObject]:
    """The entries of a plan. Raises `VendorError` (422) when they make no sense."""
    if not isinstance(entries, list) or not entries or not all(isinstance(entry, dict) for entry in entries):
        raise VendorError(422, "invalid_field", "plan must be a list of objects", field="plan")
    for name, value in (pair for entry in entries for pair in entry.items()):
        if name not in ENTRY_FIELDS:
            raise VendorError(422, "invalid_field", f"unknown plan field {name}", field="plan")
        if not isinstance(value, ENTRY_FIELDS[name]):
            raise VendorError(422, "invalid_field", f"{name} cannot be {value!r}", field="plan")
    return entries


def look_up(body: Any, path: str) -> Any:
    """The value at a dotted path in a JSON body, or `MISSING`."""
    value = body
    for part in path.split("."):
        if not isinstance(value, dict) or part not in value:
            return MISSING
        value = value[part]
    return value


def matches(conditions: dict[str, Any], body: JsonObject) -> bool:
    """Whether every condition holds for the request body."""
    for condition, wanted in conditions.items():
        path, _, operator = condition.partition(" ")
        found = look_up(body, path)
        if operator == "contains":
            if found is MISSING or str(wanted) not in str(found):
                return False
        elif found != wanted:
            return False
    return True


class Switch:
    """All plans in force, persisted after every change."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._plans: list[JsonObject] = store.setting("switch") or []

    def plans(self, system: str | None = None) -> list[JsonObject]:
        """Plans with what is left of them."""
        return [plan for plan in self._plans if system in (None, plan["system"])]

    def add(self, plan: JsonObject) -> JsonObject:
        """Puts a plan in force. Raises `VendorError` (422) when it makes no sense."""
        entries = check_entries(plan.get("plan"))
        if not isinstance(plan.get("match") or {}, dict):
            raise VendorError(422, "invalid_field", "match must be an object", field="match")
        stored: JsonObject = {
            "system": plan.get("system", "psa"),
            "operation": plan.get("operation", "*"),
            "match": plan.get("match") or {},
            "plan": [{**entry, "times": entry.get("times", 1)} for entry in entries],
        }
        self._plans.append(stored)
        self._save()
        return stored

    def clear(self, system: str | None = None) -> int:
        """Ends all plans (of a system); returns how many."""
        ended = self.plans(system)
        self._plans = [plan for plan in self._plans if plan not in ended]
        self._save()
        return len(ended)

    def take(self, system: str, operation: str, body: JsonObject) -> Mood:
        """Uses up one turn of the first plan that fits this request."""
        for plan in self._plans:
            fits = plan["system"] == system and plan["operation"] in ("*", operation)
            if fits and plan["plan"] and matches(plan["match"], body):
                return self._use(plan)
        return Mood()

    def _use(self, plan: JsonObject) -> Mood:
        entry = plan["plan"][0]
        entry["times"] -= 1
        if entry["times"] <= 0:
            plan["plan"].pop(0)
        self._plans = [each for each in self._plans if each["plan"]]
        self._save()
        return Mood.from_entry(entry)

    def _save(self) -> None:
        self._store.save_setting("switch", self._plans)
