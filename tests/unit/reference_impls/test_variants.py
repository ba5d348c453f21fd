"""Every variant's gradient beside an independent numeric one: what the catalogue says of it is what it does."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from reference_impls import ReferenceProblem, Variant, catalogue
from reference_impls.points import draw_point

Array = NDArray[np.float64]
Numeric = Callable[[Callable[[Mapping[str, Array]], float], Mapping[str, Array]], dict[str, Array]]
Distance = Callable[[Array, Array], float]

VARIANTS = catalogue().variants
CONSTANT = [row for row in VARIANTS if row.expected_ratio is not None]
OTHERS = [row for row in VARIANTS if row.expected_ratio is None]
SIZES = [{}, {"batch": 6, "hidden": 3, "outputs": 2}]
SEEDS = [0, 1]
# log(p + 1e-8) against the exact gradient: 1e-8 over the smallest probability of the point, near 0.05
TOLERANCE = {"000-published": 1e-6}


class Silent(np.random.Generator):
    """A generator whose normal numbers are all zero."""

    def standard_normal(self, size: Any = None, *_: Any, **__: Any) -> Any:
        """Return zeros of the shape asked for."""
        return np.zeros(size)


def ids(row: Variant) -> str:
    """Name a case by its variant."""
    return row.id


def locked(problem: ReferenceProblem) -> dict[str, Array]:
    """Copy the parameters and forbid writing to the copies."""
    params = {name: value.copy() for name, value in problem.params.items()}
    for value in params.values():
        value.flags.writeable = False
    return params


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("sizes", SIZES, ids=["default-sizes", "other-sizes"])
@pytest.mark.parametrize("variant", CONSTANT, ids=ids)
def test_gradient_is_the_expected_multiple(
    variant: Variant, sizes: dict[str, int], seed: int, numeric_gradient: Numeric, distance: Distance
) -> None:
    """Each block is the expected constant times the numeric gradient, at two sizes and two seeds."""
    problem = variant.build(seed=seed, **sizes)
    params = locked(problem)
    assert variant.expected_ratio is not None
    ratios = variant.expected_ratio(problem.sizes)
    gradient, numeric = problem.gradient(params), numeric_gradient(problem.loss, params)
    assert set(ratios) == set(gradient) == set(params)
    for name, block in gradient.items():
        assert block.shape == params[name].shape
        assert block.dtype == np.float64
        assert distance(block, ratios[name] * numeric[name]) < TOLERANCE.get(variant.id, 1e-7), name


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("sizes", SIZES, ids=["default-sizes", "other-sizes"])
@pytest.mark.parametrize("variant", OTHERS, ids=ids)
def test_mistake_without_a_constant_ratio_disagrees(
    variant: Variant, sizes: dict[str, int], seed: int, numeric_gradient: Numeric, distance: Distance
) -> None:
    """Some block is off by more than one per cent, and not because it or the truth vanishes."""
    problem = variant.build(seed=seed, **sizes)
    params = locked(problem)
    gradient, numeric = problem.gradient(params), numeric_gradient(problem.loss, params)
    assert max(distance(gradient[name], numeric[name]) for name in params) > 0.01
    assert all(np.linalg.norm(numeric[name]) > 0 for name in params)


@pytest.mark.parametrize("variant", [row for row in VARIANTS if row.expected_verdict == "fail"], ids=ids)
def test_mistake_shows_at_the_default_sizes(variant: Variant, numeric_gradient: Numeric, distance: Distance) -> None:
    """A variant that must fail is off by more than one per cent where a check looks first."""
    problem = variant.build()
    gradient, numeric = problem.gradient(problem.params), numeric_gradient(problem.loss, problem.params)
    assert max(distance(gradient[name], numeric[name]) for name in numeric) > 0.01


@pytest.mark.parametrize("variant", VARIANTS, ids=ids)
def test_family_takes_the_usual_keywords(variant: Variant) -> None:
    """All keywords have defaults, and sizes come out as they were asked for."""
    parameters = inspect.signature(variant.build).parameters
    free = [p for p in parameters.values() if p.kind == p.KEYWORD_ONLY]
    assert {"batch", "features", "hidden", "outputs", "seed", "weight_scale"} <= {p.name for p in free}
    assert all(p.default is not p.empty for p in free)
    asked = {"batch": 8, "features": 3, "hidden": 5, "outputs": 2}
    assert dict(variant.build(**asked).sizes) == asked


@pytest.mark.parametrize("variant", VARIANTS, ids=ids)
def test_problem_is_reproducible_and_seeds_differ(variant: Variant) -> None:
    """One seed gives one problem, another seed another."""
    first, second, other = variant.build(seed=5), variant.build(seed=5), variant.build(seed=6)
    assert first.loss(first.params) == second.loss(second.params)
    assert first.loss(first.params) != other.loss(other.params)
    for _ in range(2):  # nothing is accumulated between calls
        for name, block in first.gradient(first.params).items():
            np.testing.assert_array_equal(block, second.gradient(second.params)[name])


@pytest.mark.parametrize("variant", VARIANTS, ids=ids)
def test_weight_scale_scales_the_weights(variant: Variant) -> None:
    """Weights of twice the scale are twice as large, except where the outputs must stay inside (0, 1)."""
    small, large = variant.build(weight_scale=1.0), variant.build(weight_scale=2.0)
    first = next(iter(small.params))
    ratios = np.abs(large.params[first] / small.params[first])
    if "relu" in variant.network.lower():  # a unit may have been drawn again, to be away from its kink
        assert np.median(ratios) == pytest.approx(2)
    else:
        np.testing.assert_allclose(ratios, 2)


@pytest.mark.parametrize("variant", VARIANTS, ids=ids)
def test_no_block_is_vacuous(variant: Variant) -> None:
    """At the default point no block's gradient is zero and no bias is."""
    problem = variant.build()
    for name, block in problem.gradient(problem.params).items():
        assert np.all(np.isfinite(block)), name
        assert np.linalg.norm(block) > 0, name
        assert np.all(problem.params[name] != 0), name


