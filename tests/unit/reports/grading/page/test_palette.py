"""The palette: every pair of colours that meets has the contrast that WCAG 2.2 asks for, in both schemes."""

import re

import pytest

from gradcheck.reports.grading.page.palette import GRAPHICS, SCHEMES, TEXTS, as_css


def luminance(colour: str) -> float:
    """Relative luminance as WCAG defines it."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * value for weight, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    """From 1 (the same) to 21 (black on white)."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_that_of_the_standard() -> None:
    """Black on white is 21; the grey 767676 is known as the lightest that text may have on white."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#767676", "#ffffff") >= 4.5 > contrast("#777777", "#ffffff")


@pytest.mark.parametrize("scheme", SCHEMES)
def test_text_can_be_read(scheme: str) -> None:
    """AA for text of any size."""
    colours = SCHEMES[scheme]
    found = {pair: contrast(colours[pair[0]], colours[pair[1]]) for pair in TEXTS}
    assert {pair: value for pair, value in found.items() if value < 4.5} == {}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_figures_and_edges_can_be_seen(scheme: str) -> None:
    """AA for what is no text."""
    colours = SCHEMES[scheme]
    found = {pair: contrast(colours[pair[0]], colours[pair[1]]) for pair in GRAPHICS}
    assert {pair: value for pair, value in found.items() if value < 3.0} == {}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_shades_of_the_heat_map_go_one_way(scheme: str) -> None:
    """From nothing to all the shade comes ever nearer to the ground, so that it tells also without its hue."""
    colours = SCHEMES[scheme]
    distances = [contrast(colours[f"heat-{level}"], colours["ground"]) for level in range(5)]
    assert distances == sorted(distances, reverse=True)


def test_both_schemes_name_the_same_colours() -> None:
    """And all of them get into the style."""
    light, dark = (re.findall(r"--([\w-]+): #[0-9a-f]{6};", as_css(scheme)) for scheme in ("light", "dark"))
    assert light == dark == list(SCHEMES["light"])
