"""Document 003's networks as gradient-checking problems: each activation with each loss, and its special cases."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np

from reference_impls.arrays import FloatArray, Params
from reference_impls.document_003 import corrected, published
from reference_impls.points import binary_targets, draw_point, one_hot_targets, pack, unpack
from reference_impls.ratios import blocks_of_layers, constant, every_block
from reference_impls.records import ReferenceProblem, Sizes, Variant

__all__ = ["VARIANTS"]

BLOCKS = blocks_of_layers(3)
# where the outputs of a ReLU or tanh are put, and how far they may stray, so that log(p) and log(1-p) are finite
OUTPUT_CENTRE, OUTPUT_SPREAD = 0.5, 0.3
LARGEST_SHIFT = 10.0

Network = type[published.NeuralNetwork]
Outputs = Literal["free", "inside", "outside"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Which network of the document a family builds, and where.

    Attributes
    ----------
    network : type
        The published or a corrected class.
    activation, loss_name : str
        As the class takes them.
    outputs_lie : {'free', 'inside', 'outside'}
        Where the outputs of the point lie: anywhere, inside (0, 1), or some of them beyond it.
    one_hot : bool
        Whether each target row is one class, instead of independent zeros and ones.
    """

    network: Network
    activation: str
    loss_name: str = "mse"
    outputs_lie: Outputs = "free"
    one_hot: bool = False


def build(
    setting: Setting,
    *,
    batch: int = 5,
    features: int = 2,
    hidden: int = 4,
    outputs: int = 3,
    weight_scale: float = 1.0,
    seed: int = 0,
) -> ReferenceProblem:
    """Build the problem of a network features-hidden-(hidden + 2)-outputs with blocks ``W1, b1, ... W3, b3``.

    Parameters
    ----------
    setting : Setting
        Network, activation, loss and kind of point.
    batch, features, hidden, outputs : int
        Sizes, all different by default.
    weight_scale : float
        Multiplies the weights, dimensionless. Where the outputs must lie inside (0, 1) the last layer is
        scaled to fit.
    seed : int
        Of the inputs, targets and parameters.
    """
    rng = np.random.default_rng(seed)
    layers = (features, hidden, hidden + 2, outputs)
    y = (one_hot_targets if setting.one_hot else binary_targets)(batch, outputs, rng=rng)
    net = setting.network(layers, setting.activation, setting.loss_name, rng=np.random.RandomState(0))
    while True:
        x = rng.standard_normal((batch, features))
        relu = (setting.activation == "relu",) * 3
        weights, biases = draw_point(layers, x, relu=relu, rng=rng, weight_scale=weight_scale)
        if setting.outputs_lie != "free":
            _place_outputs(net, x, weights, biases, beyond=setting.outputs_lie == "outside")
        # where samples are alike, only enormous weights put their outputs on two sides: draw others
        if np.max(np.abs(biases[-1])) <= LARGEST_SHIFT:
            break

    def loss(params: Mapping[str, FloatArray]) -> float:
        net.weights, net.biases = unpack(params)
        activations, z_values = net.forward_propagation(x)
        if isinstance(net, corrected.NeuralNetwork):
            return net.loss_at(y, z_values[-1])
        return net.compute_loss(y, activations[-1])

    def gradient(params: Mapping[str, FloatArray]) -> Params:
        net.weights, net.biases = unpack(params)
        return pack(*net.backward_propagation(x, y, *net.forward_propagation(x)))

    sizes = {"batch": batch, "features": features, "hidden": hidden, "outputs": outputs}
    return ReferenceProblem(
        loss=loss, gradient=gradient, params=pack(weights, biases), sizes=sizes, inputs=x, targets=y
    )


def _place_outputs(
    net: published.NeuralNetwork, x: FloatArray, weights: list[FloatArray], biases: list[FloatArray], *, beyond: bool
) -> None:
    """Scale and shift the last layer in place, so that the pre-activations z of the output lie where they are wanted.

    Without `beyond`, ``|z - 1/2| <= 0.3``. With it, the widest gap among the middle ones is put on the end of (0, 1)
    that matters: above 1 a ReLU's output, below 0 a tanh's, makes the loss constant while the published derivative
    is not 0. The others stay inside.
    """
    net.weights, net.biases = weights, biases
    activations, _ = net.forward_propagation(x)
    reach = activations[-2] @ weights[-1]
    scale, shift = OUTPUT_SPREAD / np.max(np.abs(reach)), OUTPUT_CENTRE
    if beyond:
        if reach.size == 1:
            raise ValueError("batch=1, outputs=1: expected two outputs or more, one on either side of clipping")
        middle = _middle_of_widest_gap(np.sort(reach, axis=None))
        if net.activation == "relu":
            scale, end = 0.8 / (middle - np.min(reach)), 1.0
        else:
            scale, end = 1.5 / np.max(np.abs(reach - middle)), 0.0
        shift = end - scale * middle
    weights[-1] *= scale
    biases[-1][:] = shift


