"""Whatever colour a partner picks, what is written in it can be read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.palette import (
    DARK,
    LIGHT,
    brand_tokens,
    contrast_ratio,
    normalise,
    readable_on,
    render_brand_css,
    repair,
    verdicts,
)

colours = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


def test_contrast_of_known_pairs() -> None:
    assert contrast_ratio("#000", "#fff") == pytest.approx(21.0)
    assert contrast_ratio("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert contrast_ratio("#123456", "#123456") == 1.0


def test_text_on_a_brand_is_white_where_it_reads_and_dark_where_not() -> None:
    assert readable_on("#0b1f4b") == "#ffffff"
    assert readable_on("#ffd400") == "#14161a"


@pytest.mark.parametrize("wrong", ["", "red", "#12", "#12345g", "#1234567", "url(x)", "#fff;}"])
def test_what_is_no_colour_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="not a colour"):
        normalise(wrong)


def test_a_readable_colour_is_left_alone() -> None:
    assert repair("#0B1F4B", (LIGHT.page,), 4.5) == "#0b1f4b"


@given(primary=colours, accent=st.none() | colours)
def test_every_token_keeps_its_contrast(primary: str, accent: str | None) -> None:
    tokens = brand_tokens(primary, accent)
    for prefix, ground in (("", LIGHT), ("dark-", DARK)):
        for family in ("brand", "accent"):
            name = f"{prefix}{family}"
            for state in ("", "-hover", "-active"):
                assert contrast_ratio(tokens[f"{name}-fg"], tokens[f"{name}{state}"]) >= 4.5
            assert contrast_ratio(tokens[f"{name}-tint-fg"], tokens[f"{name}-tint"]) >= 4.5
            for surface in ground:
                assert contrast_ratio(tokens[f"{name}-text"], surface) >= 4.5
                assert contrast_ratio(tokens[f"{name}-edge"], surface) >= 3.0
    assert tokens["brand"] == primary


@given(primary=colours)
def test_verdicts_tell_what_was_changed(primary: str) -> None:
    for verdict in verdicts(primary):
        assert verdict.ratio >= verdict.needed
        assert verdict.repaired == (verdict.shown != verdict.wished)


def test_the_stylesheet_holds_both_schemes_and_only_colours() -> None:
    css = render_brand_css(brand_tokens("#ffd400"))
    light, dark = css.split("@media (prefers-color-scheme:dark)")
    assert "--brand:#ffd400;" in light
    assert "--brand-fg:#14161a;" in light
    assert "--brand-text:" in dark
    with pytest.raises(ValueError, match="not a colour"):
        render_brand_css({"brand": "red;}body{display:none"})
    with pytest.raises(ValueError, match="not a token name"):
        render_brand_css({"brand}": "#fff"})
