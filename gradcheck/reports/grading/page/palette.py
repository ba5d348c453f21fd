"""The colours of the class page in both schemes, and which of them meet; a test computes their contrast."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["GRAPHICS", "SCHEMES", "TEXTS", "as_css"]

# How much of an item was earned, from nothing (0) to all (4): one hue, so that its lightness alone tells.
HEAT = tuple(f"heat-{level}" for level in range(5))
SCHEMES: Mapping[str, Mapping[str, str]] = {
    "light": {
        "ground": "#ffffff", "panel": "#f5f7fa", "ink": "#1a2230", "quiet": "#55606f", "line": "#d5dbe4",
        "edge": "#727d8c", "link": "#0a58b8", "accent": "#2f6fb3", "chosen": "#dcebfb", "claimed": "#c2410c",
        "true": "#0b62c4", "warn": "#8a4b00", "heat-0": "#b83a12", "heat-1": "#f0874f", "heat-2": "#f9b48b",
        "heat-3": "#fcd9c2", "heat-4": "#f4f7f4", "on-heat-0": "#ffffff", "on-heat-1": "#1a2230",
    },
    "dark": {
        "ground": "#11151c", "panel": "#1a202a", "ink": "#e6eaf0", "quiet": "#a3aebd", "line": "#323b49",
        "edge": "#7c8898", "link": "#7bb6ff", "accent": "#5b9be0", "chosen": "#1d3656", "claimed": "#ff9b63",
        "true": "#6cb2ff", "warn": "#f0b35e", "heat-0": "#ff9a66", "heat-1": "#cf6a37", "heat-2": "#8f4a28",
        "heat-3": "#56331f", "heat-4": "#1c2622", "on-heat-0": "#11151c", "on-heat-1": "#11151c",
    },
}  # fmt: skip

# Text on what is behind it: at least 4.5 to 1 (WCAG 2.2, success criterion 1.4.3).
TEXTS = (
    *((text, ground) for text in ("ink", "quiet", "link", "warn") for ground in ("ground", "panel")),
    ("ink", "chosen"),
    ("link", "chosen"),
    ("on-heat-0", "heat-0"),
    ("on-heat-1", "heat-1"),
    *(("ink", heat) for heat in HEAT[2:]),
)
# Parts of figures and edges of controls: at least 3 to 1 (success criterion 1.4.11).
GRAPHICS = tuple(
    (part, ground) for part in ("edge", "accent", "claimed", "true", "link") for ground in ("ground", "panel")
)


def as_css(scheme: str) -> str:
    """A scheme as declarations of custom properties."""
    return " ".join(f"--{name}: {colour};" for name, colour in SCHEMES[scheme].items())
