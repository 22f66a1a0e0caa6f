"""Brand colours made readable: contrast as WCAG 2.2 defines it, and design tokens repaired until they do.

Pure functions on ``#rrggbb`` strings. A colour that cannot be read raises ``ValueError``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from tenants.oklab import from_oklab, to_oklab

TEXT_RATIO = 4.5
EDGE_RATIO = 3.0
WHITE = "#ffffff"
INK = "#14161a"
BLACK = "#000000"


class Ground(NamedTuple):
    """The neutral surfaces of one colour scheme; static/src/css/tokens.css holds the same values."""

    page: str
    surface: str
    raised: str


LIGHT = Ground(page="#f8f8f9", surface="#ffffff", raised="#ffffff")
DARK = Ground(page="#101114", surface="#17191d", raised="#1f2126")


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one use of a brand colour fares: the wish, what is shown instead, and why, in a sentence."""

    use: str
    wished: str
    shown: str
    against: str
    ratio: float
    needed: float
    repaired: bool
    sentence: str


def normalise(colour: str) -> str:
    """Return ``#rrggbb`` in lower case for ``#rgb`` or ``#rrggbb``; raise ValueError for anything else."""
    digits = colour.strip().removeprefix("#").lower()
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    if len(digits) != 6 or any(digit not in "0123456789abcdef" for digit in digits):
        raise ValueError(f"not a colour like #1a2b3c: {colour!r}")
    return f"#{digits}"


def contrast_ratio(first: str, second: str) -> float:
    """Return the WCAG contrast ratio of two colours, from 1.0 (the same) to 21.0 (black on white)."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def readable_on(background: str) -> str:
    """Return the text colour for a background: white where that reads (4.5:1), else dark ink or black."""
    return next(ink for ink in (WHITE, INK, BLACK) if contrast_ratio(ink, background) >= TEXT_RATIO)


def repair(colour: str, backgrounds: tuple[str, ...], ratio: float) -> str:
    """Return the nearest lightness of ``colour`` that keeps ``ratio`` against every background, hue kept."""
    wished = normalise(colour)
    if _worst(wished, backgrounds) >= ratio:
        return wished
    lightness, green_red, blue_yellow = to_oklab(_channels(wished))
    towards_white = _worst(WHITE, backgrounds) > _worst(BLACK, backgrounds)
    target = 1.0 if towards_white else 0.0
    for step in range(1, 101):
        moved = lightness + (target - lightness) * step / 100
        candidate = _hex(from_oklab(moved, green_red, blue_yellow))
        if _worst(candidate, backgrounds) >= ratio:
            return candidate
    return WHITE if towards_white else BLACK


def mix(colour: str, into: str, share: float) -> str:
    """Return ``into`` with ``share`` (0 to 1) of ``colour`` mixed in, channel by channel."""
    pairs = zip(_channels(colour), _channels(into), strict=True)
    red, green, blue = (a * share + b * (1 - share) for a, b in pairs)
    return _hex((red, green, blue))


def brand_tokens(primary: str, accent: str | None = None) -> dict[str, str]:
    """Return the brand's design tokens by name without ``--``; those for dark screens start with ``dark-``.

    ``brand``/``accent`` fill buttons and headers, ``-fg`` is text on them, ``-hover`` and ``-active`` are
    their states, ``-text`` reads as text on every neutral surface, ``-edge`` is visible as a line or a
    focus ring, ``-tint`` is the quiet background of what is selected and ``-tint-fg`` the text on it.
    """
    tokens: dict[str, str] = {}
    for name, colour in (("brand", primary), ("accent", accent or primary)):
        wished = normalise(colour)
        tokens |= _family(name, wished, wished, LIGHT, tint_share=0.09)
        fill = repair(wished, (DARK.surface, DARK.raised), EDGE_RATIO)
        dark = _family(name, wished, fill, DARK, tint_share=0.15)
        tokens |= {f"dark-{key}": value for key, value in dark.items()}
    return tokens


def render_brand_css(tokens: Mapping[str, str]) -> str:
    """Return the brand's stylesheet; values are checked to be colours, so nothing else can get into it."""
    light = [(name, value) for name, value in tokens.items() if not name.startswith("dark-")]
    dark = [(name.removeprefix("dark-"), value) for name, value in tokens.items() if name.startswith("dark-")]
    return (
        f":root{{{_declarations(light)}}}\n"
        f"@media (prefers-color-scheme:dark){{:root{{{_declarations(dark)}}}}}\n"
        f"@media print{{:root{{{_declarations(light)}}}}}\n"
    )


