"""Document 002's networks as gradient-checking problems.

`NeuralNetwork.backward` hands out no gradient, it updates. The gradient here is read from one real update of a fresh
object, ``(before - after) / rate`` with the rate ``2^20``: division by a power of two is exact, against so large a step
the rounding of the parameters vanishes, and since all gradients are computed before anything is updated, the rate
does not matter otherwise.
"""

from collections.abc import Mapping
from functools import partial
from typing import Literal

import numpy as np

from reference_impls.arrays import FloatArray, Params
from reference_impls.document_002 import corrected, published
from reference_impls.document_002.improved import ImprovedNetwork
from reference_impls.points import binary_targets, draw_point, pack
from reference_impls.ratios import BLOCKS_OF_TWO_LAYERS, blocks_of_layers, constant, every_block
from reference_impls.records import ReferenceProblem, Variant

__all__ = ["VARIANTS"]

RATE = 2.0**20


def build_class(
    network: type[published.NeuralNetwork],
    *,
    batch: int = 5,
    features: int = 3,
    hidden: int = 4,
    outputs: int = 1,
    weight_scale: float = 1.0,
    seed: int = 0,
) -> ReferenceProblem:
    """Build the problem of one of the classes, features-hidden-outputs.

    Parameters
    ----------
    network : type
        The published or the corrected class.
    batch, features, hidden, outputs : int
        Sizes; the text has 4, 2, 4 and 1.
    weight_scale : float
        Multiplies the weights, dimensionless.
    seed : int
        Of the inputs, targets and parameters.
    """
    rng = np.random.default_rng(seed)
    x, y = rng.standard_normal((batch, features)), binary_targets(batch, outputs, rng=rng)
    weights, biases = draw_point(
        (features, hidden, outputs), x, relu=(False, False), rng=rng, weight_scale=weight_scale
    )

    def holding(params: Mapping[str, FloatArray]) -> published.NeuralNetwork:
        net = network(features, hidden, outputs, rng=np.random.RandomState(0))
        net.W1, net.b1 = params["W1"].copy(), params["b1"].copy()
        net.W2, net.b2 = params["W2"].copy(), params["b2"].copy()
        return net

    def loss(params: Mapping[str, FloatArray]) -> float:
        net = holding(params)
        return net.loss(net.forward(x), y)

    def gradient(params: Mapping[str, FloatArray]) -> Params:
        net = holding(params)
        net.forward(x)
        net.backward(x, y, RATE)
        after = {"W1": net.W1, "b1": net.b1, "W2": net.W2, "b2": net.b2}
        return {name: (params[name] - after[name]) / RATE for name in params}

    sizes = {"batch": batch, "features": features, "hidden": hidden, "outputs": outputs}
    return ReferenceProblem(
        loss=loss, gradient=gradient, params=pack(weights, biases), sizes=sizes, inputs=x, targets=y
    )


def build_improved(
    depth: int,
    activation: Literal["sigmoid", "relu"],
    loss_name: Literal["squared-error", "cross-entropy"],
    *,
    batch: int = 7,
    features: int = 2,
    hidden: int = 4,
    outputs: int = 3,
    regularisation: float = 0.0,
    weight_scale: float = 1.0,
    seed: int = 0,
) -> ReferenceProblem:
    """Build the problem of an improved network with `depth` hidden layers of `hidden` units, less one a layer.

    Parameters
    ----------
    depth : int
        Hidden layers.
    activation : {'sigmoid', 'relu'}
        Of the hidden layers.
    loss_name : {'squared-error', 'cross-entropy'}
        Averaged over batch and outputs.
    batch, features, hidden, outputs : int
        Sizes.
    regularisation : float
        Factor of the sum of squared weights, dimensionless.
    weight_scale : float
        Multiplies the weights, dimensionless.
    seed : int
        Of the inputs, targets and parameters.
    """
    rng = np.random.default_rng(seed)
    layers = (features, *(max(1, hidden - number) for number in range(depth)), outputs)
    x, y = rng.standard_normal((batch, features)), binary_targets(batch, outputs, rng=rng)
    relu = (*(activation == "relu" for _ in range(depth)), False)
    weights, biases = draw_point(layers, x, relu=relu, rng=rng, weight_scale=weight_scale)
    network = ImprovedNetwork(hidden=activation, loss_name=loss_name, penalty=regularisation)
    return ReferenceProblem(
        loss=lambda params: network.loss(x, y, params),
        gradient=lambda params: network.gradient(x, y, params),
        params=pack(weights, biases),
        sizes={"batch": batch, "features": features, "hidden": hidden, "outputs": outputs},
        inputs=x,
        targets=y,
    )


