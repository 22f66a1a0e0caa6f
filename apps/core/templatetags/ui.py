"""What every page says the same way: times, money, icons, form fields, cards."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, FileInput, RadioSelect, Select
from django.template.context import Context
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.formats import date_format, number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import localtime

from apps.core import clock
from apps.core.money import Money
from apps.core.wording import SOON, Wording, relative, span_in_words

register = template.Library()


@register.simple_tag
def icon(name: str) -> SafeString:
    """Draw an icon of static/src/icons.json; it is decoration, the words beside it carry the meaning."""
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>', static("icons.svg"), name
    )


@register.simple_tag
def when(value: datetime | None, wording: Wording = "ago") -> SafeString:
    """Say a moment relative to now (``ago``, ``due`` or ``wait``), exact on hover; nothing for None."""
    if value is None:
        return SafeString("")
    now = clock.now()
    return format_html(
        '<time datetime="{}" title="{}" data-relative="{}"{}>{}</time>',
        value.isoformat(timespec="seconds"),
        exact_words(value),
        wording,
        _urgency(value - now) if wording == "due" else "",
        relative(value, now, wording),
    )


@register.simple_tag
def exact(value: datetime | None) -> SafeString:
    """Say a moment exactly, in the timezone of the workspace."""
    if value is None:
        return SafeString("")
    stamp = value.isoformat(timespec="seconds")
    return format_html('<time datetime="{}">{}</time>', stamp, exact_words(value))


@register.simple_tag
def day(value: date | None) -> SafeString:
    """Say a date: "12 Mar 2026"."""
    if value is None:
        return SafeString("")
    local = localtime(value) if isinstance(value, datetime) else value
    return format_html('<time datetime="{}">{}</time>', f"{local:%Y-%m-%d}", date_format(local, "j M Y"))


@register.filter
def span(value: timedelta | int | float | None) -> str:
    """Say a length of time, given as timedelta or seconds: "2 d 4 h"."""
    if value is None:
        return ""
    return span_in_words(value if isinstance(value, timedelta) else timedelta(seconds=float(value)))


@register.filter
def money(value: Money | Mapping[str, str] | None) -> SafeString:
    """Say an amount with its currency, grouped for the reader's language: "12,500.00 EUR"."""
    if value is None:
        return SafeString("")
    held = value if isinstance(value, Money) else Money.from_json(value)
    return format_html('<span class="money">{}&nbsp;{}</span>', grouped(held.amount), held.currency)


@register.filter
def initials(name: str) -> str:
    """Return at most two letters for a person without a picture."""
    words = [word for word in str(name).split("@")[0].replace(".", " ").split() if word[:1].isalnum()]
    chosen = words if len(words) < 2 else [words[0], words[-1]]
    return "".join(word[0] for word in chosen).upper()


@register.filter
def widget(field: BoundField) -> SafeString:
    """Render the control of a form field with its class and what describes it, for components/form_field.html."""
    described = [f"{field.auto_id}_hint"] if field.help_text else []
    if field.errors:
        described.append(f"{field.auto_id}_error")
    attrs: dict[str, Any] = {"aria-describedby": " ".join(described)} if described else {}
    if field.errors:
        attrs["aria-invalid"] = "true"
    kind = field.field.widget
    given = str(kind.attrs.get("class", ""))
    attrs["class"] = f"{_control_class(kind)} {given}".strip()
    return field.as_widget(attrs=attrs)


@register.filter
def pairs(columns: Sequence[Any], cells: Sequence[Any]) -> list[tuple[Any, Any]]:
    """Put the cells of a table row beside their columns."""
    return list(zip(columns, cells, strict=True))


@register.filter
def is_check(field: BoundField) -> bool:
    """Tell whether a field is a single box to tick, whose label stands behind it."""
    kind = field.field.widget
    return isinstance(kind, CheckboxInput) and not isinstance(kind, CheckboxSelectMultiple)


@register.filter
def is_group(field: BoundField) -> bool:
    """Tell whether a field is a group of choices, which takes a legend instead of a label."""
    return isinstance(field.field.widget, (RadioSelect, CheckboxSelectMultiple))


@register.filter
def is_file(field: BoundField) -> bool:
    """Tell whether a field takes a file."""
    return isinstance(field.field.widget, FileInput)


@register.simple_block_tag(takes_context=True)
def card(context: Context, content: str, title: str = "", aside: Any = "", flush: bool = False) -> SafeString:
    """Put a piece of the page on a card: ``{% card "Evidence" aside=count %}...{% endcard %}``."""
    values = {"title": title, "aside": aside, "flush": flush, "content": content}
    return mark_safe(render_to_string("components/card.html", values))  # noqa: S308  (rendered by the engine)


def exact_words(value: datetime) -> str:
    """Return a moment in the active timezone: "Tue 12 Mar 2026, 14:03 CET"."""
    local = localtime(value)
    return f"{date_format(local, 'D j M Y, H:i')} {local.tzname()}"


def grouped(amount: Decimal) -> str:
    """Return an amount with two decimals and separators of thousands."""
    return number_format(amount, decimal_pos=2, use_l10n=True, force_grouping=True)


def _urgency(left: timedelta) -> SafeString:
    if left < timedelta():
        return SafeString(' class="time-late"')
    return SafeString(' class="time-soon"' if left < SOON else "")


def _control_class(kind: object) -> str:
    if isinstance(kind, (CheckboxInput, RadioSelect, CheckboxSelectMultiple, FileInput)):
        return ""
    return "form-select" if isinstance(kind, Select) else "form-control"
