"""A brand that is not saved yet, made visible: its colours for the preview alone, and a logo inside the page. Pure."""

from base64 import b64encode
from urllib.parse import urlencode

from tenants.palette import brand_tokens, normalise


def preview_css(primary: str, accent: str) -> str:
    """Return a style sheet that gives the colours to ``.brand-preview`` alone; raise ValueError for what is no colour."""
    tokens = brand_tokens(primary, accent or None)
    light = {name: value for name, value in tokens.items() if not name.startswith("dark-")}
    dark = {name.removeprefix("dark-"): value for name, value in tokens.items() if name.startswith("dark-")}
    plain = {"wished": primary, "wished-accent": accent or primary}
    return f".brand-preview{{{_declarations({**light, **plain})}}}\n.brand-preview-dark{{{_declarations(dark)}}}\n"


def preview_query(primary: str, accent: str) -> str:
    """Return the query that asks for this style sheet."""
    return urlencode({"primary": primary, "accent": accent})


def inline_png(content: bytes) -> str:
    """Return the address of a picture that is not stored anywhere."""
    return f"data:image/png;base64,{b64encode(content).decode()}"


def _declarations(tokens: dict[str, str]) -> str:
    return "".join(f"--{name}:{normalise(value)};" for name, value in tokens.items())