def _improved(name: str, title: str, build: "partial[ReferenceProblem]", note: str) -> Variant:
    """Make the row of one direction for improvement; `build` has depth, activation and loss bound."""
    depth, activation, loss = build.args
    return Variant(
        id=f"002-corrected-{name}",
        document="002",
        form="corrected",
        title=title,
        network=f"2{depth * '-h'}-1 {activation}, sigmoid output; {loss}",
        source="section 4, directions for improvement",
        build=build,
        expected_verdict="pass",
        expected_ratio=every_block(blocks_of_layers(depth + 1), constant(1.0)),
        note=note,
    )


VARIANTS: tuple[Variant, ...] = (
    Variant(
        id="002-published",
        document="002",
        form="published",
        title="XOR class, squared error without its 2",
        network="2-4-1 sigmoid, sigmoid; mean squared error",
        source="NeuralNetwork.backward",
        build=partial(build_class, published.NeuralNetwork),
        expected_verdict="fail",
        expected_ratio=every_block(BLOCKS_OF_TWO_LAYERS, lambda sizes: sizes["outputs"] / 2),
        expected_bugs=("missing-factor-2",),
        note="Half the gradient with one output; with k outputs k/2, since the loss averages over them too: "
        "two outputs hide the mistake.",
    ),
    Variant(
        id="002-corrected",
        document="002",
        form="corrected",
        title="XOR class with the whole gradient",
        network="2-4-1 sigmoid, sigmoid; mean squared error",
        source="NeuralNetwork.backward, factor 2 / outputs",
        build=partial(build_class, corrected.NeuralNetwork, outputs=2),
        expected_verdict="pass",
        expected_ratio=every_block(BLOCKS_OF_TWO_LAYERS, constant(1.0)),
    ),
    Variant(
        id="002-bug-preactivation-derivative",
        document="002",
        form="bug",
        title="sigmoid_derivative called with the pre-activation",
        network="2-4-1 sigmoid, sigmoid; mean squared error",
        source="NeuralNetwork.backward, sigmoid_derivative(z1) for sigmoid_derivative(a1)",
        build=partial(build_class, corrected.PreactivationDerivative, outputs=2),
        expected_verdict="fail",
        expected_ratio=None,
        expected_bugs=("output-form-given-preactivation",),
        note="The last layer is right.",
    ),
    _improved(
        "deep",
        "Three hidden layers",
        partial(build_improved, 3, "sigmoid", "squared-error", hidden=6),
        "More hidden layers.",
    ),
    _improved("relu", "ReLU hidden layer", partial(build_improved, 1, "relu", "squared-error"), "Another activation."),
    _improved(
        "l2",
        "L2 penalty on the weights",
        partial(build_improved, 1, "sigmoid", "squared-error", regularisation=0.1),
        "Regularisation; biases are not penalised.",
    ),
    _improved(
        "adam",
        "Network trained by Adam",
        partial(build_improved, 2, "relu", "squared-error"),
        "Adam changes the update, not the gradient: checked is what it is fed.",
    ),
    _improved(
        "cross-entropy",
        "Cross-entropy from the logits",
        partial(build_improved, 1, "sigmoid", "cross-entropy"),
        "The loss that the text recommends for classification.",
    ),
)
