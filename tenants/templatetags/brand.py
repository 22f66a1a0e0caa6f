"""Brand colours in mails, which have no style sheet of their own."""

from django import template

from tenants import palette

register = template.Library()


@register.filter
def readable_on(background: str) -> str:
    """Return the text colour that reads on a background colour."""
    return palette.readable_on(background)


@register.filter
def readable_link(colour: str) -> str:
    """Return the brand's colour as it reads as text on white."""
    return palette.repair(colour, (palette.LIGHT.surface, palette.LIGHT.page), palette.TEXT_RATIO)