def test_smoothed_loss_parts_from_its_gradient_where_outputs_saturate(
    numeric_gradient: Numeric, distance: Distance
) -> None:
    """Document 000's epsilon is invisible at unit weights and plain with large ones; the corrected form is exact."""

    def worst(identifier: str, scale: float) -> float:
        variant = next(row for row in VARIANTS if row.id == identifier)
        problem = variant.build(weight_scale=scale, seed=2)
        gradient, numeric = problem.gradient(problem.params), numeric_gradient(problem.loss, problem.params)
        return max(distance(gradient[name], numeric[name]) for name in gradient)

    assert worst("000-published", 1.0) < 1e-6
    assert worst("000-published", 8.0) > 0.01
    assert worst("000-corrected", 8.0) < 1e-7


@pytest.mark.parametrize(
    ("identifier", "sizes"),
    [("002-published", {"outputs": 2}), ("003-published-tanh-mse", {"batch": 3, "outputs": 3})],
    ids=["002", "003"],
)
def test_some_sizes_hide_a_wrong_constant(
    identifier: str, sizes: dict[str, int], numeric_gradient: Numeric, distance: Distance
) -> None:
    """Two outputs hide document 002's missing 2, as many outputs as samples document 003's second 1/m."""
    variant = next(row for row in VARIANTS if row.id == identifier)
    problem = variant.build(**sizes)
    assert variant.expected_ratio is not None
    assert set(variant.expected_ratio(problem.sizes).values()) == {1.0}
    gradient, numeric = problem.gradient(problem.params), numeric_gradient(problem.loss, problem.params)
    assert max(distance(gradient[name], numeric[name]) for name in numeric) < 1e-7


def test_updated_weights_are_off_in_proportion_to_the_rate(numeric_gradient: Numeric) -> None:
    """The error of `updated-weights-used` is linear in the learning rate, and gone without one."""
    variant = next(row for row in VARIANTS if row.id == "000-bug-updated-weights-used")

    def error(rate: float) -> Array:
        problem = variant.build(learning_rate=rate)
        return problem.gradient(problem.params)["W1"] - numeric_gradient(problem.loss, problem.params)["W1"]

    np.testing.assert_allclose(error(0.2), 2 * error(0.1), rtol=1e-6)
    np.testing.assert_allclose(error(0.0), 0, atol=1e-9)


def test_no_unit_is_dead_even_for_one_sample() -> None:
    """A hundred ReLU units and one sample: every row of the first layer still has a gradient."""
    variant = next(row for row in VARIANTS if row.id == "000-corrected")
    problem = variant.build(batch=1, hidden=100)
    assert np.all(problem.gradient(problem.params)["b1"] != 0)


def test_a_kink_that_cannot_be_left_is_refused() -> None:
    """Without weights and biases every pre-activation is zero; the message gives the margin."""
    nothing = np.random.default_rng(0)
    with pytest.raises(RuntimeError, match=r"batch=3, units=2: some pre-activation stays within 0.001"):
        draw_point((2, 2), np.zeros((3, 2)), relu=(True,), rng=Silent(nothing.bit_generator))


def test_clipped_point_needs_two_outputs() -> None:
    """One output cannot lie on both sides."""
    variant = next(row for row in VARIANTS if row.id == "003-corrected-relu-bce-clipped")
    with pytest.raises(ValueError, match="batch=1, outputs=1: expected two outputs or more"):
        variant.build(batch=1, outputs=1)


@pytest.mark.parametrize("outputs", [1, 2, 3])
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_clipped_points_have_outputs_on_both_sides(activation: str, seed: int, outputs: int) -> None:
    """Some outputs are constant under the clipped loss and others are not, so neither side is vacuous."""
    rows = {row.id: row for row in VARIANTS}
    arguments: dict[str, Any] = {"seed": seed, "outputs": outputs}
    right = rows[f"003-corrected-{activation}-bce-clipped"].build(**arguments)
    wrong = rows[f"003-published-{activation}-bce-clipped"].build(**arguments)
    masked, unmasked = right.gradient(right.params), wrong.gradient(wrong.params)
    assert all(np.linalg.norm(masked[name]) > 0 for name in masked)
    scale = outputs / right.sizes["batch"]
    assert any(np.linalg.norm(unmasked[n] - scale * masked[n]) > 0.01 * np.linalg.norm(masked[n]) for n in masked)
