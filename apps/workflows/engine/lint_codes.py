"""What each code of the checker means, for the page and `docs/lint.md`: codes are stable, new ones are added."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Code:
    """One code: what was found, why it matters, how to mend it."""

    code: str
    what: str
    why: str
    mend: str


def explain(code: str) -> Code | None:
    """Return what a code means, or None; `unknown_policy` and its like share one explanation."""
    return _BY_CODE.get(code) or (_BY_CODE["unknown_name"] if code.startswith("unknown_") else None)


def list_codes() -> list[Code]:
    """Return all codes in order of their name."""
    return sorted(_CODES, key=lambda one: one.code)


def render_codes() -> str:
    """Return the text of `docs/lint.md`."""
    lines = [
        "# What the checker says",
        "",
        "Errors stand in the way of publishing; warnings ask for a reason, which is kept with the version. Codes are",
        "stable. The page of a template links each of them to its explanation.",
        "",
    ]
    for one in list_codes():
        lines += [f"## `{one.code}`", "", f"{one.what} {one.why}", "", f"**To mend it:** {one.mend}", ""]
    return "\n".join(lines)


_SHAPE = "The text could not be read as it stands, so nothing can be run from it."
_CODES = (
    Code(
        "alias",
        "YAML aliases and anchors are used.",
        "They make texts that unfold without end.",
        "Write it out.",
    ),
    Code(
        "anchor_later",
        "A date is counted from a step that comes later.",
        "It would have no beginning.",
        "Count from an earlier step.",
    ),
    Code(
        "anchor_unknown",
        "A date is counted from a step that is not there.",
        "It would never come.",
        "Name a step of this template.",
    ),
    Code(
        "branches",
        "A parallel step has fewer than two branches, or a join that cannot be met.",
        "There is nothing to do side by side.",
        "Add a branch, or correct `join`.",
    ),
    Code(
        "decision_gap",
        "Some values match no rule of a decision table.",
        "The step fails when they come.",
        "Add a rule for them, or one without `when` at the end.",
    ),
    Code(
        "decision_overlap",
        "Some values match several rules of a table in which only one may match (`hit: unique`).",
        "The step fails when they come.",
        "Narrow one of the rules, or use `hit: first`.",
    ),
    Code(
        "duplicate_id",
        "An id is used twice.",
        "Expressions and histories name steps by their id.",
        "Give each its own id.",
    ),
    Code(
        "duplicate_key",
        "A key stands twice in one mapping.",
        "One of both would be lost in silence.",
        "Remove one of them.",
    ),
    Code(
        "duplicate_name",
        "A name is used twice in one place.",
        "One would hide the other.",
        "Choose another name.",
    ),
    Code(
        "duration",
        "A duration is not ISO 8601.",
        "Months and years have no fixed length, other words no meaning.",
        "Write P2D, PT4H or P1DT12H.",
    ),
    Code("empty", "Something that needs content is empty.", _SHAPE, "Add what the message names."),
    Code(
        "endless",
        "A template runs itself as a subflow.",
        "It would start runs without end.",
        "Run another template, or go back with `return_to`.",
    ),
    Code(
        "expression_syntax",
        "An expression cannot be read.",
        "It would fail in every run.",
        "Correct it at the line and column given.",
    ),
    Code(
        "expression_too_costly",
        "An expression is too long or too deeply nested.",
        "It could hold up everybody's work.",
        "Make it simpler, or decide in several steps.",
    ),
    Code("format", "The format is not known.", _SHAPE, "Write `format: 1`."),
    Code(
        "id",
        "An id has letters that are not allowed.",
        "Ids are parts of expressions and addresses.",
        "Use small letters, digits and `_`, at most 60.",
    ),
    Code(
        "internal_comment_shown",
        "Customers would see who decided, or what was said.",
        "Colleagues write to each other in confidence.",
        "Leave it out of what is shown.",
    ),
    Code(
        "internal_field_shown",
        "Customers would see a field that its schema marks with `x-audience: internal`.",
        "What is marked must not leave the house.",
        "Leave it out, or make the step internal.",
    ),
    Code(
        "key", "A key is not allowed here.", _SHAPE, "Use small letters, digits and `-` for a template's key."
    ),
    Code(
        "kind_not_available",
        "This kind of step cannot be run yet.",
        "Runs would stop there.",
        "Use another kind.",
    ),
    Code(
        "limit",
        "A limit contradicts the mode.",
        "One after another means one at a time.",
        "Add `mode: parallel`, or remove the limit.",
    ),
    Code("missing", "Something required is missing.", _SHAPE, "Add what the message names."),
    Code(
        "missing_classification",
        "The classification is incomplete.",
        "Templates are compared and ranked by it, and high impact asks for more eyes.",
        "Give all four classes low, medium or high.",
    ),
    Code(
        "missing_owner",
        "An owner is missing.",
        "Somebody must answer for the purpose, the technique and the control.",
        "Name a role or a mail address.",
    ),
    Code(
        "name", "A name is not allowed.", "It is part of expressions.", "Use small letters, digits and `_`."
    ),
    Code(
        "no_effect",
        "A setting has no effect where it stands.",
        "It reads as if it did something.",
        "Remove it, or move it where it counts.",
    ),
    Code(
        "no_match",
        "A wait takes any event of its type.",
        "Another customer's event would end it.",
        "Add `match`.",
    ),
    Code(
        "offset",
        "A date relative to something cannot be read.",
        "It would never come.",
        "Write it as the documentation of templates shows.",
    ),
    Code("one_of", "Exactly one of several keys is needed.", "Two would contradict each other.", "Keep one."),
    Code(
        "outcome",
        "An outcome is not allowed.",
        "Outcomes are stored and compared.",
        "Use small letters, digits and `_`.",
    ),
    Code(
        "range",
        "A number is out of its range.",
        "The engine bounds what a run may do.",
        "Choose a number in the range given.",
    ),
    Code(
        "repeatable_action",
        "An action is tried again although the system cannot recognise repetitions.",
        "After an unclear answer it might be done twice.",
        "Declare `idempotency` for the operation, or set `retry: {max: 1}`.",
    ),
    Code("reserved", "A word is reserved.", "The engine uses it itself.", "Choose another word."),
    Code(
        "return_to_inside",
        "Rework leads into a branch that is not open.",
        "Nothing waits there.",
        "Return to a step of this list or of one around it.",
    ),
    Code(
        "return_to_later",
        "Rework leads forward.",
        "That would skip steps.",
        "Return to an earlier step, or use a choice.",
    ),
    Code(
        "return_to_unknown",
        "Rework leads to a step that is not there.",
        "The run could not go on.",
        "Name a step of this template.",
    ),
    Code(
        "rework_without_cap",
        "Rework has no cap of its own.",
        "Work may go back and forth ten times before anybody is told.",
        "Add `max`.",
    ),
    Code(
        "schedule",
        "A schedule cannot be read.",
        "It would never start anything.",
        "Write five fields, as in `0 7 * * 1-5`.",
    ),
    Code(
        "schema",
        "A JSON Schema cannot be read.",
        "Nothing could be checked against it.",
        "Correct it; `$ref` is not supported.",
    ),
    Code(
        "sla_target",
        "The target of the service level cannot be read.",
        "Nothing could be measured.",
        "Write a duration.",
    ),
    Code(
        "slot",
        "A connection slot cannot be declared so.",
        "It could not be bound.",
        "Write `{connector: <kind>}`.",
    ),
    Code(
        "step_comes_later",
        "An expression reads a step that comes later.",
        "It has put out nothing yet, so the expression fails.",
        "Ask with `has(steps.x)` first, or move the step.",
    ),
    Code(
        "step_in_loop",
        "An expression outside a loop reads a step inside it.",
        "There is one output per item.",
        "Read the loop's own output.",
    ),
    Code("syntax", "The text is no YAML or JSON.", _SHAPE, "Correct it at the line and column given."),
    Code("tag", "YAML tags are used.", "They ask for more than data.", "Remove the tag."),
    Code("timeout", "A timeout cannot stand here.", "Nothing is waited for.", "Remove it."),
    Code(
        "too_deep",
        "Steps or values are nested too deeply.",
        "People cannot follow it, and the engine bounds it.",
        "Use a subflow.",
    ),
    Code("too_large", "The text is too large.", "The engine bounds it.", "Use subflows."),
    Code("too_many_steps", "There are more than 500 steps.", "The engine bounds it.", "Use subflows."),
    Code("type", "Something else is expected here.", _SHAPE, "Write what the message names."),
    Code(
        "unbound_slot",
        "A connection slot is not bound in this workspace.",
        "Its actions would all become exceptions.",
        "Bind it to a connection.",
    ),
    Code(
        "undeclared_input",
        "An expression reads an input that the schema does not name.",
        "It may never be there.",
        "Add it to `input`, or correct the name.",
    ),
    Code(
        "undeclared_slot",
        "An action names a slot that is not declared.",
        "It cannot be bound.",
        "Add it under `connections`.",
    ),
    Code(
        "unknown_control_owner",
        "Nobody can agree as control owner although the compliance impact is high.",
        "The template could never be published.",
        "Name a role that is held, or a person's mail address.",
    ),
    Code(
        "unknown_name",
        "Something of this name is not there.",
        "Runs would stop where they need it.",
        "Correct the name, or create it first.",
    ),
    Code(
        "unreachable_policy",
        "A policy can never be satisfied.",
        "Its request would wait for nobody.",
        "Change the policy, or who holds its roles.",
    ),
    Code(
        "unreachable_rule", "A rule is never reached.", "An earlier one always holds.", "Move or remove it."
    ),
    Code(
        "unreachable_step",
        "A step is never reached.",
        "It reads as if it were done.",
        "Remove it, or give what comes before a condition.",
    ),
    Code(
        "unset_field",
        "An expression reads a field that its step never puts out.",
        "The expression fails when it is reached.",
        "Correct the name, or ask with `has()`.",
    ),
    Code(
        "unset_variable",
        "An expression reads a variable that no step sets.",
        "The expression fails when it is reached.",
        "Set it in a step of the kind `set`.",
    ),
    Code(
        "wait_without_timeout",
        "A wait has no timeout.",
        "If its event is lost, the run stands still and nobody is told.",
        "Add `timeout`.",
    ),
    Code(
        "zone",
        "A time zone is not known.",
        "Nothing could be planned in it.",
        "Write one such as Europe/Berlin.",
    ),
)
_BY_CODE = {one.code: one for one in _CODES}
