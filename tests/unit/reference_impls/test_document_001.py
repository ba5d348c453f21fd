"""Document 001: layers, the two signs, and its experiments."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from reference_impls.document_001 import corrected, published
from reference_impls.document_001.trainings import experiment_rng
from reference_impls.document_001.variants import VARIANTS

Array = NDArray[np.float64]


def test_untrained_network_prints_what_the_text_prints() -> None:
    """Shapes (10, 3) and (10, 1), and outputs close to 0.1: the bias, whatever the seed."""
    hidden, output = published.print_hi(np.random.RandomState(0))
    assert (hidden.shape, output.shape) == ((10, 3), (10, 1))
    steps = np.diff(output[:, 0])
    np.testing.assert_allclose(steps, steps[0], atol=1e-12, err_msg="a linear network on equidistant inputs")


def test_backprop_updates_in_place_and_passes_the_old_weights_error() -> None:
    """The returned error is that of the weights before the update."""
    layer = {"w": np.array([[2.0], [3.0]]), "b": np.array([[1.0]])}
    passed = published.backprop(np.array([[1.0], [-2.0]]), layer, np.array([[1.0, 0.0], [1.0, 1.0]]), 0.5)
    np.testing.assert_array_equal(passed, [[2.0, 3.0], [-4.0, -6.0]])
    np.testing.assert_array_equal(layer["w"], [[1.5], [2.0]])
    np.testing.assert_array_equal(layer["b"], [[0.5]])


def test_two_signs_cancel() -> None:
    """The published ascent on the negated error and plain descent take the same steps."""
    first = published.predict04(np.random.RandomState(4), steps=40)
    second = corrected.train(np.random.RandomState(4), steps=40)
    np.testing.assert_allclose(second.layers[0]["w"], first.layers[0]["w"], rtol=1e-12)
    np.testing.assert_allclose(second.layers[1]["b"], first.layers[1]["b"], rtol=1e-12)
    np.testing.assert_allclose(second.costs, 30 * first.costs, rtol=1e-12, err_msg="the sum is 30 times the mean")


@pytest.mark.parametrize(
    ("error", "update", "falls"),
    [
        (published.output_error, published.backprop, True),
        (corrected.output_error, corrected.backprop, True),
        (published.output_error, corrected.backprop, False),
        (corrected.output_error, corrected.ascend, False),
    ],
    ids=["both", "neither", "delta-only", "update-only"],
)
def test_one_sign_alone_goes_uphill(
    error: Callable[[Array, Array], Array], update: Callable[..., Array], falls: bool
) -> None:
    """Turning both signs or neither lowers the cost, turning one raises it."""
    rng = np.random.RandomState(0)
    x, y = published.linear_data(rng)
    l1, l2 = published.layer(1, 3, rng=rng), published.layer(3, 1, rng=rng)
    before = corrected.cost(published.predict(x, l1, l2)[-1], y)
    o1, o2 = published.predict(x, l1, l2)
    update(update(error(o2, y), l2, o1, 0.001), l1, x, 0.001)
    after = corrected.cost(published.predict(x, l1, l2)[-1], y)
    assert (after < before) == falls


@pytest.mark.parametrize("steps", [0, 1, 35])
@pytest.mark.parametrize("run", [published.predict02, published.predict03, published.predict04, corrected.train])
def test_experiments_report_every_tenth_cost(run: Callable[..., published.Experiment], steps: int) -> None:
    """The callback hears steps 0, 10, 20, ... and their costs."""
    heard: list[tuple[int, float]] = []
    experiment = run(np.random.RandomState(1), steps=steps, report=lambda step, cost: heard.append((step, cost)))
    assert heard == [(step, experiment.costs[step]) for step in range(0, steps, 10)]


@pytest.mark.parametrize(
    ("run", "batch", "hidden"),
    [(published.predict01, 10, 3), (published.predict02, 10, 3), (published.predict03, 30, 10)],
)
def test_linear_experiments_have_the_texts_sizes(
    run: Callable[[np.random.RandomState], published.Experiment], batch: int, hidden: int
) -> None:
    """Batch 10 with 3 hidden units, batch 30 with 10, and a straight line as the output."""
    experiment = run(np.random.RandomState(3))
    assert experiment.x.shape == experiment.y.shape == experiment.output.shape == (batch, 1)
    assert experiment.layers[0]["w"].shape == (1, hidden)
    curvature = np.diff(experiment.output[:, 0], n=2)
    np.testing.assert_allclose(curvature, 0, atol=1e-12)


def test_relu_experiment_bends() -> None:
    """With an activation the output is no straight line any more."""
    experiment = published.predict04(np.random.RandomState(3))
    assert np.max(np.abs(np.diff(experiment.output[:, 0], n=2))) > 1e-3


def test_experiments_follow_the_untrained_network_in_one_stream() -> None:
    """The main function draws ten targets and two layers before its experiment: 10 + 3 + 3 normal numbers."""
    replay = np.random.RandomState(9)
    replay.normal(size=16)
    assert experiment_rng(9).normal() == replay.normal()


def test_gradient_read_from_a_step_does_not_depend_on_the_rate() -> None:
    """One update at the rate of the text gives the gradient that the catalogue reads at 2^20, but for rounding."""
    variant = next(row for row in VARIANTS if row.id == "001-published-relu")
    problem = variant.build()
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((10, 2)), rng.standard_normal((10, 1))
    l1 = {"w": problem.params["l1.w"].copy(), "b": problem.params["l1.b"].copy()}
    l2 = {"w": problem.params["l2.w"].copy(), "b": problem.params["l2.b"].copy()}
    o1, a1, o2 = published.predictjihuo(x, l1, l2)
    dz1 = published.backprop(published.output_error(o2, y), l2, a1) * (o1 > 0)
    published.backprop(dz1, l1, x)
    recovered = (problem.params["l1.w"] - l1["w"]) / 0.01
    np.testing.assert_allclose(recovered, problem.gradient(problem.params)["l1.w"], rtol=1e-11)
