"""Small things that only the portal's pages say."""

import json
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from apps.approvals.packets.words import method_words
from apps.portal.selectors.bulk_view import ITEM_TONES
from apps.portal.selectors.run_view import RUN_TONES, STEP_TONES
from apps.portal.wording import WHOSE_TIME, label_of, role_words, titled, value_words
from apps.workflows.choices import BulkItemState, PauseParty, RunStatus, StepStatus

register = template.Library()
register.filter("role_words", role_words)
register.filter("value_words", value_words)
register.filter("label_of", label_of)
register.filter("titled", titled)
register.filter("method_words", method_words)


@register.filter
def pretty_json(value: Any) -> str:
    """Return a JSON value as indented text."""
    return json.dumps(value, indent=2, ensure_ascii=False)


@register.filter
def run_tone(status: str) -> str:
    """Return the tone of a run's status."""
    return RUN_TONES[RunStatus(status)]


@register.filter
def step_tone(status: str) -> str:
    """Return the tone of a step's status."""
    return STEP_TONES[StepStatus(status)]


@register.filter
def is_undo(visit: str) -> bool:
    """Return whether a visit compensates another one."""
    return visit.endswith("~undo")


@register.filter
def item_tone(state: str) -> str:
    """Return the tone of a bulk item's state."""
    return ITEM_TONES[BulkItemState(state)]


@register.simple_tag
def pause_parties() -> list[tuple[str, str]]:
    """Return whose time a pause can be: value and words, our own first."""
    return [(party.value, str(party.label)) for party in PauseParty]


@register.filter
def whose_time(party: str) -> str:
    """Return whose time a pause is: "the customer’s time"; "" where it is ours, which goes without saying."""
    return "" if party == PauseParty.US else WHOSE_TIME.get(party, "")


@register.filter
def coded(text: str) -> SafeString:
    """Return a text in which what stands between backticks is shown as code."""
    parts = enumerate(text.split("`"))
    return format_html_join(
        "", "{}", ((format_html("<code>{}</code>", one) if n % 2 else one,) for n, one in parts)
    )


@register.filter
def condition_tone(status: str) -> str:
    """Return the tone of a condition's task."""
    return {"open": "warning", "completed": "success"}.get(status, "neutral")


@register.filter
def kept(names: str, wanted: dict[str, Any]) -> list[tuple[str, Any]]:
    """Return those of the named parts of a filter that are set."""
    return [(name, wanted[name]) for name in names.split() if wanted.get(name)]
