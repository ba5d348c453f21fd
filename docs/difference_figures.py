"""Figures and figures' numbers of the page on numeric differentiation, measured with the engine's own differences.

``python docs/difference_figures.py`` prints the tables that ``docs/explanation/numeric-differentiation.md`` includes;
the build writes them and the figures to ``docs/_generated``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from line_charts import Line, chart
from page_tables import markdown_table

from gradcheck import Problem
from gradcheck.checks.study import step_ladder
from gradcheck.oracles.complex_step import directional_derivative
from gradcheck.oracles.finite_difference import Difference, central_difference, extrapolate, slope_jump

__all__ = ["pages", "write"]

Array = Any
EPS = {"float64": 2.0**-52, "float32": 2.0**-23}
STEPS = np.logspace(-16, 0, 49)
AXES = {"x": "step, over the norm of the parameters (dimensionless)", "y": "relative error (dimensionless)"}
LADDER = 10.0 ** np.arange(-1, -9, -1)  # of the figure on kinks


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A network of two layers with its data, a point and a direction there of the length of the point."""

    x: Array
    y: Array
    theta: Array
    direction: Array
    activation: Callable[[Array], Array]

    def loss(self, theta: Array) -> Any:
        """Mean square, in the precision of ``theta``; ``theta`` of shape (51,): 4-6-3, the biases at its end."""
        kind = theta.dtype if theta.dtype.kind != "c" else np.dtype(complex)
        x, y = self.x.astype(kind), self.y.astype(kind)
        first, second, inner, outer = theta[:24], theta[24:42], theta[42:48], theta[48:51]
        hidden = self.activation(x @ first.reshape(4, 6) + inner)
        return np.mean((hidden @ second.reshape(6, 3) + outer - y) ** 2)

    def along(self, dtype: str) -> Callable[[float], float]:
        """The loss along the direction, computed in a precision."""
        start, way = self.theta.astype(dtype), self.direction.astype(dtype)
        return lambda t: float(self.loss(start + np.asarray(t, dtype=dtype) * way))

    def gradient(self, theta: Array) -> Array:
        """By back-propagation through tanh, in the precision of ``theta``."""
        first, second, inner, outer = theta[:24], theta[24:42], theta[42:48], theta[48:51]
        hidden = np.tanh(self.x @ first.reshape(4, 6) + inner)
        above = 2 * (hidden @ second.reshape(6, 3) + outer - self.y) / self.y.size
        below = above @ second.reshape(6, 3).T * (1 - hidden**2)
        return np.concatenate([(self.x.T @ below).ravel(), (hidden.T @ above).ravel(), below.sum(0), above.sum(0)])

    @property
    def slope(self) -> float:
        """The true slope along the direction, by back-propagation in the longest floats that there are."""
        return float(self.gradient(self.theta.astype(np.longdouble)) @ self.direction.astype(np.longdouble))


def write(folder: Path) -> None:
    """Write figures and tables to a folder."""
    folder.mkdir(exist_ok=True, parents=True)
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")


def pages() -> dict[str, str]:
    """Figures as HTML, tables as Markdown, by file name."""
    smooth = sample(np.tanh)
    curves = methods(smooth)
    return {
        "differences-methods.md": _html(_draw_methods(curves)),
        "differences-methods-table.md": _best(curves),
        "differences-branches.md": _html(_draw_branches(smooth)),
        "differences-precision.md": _html(_draw_precision(smooth)),
        "differences-kink.md": _html(_draw_kink()),
        "differences-kink-table.md": _kink_table(),
    }


def sample(activation: Callable[[Array], Array]) -> Sample:
    """A network from a fixed seed."""
    rng = np.random.default_rng(5)
    theta, direction = rng.normal(size=51), rng.normal(size=51)
    return Sample(
        x=rng.normal(size=(8, 4)),
        y=rng.normal(size=(8, 3)),
        theta=theta,
        direction=direction * np.linalg.norm(theta) / np.linalg.norm(direction),
        activation=activation,
    )


def methods(network: Sample) -> dict[str, Array]:
    """Relative error over step, by method."""
    phi, true = network.along("float64"), network.slope
    differences = [central_difference(phi, step, EPS["float64"]) for step in STEPS]
    coarser = [central_difference(phi, 2 * step, EPS["float64"]) for step in STEPS]
    found = {
        "forward difference": [(phi(step) - phi(0.0)) / step for step in STEPS],
        "central difference": [each.value for each in differences],
        "central, two steps extrapolated": [
            extrapolate(*pair).value for pair in zip(differences, coarser, strict=True)
        ],
        "complex step": [network.loss(network.theta + 1j * step * network.direction).imag / step for step in STEPS],
    }
    return {name: np.abs(np.array(values) - true) / abs(true) for name, values in found.items()}


