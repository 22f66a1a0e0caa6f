"""Which version of a template a page is about."""

from apps.core.errors import NotFound
from apps.workflows.models import TemplateVersion
from apps.workflows.selectors.templates import draft_of, get_template, get_version, shown_of


def chosen_version(key: str, number: str) -> TemplateVersion:
    """Return the version asked for, else the draft, the one in use, or the newest; raise NotFound."""
    template = get_template(key)
    if number:
        if not (number.isascii() and number.isdecimal() and len(number) < 9):
            raise NotFound("not_found", "There is no such version.")
        return get_version(key, int(number))
    version = draft_of(template) or shown_of(template)
    return get_version(key, version.number)
