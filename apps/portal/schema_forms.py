"""Forms out of the JSON Schema of a user task, and the JSON that their answers make.

Text, long text, numbers, yes or no, one or several of a list, dates; anything else is asked for as JSON. The form only
helps to fill in: what is sent is judged by the schema itself, when the task is completed.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import forms

from apps.core.errors import Invalid, Problem
from apps.portal.json_text import read_json
from apps.portal.wording import label_of

Json = Mapping[str, Any]
LONG_TEXT = 200
FEW = 4


class SchemaForm(forms.Form):
    """A form made by ``form_for``; ``answer`` is what was filled in, as JSON."""

    schema: Json

    def answer(self) -> dict[str, Any]:
        """Return the valid fields as JSON; what was left empty is left out."""
        given = {name: _as_json(self.cleaned_data.get(name)) for name in self.fields}
        return {name: value for name, value in given.items() if value not in (None, "", [])}

    def show_problems(self, problems: Iterable[Problem]) -> None:
        """Put what the schema complains about beside the fields, else above the form."""
        for problem in problems:
            name = problem.pointer.strip("/").partition("/")[0]
            self.add_error(name if name in self.fields else None, problem.message)


class JsonField(forms.CharField):
    """JSON that no simpler field can ask for."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return None
        try:
            return read_json(text)
        except Invalid as error:
            raise forms.ValidationError(error.detail) from error

    def prepare_value(self, value: Any) -> Any:
        return (
            value
            if isinstance(value, str) or value is None
            else json.dumps(value, indent=2, ensure_ascii=False)
        )


def form_for(
    schema: Json, *, prefill: Json, data: Mapping[str, Any] | None = None, prefix: str | None = None
) -> SchemaForm:
    """Return the form of an object's schema, filled with ``data`` or beforehand with ``prefill``.

    ``prefix`` keeps its names apart from others in the same form of the page.
    """
    required = [str(name) for name in schema.get("required") or []]
    described = (schema.get("properties") or {}).items()
    parts: dict[str, Json] = {name: part if isinstance(part, Mapping) else {} for name, part in described}
    fields = {name: _field(name, parts[name], name in required) for name in _in_order(parts, required)}
    form_class = type("TaskForm", (SchemaForm,), {**fields, "schema": schema})
    initial = {name: part["default"] for name, part in parts.items() if "default" in part}
    form: SchemaForm = form_class(data, initial={**initial, **prefill}, prefix=prefix)
    return form


def _in_order(parts: Mapping[str, Json], required: list[str]) -> list[str]:
    """What is required comes first, in the order of `required`: the database keeps no order of an object's names."""
    first = [name for name in required if name in parts]
    return sorted(
        parts, key=lambda name: (parts[name].get("x-order", 0), first.index(name) if name in first else 999)
    )


def _field(name: str, part: Json, required: bool) -> forms.Field:
    common: dict[str, Any] = {
        "label": str(part.get("title") or label_of(name)),
        "help_text": str(part.get("description") or ""),
        "required": required,
    }
    choices = part.get("enum")
    if isinstance(choices, list) and all(isinstance(choice, str) for choice in choices):
        return _choice(choices, part, common)
    match _type_of(part):
        case "boolean":
            # A box that is not ticked says no; it is never "missing".
            return forms.BooleanField(**{**common, "required": False})
        case "integer":
            return forms.IntegerField(min_value=part.get("minimum"), max_value=part.get("maximum"), **common)
        case "number":
            return forms.DecimalField(min_value=part.get("minimum"), max_value=part.get("maximum"), **common)
        case "string":
            return _text(part, common)
        case "array" if _enum_of_items(part):
            options = [(choice, label_of(choice)) for choice in _enum_of_items(part)]
            return forms.MultipleChoiceField(choices=options, widget=forms.CheckboxSelectMultiple, **common)
    return JsonField(**common)


def _choice(choices: list[str], part: Json, common: dict[str, Any]) -> forms.Field:
    words = part.get("enumNames") or part.get("x-labels") or {}
    options = [
        (choice, str(words[choice]) if isinstance(words, Mapping) and choice in words else label_of(choice))
        for choice in choices
    ]
    if common["required"] and len(options) <= FEW:
        return forms.ChoiceField(choices=options, widget=forms.RadioSelect, **common)
    return forms.ChoiceField(choices=[("", "Choose…"), *options], **common)


def _text(part: Json, common: dict[str, Any]) -> forms.Field:
    longest = part.get("maxLength") if isinstance(part.get("maxLength"), int) else None
    match part.get("format"):
        case "date":
            return forms.DateField(
                widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **common
            )
        case "date-time":
            widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
            return forms.DateTimeField(widget=widget, **common)
        case "email":
            return forms.EmailField(max_length=longest, **common)
        case "uri":
            return forms.URLField(max_length=longest, assume_scheme="https", **common)
        case "textarea":
            return forms.CharField(max_length=longest, widget=forms.Textarea(attrs={"rows": 4}), **common)
    if longest is not None and longest > LONG_TEXT:
        return forms.CharField(max_length=longest, widget=forms.Textarea(attrs={"rows": 4}), **common)
    return forms.CharField(max_length=longest, **common)


def _type_of(part: Json) -> str:
    held = part.get("type")
    if isinstance(held, list):
        named = [name for name in held if name != "null"]
        return str(named[0]) if len(named) == 1 else ""
    return str(held or "")


def _enum_of_items(part: Json) -> list[str]:
    items = part.get("items")
    choices = items.get("enum") if isinstance(items, Mapping) else None
    return [str(choice) for choice in choices] if isinstance(choices, list) else []


def _as_json(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value
