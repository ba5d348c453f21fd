"""Figures of a check: what is drawn where, in what words; the pictures themselves were looked at."""

from __future__ import annotations

import dataclasses
import warnings
from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from gradcheck import CheckConfig, Problem, Verdict, check
from gradcheck.checks.study import BlockEntries, Entries, StepLadder, compare_entries, step_ladder, taylor_remainders
from gradcheck.errors import GradcheckError
from gradcheck.integrations import notebook
from gradcheck.records import OrderTest
from gradcheck.reports.figures_canvas import COLOURS, INK, Picture
from gradcheck.reports.figures_check import MOST_BLOCKS, draw_error, draw_gradient, draw_remainders, draw_steps

W = np.array([[0.4, -0.7, 1.3], [0.2, 0.9, -0.5]])


def _problem(factor: float = 1.0) -> Problem:
    return Problem(lambda w: float(np.sum(np.sin(w) ** 2)), lambda w: factor * np.sin(2 * w), W)


def _entries(*blocks: BlockEntries) -> Entries:
    return Entries(blocks=blocks, oracle="autodiff", rtol=1e-6)


def _block(name: str, numeric: Any, analytic: Any = None) -> BlockEntries:
    numeric = np.asarray(numeric, dtype=float)
    return BlockEntries(name=name, analytic=numeric if analytic is None else np.asarray(analytic), numeric=numeric)


def _luminance(colour: str) -> float:
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return float(np.dot([0.2126, 0.7152, 0.0722], parts))


@pytest.mark.parametrize("ground", ["#ffffff", "#111111", "#1e1e1e"])
@pytest.mark.parametrize(("colour", "least"), [(INK, 3.6), *((colour, 3.0) for colour in COLOURS)])
def test_inks_stand_out_from_light_and_dark_pages(colour: str, least: float, ground: str) -> None:
    """3 is what WCAG 2 asks of graphics; the text's grey has a little more on either."""
    high, low = sorted((_luminance(colour), _luminance(ground)), reverse=True)
    assert (high + 0.05) / (low + 0.05) >= least


@pytest.mark.parametrize(
    "draw", [notebook.plot_gradient, notebook.plot_error, notebook.plot_steps, notebook.plot_taylor]
)
@pytest.mark.parametrize("factor", [1.0, 0.5, 0.0])
def test_a_picture_is_a_transparent_png(draw: Any, factor: float) -> None:
    """Right, wrong and zero gradients; shown at half of its dots."""
    data, size = draw(_problem(factor))._repr_png_()
    assert data.startswith(b"\x89PNG")
    assert size["width"] > 300
    assert Picture().get_facecolor()[3] == 0.0


def test_axes_say_their_units() -> None:
    """And whether they have one."""
    entries = compare_entries(_problem())
    (scatter,) = draw_gradient(entries).axes
    assert scatter.get_xlabel() == "numeric derivative (loss per unit of the parameter)"
    assert scatter.get_ylabel() == "claimed derivative (loss per unit of the parameter)"
    assert "6 of 6 entries of 1 block" in scatter.get_title()
    assert draw_error(entries).axes[-1].get_ylabel() == "relative error (dimensionless)"
    (steps,) = draw_steps(step_ladder(_problem())).axes
    assert "(dimensionless)" in steps.get_xlabel()
    assert "(dimensionless)" in steps.get_ylabel()
    (remainders,) = draw_remainders(taylor_remainders(_problem())).axes
    assert "units of the loss" in remainders.get_ylabel()


def test_the_scatter_holds_every_entry_where_it_is() -> None:
    """Numeric across, claimed up."""
    (ax,) = draw_gradient(_entries(_block("W", [1.0, 2.0], [1.0, -2.0]))).axes
    np.testing.assert_array_equal(ax.collections[0].get_offsets(), [[1.0, 1.0], [2.0, -2.0]])


def test_sizes_that_differ_much_are_drawn_by_logarithms() -> None:
    """Linear axes would show one point."""
    (wide,) = draw_gradient(_entries(_block("W", [1e-6, 2e-6, -3e-6, 1.0]))).axes
    (near,) = draw_gradient(_entries(_block("W", [0.5, 1.0]))).axes
    assert (wide.get_xscale(), near.get_xscale()) == ("symlog", "linear")


def test_the_heat_map_has_the_errors_place_by_place() -> None:
    """Decimal logarithms of relative errors; what was not measured has no colour."""
    block = _block("W", [[1.0, 2.0], [4.0, np.nan]], [[1.0, 1.0], [4.0, 3.0]])
    image = draw_error(_entries(block)).axes[0].images[0].get_array()
    np.testing.assert_allclose(image[:, 0], [-12.0, -12.0])
    assert image[0, 1] == pytest.approx(np.log10(0.5))
    assert image.mask.tolist() == [[False, False], [False, True]]


def test_shapes_of_any_rank_and_empty_blocks_are_drawn() -> None:
    """A number, a vector, four axes; an empty block has no map."""
    blocks = [
        _block("s", 1.0),
        _block("v", np.ones(3)),
        _block("k", np.ones((2, 3, 2, 2))),
        _block("e", np.empty((0, 2))),
    ]
    axes = draw_error(_entries(*blocks)).axes[:-1]
    assert [ax.get_title().split("\n")[0] for ax in axes] == ["s", "v", "k"]
    assert [ax.images[0].get_array().shape for ax in axes] == [(1, 1), (1, 3), (2, 12)]
    assert axes[0].get_xlabel() == "no error"


