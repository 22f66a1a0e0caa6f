"""Conversion between sRGB and Oklab, where changing the lightness keeps the hue. Pure arithmetic."""

RGB = tuple[float, float, float]


def to_oklab(rgb: RGB) -> tuple[float, float, float]:
    """Return lightness (0 to 1), green-red and blue-yellow of sRGB channels given from 0 to 1."""
    red, green, blue = (_expand(channel) for channel in rgb)
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    medium = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )


def from_oklab(lightness: float, green_red: float, blue_yellow: float) -> RGB:
    """Return sRGB channels from 0 to 1; the chroma is lowered until the colour exists on a screen."""
    for step in range(21):
        share = 1 - step / 20
        rgb = _to_srgb(lightness, green_red * share, blue_yellow * share)
        if all(-0.0005 <= channel <= 1.0005 for channel in rgb):
            break
    red, green, blue = (min(1.0, max(0.0, channel)) for channel in rgb)
    return red, green, blue


def _to_srgb(lightness: float, green_red: float, blue_yellow: float) -> RGB:
    long = (lightness + 0.3963377774 * green_red + 0.2158037573 * blue_yellow) ** 3
    medium = (lightness - 0.1055613458 * green_red - 0.0638541728 * blue_yellow) ** 3
    short = (lightness - 0.0894841775 * green_red - 1.2914855480 * blue_yellow) ** 3
    return (
        _compress(4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short),
        _compress(-1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short),
        _compress(-0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short),
    )


def _expand(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)


def _compress(channel: float) -> float:
    return 12.92 * channel if channel <= 0.0031308 else float(1.055 * channel ** (1 / 2.4) - 0.055)