def verdicts(primary: str, accent: str | None = None) -> list[Verdict]:
    """Return how readable the wished colours are where people meet them, and what was changed for it."""
    tokens = brand_tokens(primary, accent)
    brand = normalise(primary)
    second = normalise(accent or primary)
    light, dark = LIGHT.page, DARK.page
    return [
        _text_on_fill("Text on buttons and headers", brand, tokens["brand-fg"]),
        _text_on_fill("Text on the accent colour", second, tokens["accent-fg"]),
        _on_ground("Links on a light page", brand, tokens["brand-text"], light, TEXT_RATIO, "Links"),
        _on_ground("Links on a dark page", brand, tokens["dark-brand-text"], dark, TEXT_RATIO, "Links"),
        _on_ground("Buttons on a dark page", brand, tokens["dark-brand"], dark, EDGE_RATIO, "Buttons"),
        _on_ground("Outline of the focus", brand, tokens["brand-edge"], light, EDGE_RATIO, "Outlines"),
    ]


def _family(name: str, wished: str, fill: str, ground: Ground, tint_share: float) -> dict[str, str]:
    grounds = tuple(dict.fromkeys(ground))
    tint = mix(fill, ground.surface, tint_share)
    ink = readable_on(fill)
    return {
        name: fill,
        f"{name}-fg": ink,
        f"{name}-hover": _state(fill, ink, 0.12),
        f"{name}-active": _state(fill, ink, 0.2),
        f"{name}-text": repair(wished, grounds, TEXT_RATIO),
        f"{name}-edge": repair(wished, grounds, EDGE_RATIO),
        f"{name}-tint": tint,
        f"{name}-tint-fg": repair(wished, (tint, *grounds), TEXT_RATIO),
    }


def _state(fill: str, ink: str, share: float) -> str:
    """A pressed button moves away from its text colour, so that the text stays readable in every state."""
    away = BLACK if ink == WHITE else WHITE
    moved = mix(away, fill, share)
    if contrast_ratio(moved, fill) < 1.08:
        back = mix(ink, fill, share)
        return back if contrast_ratio(back, ink) >= TEXT_RATIO else moved
    return moved


def _text_on_fill(use: str, fill: str, ink: str) -> Verdict:
    ratio = contrast_ratio(ink, fill)
    repaired = ink != WHITE
    sentence = f"White text reads well on {fill}."
    if repaired:
        white = _times(contrast_ratio(WHITE, fill))
        sentence = f"{fill} is too light for white text ({white}), so dark text is used."
    return Verdict(use, WHITE, ink, fill, ratio, TEXT_RATIO, repaired, sentence)


def _on_ground(use: str, wished: str, shown: str, ground: str, needed: float, plural: str) -> Verdict:
    repaired = wished != shown
    sentence = f"{wished} is clear enough as it is."
    if repaired:
        faint = _times(contrast_ratio(wished, ground))
        sentence = f"{wished} would be too faint here ({faint}). {plural} use {shown} instead."
    return Verdict(use, wished, shown, ground, contrast_ratio(shown, ground), needed, repaired, sentence)


def _times(ratio: float) -> str:
    return f"{int(ratio * 10) / 10:.1f}:1"


def _declarations(tokens: list[tuple[str, str]]) -> str:
    return "".join(f"--{_token_name(name)}:{normalise(value)};" for name, value in tokens)


def _token_name(name: str) -> str:
    if not name.replace("-", "").isalpha() or not name.isascii():
        raise ValueError(f"not a token name: {name!r}")
    return name


def _worst(colour: str, backgrounds: tuple[str, ...]) -> float:
    return min(contrast_ratio(colour, background) for background in backgrounds)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(channel) for channel in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def _channels(colour: str) -> tuple[float, float, float]:
    digits = normalise(colour)[1:]
    red, green, blue = (int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4))
    return red, green, blue


def _hex(channels: tuple[float, float, float]) -> str:
    return "#" + "".join(f"{round(min(1.0, max(0.0, channel)) * 255):02x}" for channel in channels)