def test_nothing_measured_is_said() -> None:
    """Not drawn as no error."""
    (ax, _) = draw_error(_entries(_block("W", [np.nan], [1.0]))).axes
    assert ax.get_xlabel() == "not measured"
    draw_gradient(_entries(_block("W", [np.nan], [0.0])))._repr_png_()


def test_blocks_beyond_the_most_are_counted() -> None:
    """In both pictures."""
    entries = _entries(*(_block(f"W{number}", [1.0]) for number in range(MOST_BLOCKS + 3)))
    assert "3 blocks more not drawn" in draw_gradient(entries).axes[0].get_title()
    assert "3 blocks more not drawn" in draw_error(entries).get_suptitle()


def test_wrong_blocks_come_before_right_ones_where_there_is_no_room_for_all() -> None:
    """A picture that leaves out what is wrong would mislead; the order stays that of the parameters."""
    right = [_block(f"W{number}", np.ones(2)) for number in range(MOST_BLOCKS + 3)]
    late = _block("late", np.ones(2), -np.ones(2))
    maps = draw_error(_entries(*right, late)).axes[:-1]
    assert [ax.get_title().split("\n")[0] for ax in maps] == [f"W{number}" for number in range(MOST_BLOCKS - 1)] + [
        "late"
    ]
    (scatter,) = draw_gradient(_entries(*right, late)).axes
    assert scatter.get_legend_handles_labels()[1][-2] == "late"


def test_no_two_blocks_look_alike() -> None:
    """Nor are long names cut where they differ."""
    blocks = [_block(f"encoder.layers.attention.weight{number}", np.ones(2) * number) for number in range(MOST_BLOCKS)]
    (scatter,) = draw_gradient(_entries(*blocks)).axes
    labels = scatter.get_legend_handles_labels()[1]
    assert len(set(labels)) == MOST_BLOCKS + 1
    looks = {
        (points.get_facecolor().tobytes(), points.get_paths()[0].vertices.tobytes()) for points in scatter.collections
    }
    assert len(looks) == MOST_BLOCKS


def test_a_guide_does_not_hide_under_the_remainders() -> None:
    """With a right gradient they have one slope."""
    (ax,) = draw_remainders(taylor_remainders(_problem())).axes
    lines = {line.get_label(): line.get_ydata() for line in ax.get_lines()}
    (claimed,) = (values for label, values in lines.items() if label.startswith("with the claimed one"))
    assert np.nanmax(lines["slope 2"] / claimed) < 0.8


def test_names_of_blocks_are_shown_as_they_are() -> None:
    """No mathematics, no control characters, no endless lines."""
    entries = _entries(_block("$\\frac{", [1.0]), _block("\x1b[31m", [1.0]), _block("n" * 99, [1.0]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        draw_error(entries)._repr_png_()
        draw_gradient(entries)._repr_png_()
    assert len(draw_error(entries).axes[2].get_title()) < 40


def test_the_ladder_names_its_branches_and_the_chosen_step() -> None:
    """No truncation branch where there is none, no line where no step was chosen."""
    ladder = step_ladder(_problem())

    def told(shown: StepLadder) -> str:
        return " ".join(draw_steps(shown).axes[0].get_legend_handles_labels()[1])

    assert "truncation" in told(ladder)
    assert f"step chosen, {ladder.chosen:.1e}" in told(ladder)
    assert "round-off" in told(ladder)
    assert "truncation" not in told(dataclasses.replace(ladder, truncation=None))
    assert "chosen" not in told(dataclasses.replace(ladder, chosen=0.0))


@pytest.mark.parametrize(
    ("rate", "verdict", "message"),
    [
        (2.0, Verdict.PASS, "order 2.00 (dimensionless): right"),
        (1.0, Verdict.FAIL, "order 1.00 (dimensionless): wrong"),
        (1.5, Verdict.INCONCLUSIVE, "undecided"),
        (None, Verdict.PASS, "nothing remains"),
        (None, Verdict.INCONCLUSIVE, "no remainder stands clear"),
    ],
)
def test_the_title_says_the_order(rate: float | None, verdict: Verdict, message: str) -> None:
    """And what it means."""
    usable = (rate is not None,) * 2
    test = OrderTest(
        steps=(1e-2, 1e-3),
        zeroth=(1.0, 0.1),
        first=(1e-2, 1e-4),
        rates=(2.0,),
        usable=usable,
        rate=rate,
        verdict=verdict,
    )
    assert message in draw_remainders(test).axes[0].get_title()


def test_a_report_with_an_order_test_is_drawn_as_it_is() -> None:
    """One without is refused, with the cure."""
    report = check(_problem(), config=CheckConfig(order_test=True))
    assert "right" in notebook.plot_taylor(report).axes[0].get_title()
    with pytest.raises(GradcheckError, match=r"CheckConfig\(order_test=True\)"):
        notebook.plot_taylor(check(_problem()))


def test_what_is_no_problem_is_refused() -> None:
    """By name."""
    with pytest.raises(GradcheckError, match="problem is a ndarray"):
        notebook.plot_gradient(W)  # type: ignore[arg-type]


def test_without_matplotlib_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a message."""
    monkeypatch.setitem(__import__("sys").modules, "matplotlib.figure", None)
    with pytest.raises(GradcheckError, match=r"gradcheck\[plot\]"):
        notebook.plot_error(_problem())