def _middle_of_widest_gap(values: FloatArray) -> float:
    """Return the middle of the widest gap between sorted `values`, leaving a fifth of them on either side."""
    margin = max(1, len(values) // 5)
    gaps = np.diff(values)[margin - 1 : len(values) - margin]
    index = margin - 1 + int(np.argmax(gaps))
    return float(values[index] + values[index + 1]) / 2


def _published_ratio(sizes: Sizes) -> float:
    """Return what the second 1/m, and the outputs that the loss's derivative forgets, make of the gradient."""
    return sizes["outputs"] / sizes["batch"]


def _row(kind: str, activation: str, loss: str, suffix: str = "", **more: Any) -> Variant:
    """Make the row of one class with one activation and one loss; `more` completes or replaces its fields."""
    short = "bce" if loss == "binary_crossentropy" else loss
    is_published = kind == "published"
    network: Network = published.NeuralNetwork if is_published else corrected.NeuralNetwork
    # a ReLU or tanh output leaves (0, 1), where the clipped cross-entropy is constant: the point stays inside
    inside: Outputs = "inside" if short == "bce" and activation != "sigmoid" else "free"
    fields: dict[str, Any] = {
        "id": f"003-{kind}-{activation}-{short}{suffix}",
        "form": kind,
        "title": f"{activation} in every layer, {short.upper()}, {'two 1/m' if is_published else 'one 1/m'}",
        "source": "NeuralNetwork.backward_propagation and LossFunctions",
        "build": partial(build, Setting(network=network, activation=activation, loss_name=loss, outputs_lie=inside)),
        "expected_verdict": "fail" if is_published else "pass",
        "expected_ratio": every_block(BLOCKS, _published_ratio if is_published else constant(1.0)),
        "expected_bugs": ("double-mean", "output-count-factor") if is_published else (),
        "note": "k/m of the gradient with k outputs and m samples; k = m hides it." if is_published else "",
    }
    return Variant(
        **({"document": "003", "network": f"general, {activation} in every layer; {short.upper()}"} | fields | more)
    )


def _clipped(kind: str, activation: str) -> Variant:
    """Make the row of a cross-entropy whose outputs lie partly beyond (0, 1)."""
    is_published = kind == "published"
    setting = Setting(
        network=published.NeuralNetwork if is_published else corrected.NeuralNetwork,
        activation=activation,
        loss_name="binary_crossentropy",
        outputs_lie="outside",
    )
    return _row(
        kind,
        activation,
        "binary_crossentropy",
        "-clipped",
        title=f"{activation} output beyond (0, 1) under a clipped BCE",
        build=partial(build, setting),
        expected_ratio=None if is_published else every_block(BLOCKS, constant(1.0)),
        expected_bugs=("loss-gradient-mismatch",) if is_published else (),
        expected_findings=("target-out-of-range",),
        note="The clipped loss is constant there; the published derivative is about 1 or up to 1e15."
        if is_published
        else "The clipped loss is constant there, and so is its derivative 0: such units do not learn.",
    )


def _categorical(identifier: str, form: str, title: str, network: Network, **more: Any) -> Variant:
    """Make the row of one reading of the categorical cross-entropy."""
    fields: dict[str, Any] = {
        "id": identifier,
        "form": form,
        "title": title,
        "network": "general, sigmoid hidden layers; categorical cross-entropy",
        "source": "loss functions, 2: a formula without code",
        "build": partial(build, Setting(network=network, activation="sigmoid", one_hot=True)),
    }
    return _row("corrected", "sigmoid", "mse", **(fields | more))


ACTIVATIONS = ("sigmoid", "relu", "tanh")
LOSSES = ("mse", "binary_crossentropy")

VARIANTS: tuple[Variant, ...] = (
    *(_row("published", activation, loss) for activation in ACTIVATIONS for loss in LOSSES),
    *(_clipped("published", activation) for activation in ("relu", "tanh")),
    *(_row("corrected", activation, loss) for activation in ACTIVATIONS for loss in LOSSES),
    *(_clipped("corrected", activation) for activation in ("relu", "tanh")),
    _categorical(
        "003-literal-sigmoid-cce",
        "variant",
        "Categorical cross-entropy to the letter, behind a sigmoid",
        corrected.LiteralCategoricalNetwork,
        note="The text's formula without a softmax: smallest where every output is 1, whatever the class.",
    ),
    _categorical(
        "003-corrected-softmax-cce",
        "corrected",
        "Categorical cross-entropy behind a softmax",
        corrected.CategoricalNetwork,
    ),
    _categorical(
        "003-bug-softmax-elementwise",
        "bug",
        "Softmax differentiated entry by entry",
        corrected.ElementwiseSoftmaxNetwork,
        expected_verdict="fail",
        expected_ratio=None,
        expected_bugs=("softmax-elementwise",),
    ),
)