def _draw_methods(curves: dict[str, Array]) -> str:
    colours = ("orange", "blue", "green", "pink")
    lines = [
        Line(name=name, x=STEPS, y=errors, colour=colour)
        for (name, errors), colour in zip(curves.items(), colours, strict=True)
    ]
    return chart("Error of four numeric derivatives over their step", lines, decades=((-16, 0), (-18, 2)), **AXES)


def _best(curves: dict[str, Array]) -> str:
    rows = []
    for name, errors in curves.items():
        good = STEPS[errors < 1e-6]
        place = int(np.argmin(errors))
        reach = f"{good.min():.0e} to {good.max():.0e}" if good.size else "none"
        rows.append([name, f"{errors[place]:.0e}", f"{STEPS[place]:.0e}", reach])
    return markdown_table(["method", "smallest error", "at the step", "steps with an error below 1e-6"], rows)


def _draw_branches(network: Sample) -> str:
    problem = Problem(network.loss, network.gradient, network.theta)
    ladder = step_ladder(problem)
    truncation = ladder.truncation or 0.0
    expected = "round-off error, as the engine expects it"
    growth = truncation * ladder.steps**2
    lines = [
        Line(name="error of the central difference, measured", x=ladder.steps, y=ladder.errors, colour="blue"),
        Line(name=expected, x=ladder.steps, y=ladder.round_off, colour="orange", dashed=True),
        Line(name="truncation error, c h²", x=ladder.steps, y=growth, colour="green", dashed=True),
    ]
    marks = [(ladder.chosen, "the check's step")]
    return chart("The two branches of the error", lines, decades=((-12, 0), (-14, 2)), marks=marks, **AXES)


def _draw_precision(network: Sample) -> str:
    lines = []
    for dtype, colour in (("float64", "blue"), ("float32", "orange")):
        taken = [central_difference(network.along(dtype), step, EPS[dtype]) for step in STEPS]
        errors = np.abs([each.value - network.slope for each in taken]) / abs(network.slope)
        expected = [each.round_off_error / abs(network.slope) for each in taken]
        lines.append(Line(name=f"{dtype}, measured", x=STEPS, y=errors, colour=colour))
        lines.append(Line(name=f"{dtype}, round-off error expected", x=STEPS, y=expected, colour=colour, dashed=True))
    return chart("A loss in double and in single precision", lines, decades=((-16, 0), (-14, 6)), **AXES)


def _near_kink() -> tuple[Callable[[float], float], float, float]:
    """A ReLU network along a line, its true slope at 0, and the step at which the first unit switches."""
    network = sample(lambda z: np.maximum(z, 0))
    start, way = network.theta.copy(), network.direction
    inputs = network.x @ start[:24].reshape(4, 6) + start[42:48]
    speed = network.x @ way[:24].reshape(4, 6) + way[42:48]
    times = np.where(inputs * speed < 0, -inputs / speed, np.inf)
    first = float(times.min())
    start = start + way * (first - 1e-4)  # so that the kink is at a step of 1e-4
    moved = Sample(x=network.x, y=network.y, theta=start, direction=way, activation=network.activation)
    problem = Problem(moved.loss, lambda theta: theta, start)
    return moved.along("float64"), directional_derivative(problem.driver, [start], [way]), 1e-4


def _draw_kink() -> str:
    phi, slope, place = _near_kink()
    taken = [central_difference(phi, step, EPS["float64"]) for step in STEPS]
    errors = np.abs([each.value - slope for each in taken]) / abs(slope)
    jumps = np.abs([slope_jump(each, phi(0.0)) for each in taken]) / abs(slope)
    lines = [
        Line(name="error of the central difference", x=STEPS, y=errors, colour="blue"),
        Line(name="jump of the slope that the difference shows", x=STEPS, y=jumps, colour="orange"),
    ]
    return chart("Beside a kink", lines, decades=((-16, 0), (-14, 6)), marks=[(place, "the kink")], **AXES)


def _kink_table() -> str:
    phi, slope, _ = _near_kink()
    taken = [central_difference(phi, float(step), EPS["float64"]) for step in LADDER]
    return markdown_table(["step", "relative error", "jump of the slope"], _rows(taken, phi(0.0), slope))


def _rows(taken: Sequence[Difference], centre: float, slope: float) -> list[list[str]]:
    return [
        [
            f"{each.step:.0e}",
            f"{abs(each.value / slope - 1):.0e}",
            f"{abs(slope_jump(each, centre) / slope):.0e}",
        ]
        for each in taken
    ]


def _html(figure: str) -> str:
    return f"```{{raw}} html\n{figure}```\n"


if __name__ == "__main__":
    print(*(text for name, text in pages().items() if name.endswith("-table.md")), sep="\n")  # noqa: T201 - its purpose
