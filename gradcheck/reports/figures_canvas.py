"""A picture for a notebook: transparent, in inks that stand out from a light and from a dark page alike."""

from __future__ import annotations

import io
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

__all__ = ["COLOURS", "INK", "Picture", "dress", "line_key"]

# Contrast with white and with the grounds of dark notebooks (#111111) above 3:1, text above 4:1; a test computes it.
INK = "#787878"
COLOURS = ("#2f7fd6", "#cf6a15", "#2b9348", "#b056c8", "#d1495b", "#0f8b8d", "#8a7a1f", "#6c6fd3")
DOTS_PER_INCH = 144  # on screens of two dots a pixel sharp at half of its size


class Picture(Figure):
    """A matplotlib figure that a notebook shows, whatever its backend."""

    def __init__(self, width: float = 6.4, height: float = 4.2) -> None:
        super().__init__(figsize=(width, height), dpi=DOTS_PER_INCH, layout="constrained", facecolor="none")

    def _repr_png_(self) -> tuple[bytes, dict[str, Any]]:
        stream = io.BytesIO()
        self.savefig(stream, format="png", dpi=DOTS_PER_INCH)
        width, height = self.get_size_inches() * DOTS_PER_INCH / 2
        return stream.getvalue(), {"width": round(width), "height": round(height)}


def dress(ax: Axes, title: str, x: str, y: str) -> None:
    """Title, axes and ink of one pair of axes."""
    ax.set_facecolor("none")
    ax.set_title(title, color=INK, fontsize="medium")
    ax.set_xlabel(x, color=INK)
    ax.set_ylabel(y, color=INK)
    ax.tick_params(which="both", colors=INK)
    for spine in ax.spines.values():
        spine.set_color(INK)
    ax.grid(visible=True, color=INK, alpha=0.25, linewidth=0.6)
    ax.set_axisbelow(True)


def line_key(ax: Axes, **options: Any) -> None:
    """The legend, on the page's own ground."""
    ax.legend(labelcolor=INK, fontsize="small", facecolor="none", edgecolor="none", **options)
