"""Document 001's networks as gradient-checking problems.

The document's code hands out no gradient, it updates. The gradient here is read from one real update of copies:
``(before - after) / rate``. The rate is ``2^20``: division by a power of two is exact, and against so large a step the
rounding of the parameters vanishes. The update does not depend on the rate, since each layer passes the error on from
its old weights.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from reference_impls.arrays import FloatArray, Params
from reference_impls.document_001 import activations, corrected, published
from reference_impls.points import draw_point
from reference_impls.ratios import constant, every_block
from reference_impls.records import ReferenceProblem, Sizes, Variant

__all__ = ["VARIANTS"]

BLOCKS = ("l1.w", "l1.b", "l2.w", "l2.b")
RATE = 2.0**20

Function = Callable[[FloatArray], FloatArray]
Update = Callable[[FloatArray, Params, FloatArray, float], FloatArray]
PUBLISHED_ACTIVATIONS: dict[str, tuple[Function, Function]] = {
    "linear": (corrected.identity, corrected.identity_derivative),
    "relu": (activations.relu, activations.relu_derivative),
    "tanh": (activations.tanh, activations.tanh_derivative),
    "sigmoid": (activations.sigmoid, activations.sigmoid_derivative),
}
CORRECTED_ACTIVATIONS = PUBLISHED_ACTIVATIONS | {"sigmoid": (corrected.sigmoid, corrected.sigmoid_derivative)}


def mean_cost(output: FloatArray, y: FloatArray) -> float:
    """Return the mean squared error that the text prints (squared unit of `y`)."""
    return float(np.mean(np.square(output - y)))


def build(
    hidden_layer: tuple[Function, Function],
    error: Callable[[FloatArray, FloatArray], FloatArray],
    update: Update,
    cost: Callable[[FloatArray, FloatArray], float],
    *,
    batch: int = 10,
    features: int = 2,
    hidden: int = 3,
    outputs: int = 1,
    weight_scale: float = 1.0,
    seed: int = 0,
) -> ReferenceProblem:
    """Build the problem of a network features-hidden-outputs with blocks ``l1.w, l1.b, l2.w, l2.b``.

    Parameters
    ----------
    hidden_layer : tuple of callable
        Activation of the hidden layer and its derivative, both of the pre-activation; the output is linear.
    error, update, cost : callable
        The output's error, the in-place update of a layer, and the loss.
    batch, features, hidden, outputs : int
        Sizes; the text has 10 or 30, 1, 3 or 10, and 1.
    weight_scale : float
        Multiplies the weights, dimensionless.
    seed : int
        Of the inputs, targets and parameters.
    """
    rng = np.random.default_rng(seed)
    activation, derivative = hidden_layer
    x, y = rng.standard_normal((batch, features)), rng.standard_normal((batch, outputs))
    weights, biases = draw_point(
        (features, hidden, outputs), x, relu=(activation is activations.relu, False), rng=rng, weight_scale=weight_scale
    )

    def loss(params: Mapping[str, FloatArray]) -> float:
        l1, l2 = _copied_layers(params)
        return cost(published.predictjihuo(x, l1, l2, activation)[-1], y)

    def gradient(params: Mapping[str, FloatArray]) -> Params:
        l1, l2 = _copied_layers(params)
        o1, a1, o2 = published.predictjihuo(x, l1, l2, activation)
        dz1 = update(error(o2, y), l2, a1, RATE) * derivative(o1)
        update(dz1, l1, x, RATE)
        after = _named(l1, l2)
        return {name: (params[name] - after[name]) / RATE for name in params}

    params = {"l1.w": weights[0], "l1.b": biases[0], "l2.w": weights[1], "l2.b": biases[1]}
    sizes = {"batch": batch, "features": features, "hidden": hidden, "outputs": outputs}
    return ReferenceProblem(loss=loss, gradient=gradient, params=params, sizes=sizes, inputs=x, targets=y)


def _copied_layers(params: Mapping[str, FloatArray]) -> tuple[Params, Params]:
    """Return both layers as dictionaries of copies, which an update may change."""
    return (
        {"w": params["l1.w"].copy(), "b": params["l1.b"].copy()},
        {"w": params["l2.w"].copy(), "b": params["l2.b"].copy()},
    )


def _named(l1: Params, l2: Params) -> Params:
    """Return the arrays of both layers by block name."""
    return {"l1.w": l1["w"], "l1.b": l1["b"], "l2.w": l2["w"], "l2.b": l2["b"]}


def _published(activation: str, form: Any, note: str) -> Variant:
    """Make the row of a published step behind one activation."""
    return Variant(
        id=f"001-published-{activation}",
        document="001",
        form=form,
        title=f"Ascent on the negated error, {activation} hidden layer",
        network=f"1-10-1 {activation}, linear output; sum of squares",
        source="backprop and predict02-04",
        build=partial(
            build, PUBLISHED_ACTIVATIONS[activation], published.output_error, published.backprop, corrected.cost
        ),
        expected_verdict="pass",
        expected_ratio=every_block(BLOCKS, constant(1.0)),
        expected_findings=("printed-loss-differs",),
        note=note,
    )


def _corrected(activation: str) -> Variant:
    """Make the row of plain descent behind one activation."""
    return Variant(
        id=f"001-corrected-{activation}",
        document="001",
        form="corrected",
        title=f"Plain descent, {activation} hidden layer",
        network=f"1-10-1 {activation}, linear output; sum of squares",
        source="backprop, both signs turned",
        build=partial(
            build, CORRECTED_ACTIVATIONS[activation], corrected.output_error, corrected.backprop, corrected.cost
        ),
        expected_verdict="pass",
        expected_ratio=every_block(BLOCKS, constant(1.0)),
    )


def _flip(name: str, title: str, error: Any, update: Update) -> Variant:
    """Make the row of one forgotten sign."""
    return Variant(
        id=f"001-bug-{name}",
        document="001",
        form="bug",
        title=title,
        network="1-10-1 ReLU, linear output; sum of squares",
        source="backprop, one of its two signs turned",
        build=partial(build, CORRECTED_ACTIVATIONS["relu"], error, update, corrected.cost),
        expected_verdict="fail",
        expected_ratio=every_block(BLOCKS, constant(-1.0)),
        expected_bugs=("sign-flip",),
    )


def _entries(sizes: Sizes) -> float:
    """Return how many squares the printed mean averages."""
    return float(sizes["batch"] * sizes["outputs"])


SUM_NOTE = "It descends the sum of squares, exactly, and prints the mean: the two signs cancel."
UNUSED_NOTE = "The text defines this activation without using it. " + SUM_NOTE

VARIANTS: tuple[Variant, ...] = (
    _published("linear", "published", SUM_NOTE),
    _published("relu", "published", SUM_NOTE),
    _published("tanh", "variant", UNUSED_NOTE),
    _published("sigmoid", "variant", UNUSED_NOTE),
    Variant(
        id="001-published-printed-mean",
        document="001",
        form="variant",
        title="The same step beside the cost that is printed",
        network="1-10-1 ReLU, linear output; mean of squares",
        source="predict04: average_cost",
        build=partial(build, PUBLISHED_ACTIVATIONS["relu"], published.output_error, published.backprop, mean_cost),
        expected_verdict="fail",
        expected_ratio=every_block(BLOCKS, _entries),
        expected_bugs=("sum-instead-of-mean",),
        note="Measured against the printed mean the gradient is batch times outputs too large (10 or 30 in the text).",
    ),
    *(_corrected(name) for name in CORRECTED_ACTIVATIONS),
    _flip("delta-flip", "Negated error, plain descent", published.output_error, corrected.backprop),
    _flip("update-flip", "Plain error, added to the weights", corrected.output_error, corrected.ascend),
)
