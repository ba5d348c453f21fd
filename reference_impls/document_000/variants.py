"""Document 000's networks as gradient-checking problems."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from reference_impls.arrays import FloatArray, Params
from reference_impls.document_000 import bugs, corrected, published
from reference_impls.points import binary_targets, draw_point, pack
from reference_impls.ratios import BLOCKS_OF_TWO_LAYERS, constant, every_block
from reference_impls.records import ReferenceProblem, Variant

__all__ = ["VARIANTS"]

# a probability of 0.018: there the published epsilon makes a difference of 5e-7
LARGEST_LOGIT = 4.0

Backward = Callable[[Params, Params, FloatArray, FloatArray], Params]
Loss = Callable[[Params, FloatArray], float]


def published_loss(cache: Params, y: FloatArray) -> float:
    """Return the published loss of a forward pass, in nats."""
    return published.compute_loss(cache["A2"], y)


def corrected_loss(cache: Params, y: FloatArray) -> float:
    """Return the corrected loss of a forward pass, in nats."""
    return corrected.compute_loss(cache["Z2"], y)


def build(
    forward: Callable[[FloatArray, Params], tuple[FloatArray, Params]],
    loss_of: Loss,
    backward: Backward,
    *,
    batch: int = 7,
    features: int = 2,
    hidden: int = 4,
    outputs: int = 3,
    weight_scale: float = 1.0,
    seed: int = 0,
) -> ReferenceProblem:
    """Build the problem of a network features-hidden-outputs.

    Parameters
    ----------
    forward, loss_of, backward : callable
        The document's functions.
    batch, features, hidden, outputs : int
        Sizes, all different by default so that no two can be mistaken for each other.
    weight_scale : float
        Multiplies the weights, dimensionless. At 1 no logit exceeds 4; large values saturate the output, where the
        published loss's epsilon shows.
    seed : int
        Of the inputs, targets and parameters.
    """
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((batch, features))
    y = binary_targets(batch, outputs, rng=rng)
    layers = (features, hidden, outputs)
    weights, biases = draw_point(layers, x, relu=(True, False), rng=rng, weight_scale=weight_scale)
    _limit_logits(x, weights, biases, LARGEST_LOGIT * weight_scale)

    def loss(params: Mapping[str, FloatArray]) -> float:
        return loss_of(forward(x, dict(params))[1], y)

    def gradient(params: Mapping[str, FloatArray]) -> Params:
        _, cache = forward(x, dict(params))
        gradients = backward(dict(params), cache, x, y)
        return {name: gradients[f"d{name}"] for name in params}

    sizes = {"batch": batch, "features": features, "hidden": hidden, "outputs": outputs}
    return ReferenceProblem(
        loss=loss, gradient=gradient, params=pack(weights, biases), sizes=sizes, inputs=x, targets=y
    )


def _limit_logits(x: FloatArray, weights: list[FloatArray], biases: list[FloatArray], limit: float) -> None:
    """Scale the output layer down in place where a logit exceeds `limit`, so that no probability saturates unasked."""
    hidden = published.relu(x @ weights[0] + biases[0])
    largest = float(np.max(np.abs(hidden @ weights[1] + biases[1])))
    if largest > limit:
        weights[1] *= limit / largest
        biases[1] *= limit / largest


def build_with_rate(
    *,
    learning_rate: float = 0.5,
    batch: int = 7,
    features: int = 2,
    hidden: int = 4,
    outputs: int = 3,
    weight_scale: float = 1.0,
    seed: int = 0,
) -> ReferenceProblem:
    """Build the network whose backward pass already uses updated weights, so that it depends on the rate."""
    return build(
        corrected.forward_propagation,
        corrected_loss,
        partial(bugs.updated_weights_used, learning_rate=learning_rate),
        batch=batch,
        features=features,
        hidden=hidden,
        outputs=outputs,
        weight_scale=weight_scale,
        seed=seed,
    )


def _bug(name: str, title: str, backward: Backward, catalogue_id: str, **more: Any) -> Variant:
    """Make the row of a planted mistake."""
    return Variant(
        id=f"000-bug-{name}",
        document="000",
        form="bug",
        title=title,
        network="2-4-1 ReLU, sigmoid; binary cross-entropy",
        source="backward_propagation, changed in one place",
        build=more.pop("build", partial(build, corrected.forward_propagation, corrected_loss, backward)),
        expected_verdict="fail",
        expected_ratio=more.pop("expected_ratio", None),
        expected_bugs=(catalogue_id,),
        **more,
    )


VARIANTS: tuple[Variant, ...] = (
    Variant(
        id="000-published",
        document="000",
        form="published",
        title="Two blobs, binary cross-entropy with epsilon",
        network="2-4-1 ReLU, sigmoid; binary cross-entropy with log(a + 1e-8)",
        source="compute_loss and backward_propagation",
        build=partial(build, published.forward_propagation, published_loss, published.backward_propagation),
        expected_verdict="pass",
        expected_ratio=every_block(BLOCKS_OF_TWO_LAYERS, constant(1.0)),
        expected_findings=("loss-epsilon",),
        note="The epsilon is in the loss only: the gradient is too large by about 1e-8 over the true class's "
        "probability, invisible at moderate weights and without bound where outputs saturate.",
    ),
    Variant(
        id="000-corrected",
        document="000",
        form="corrected",
        title="Two blobs, binary cross-entropy from logits",
        network="2-4-1 ReLU, sigmoid; binary cross-entropy from the pre-activation",
        source="compute_loss, without the epsilon; sigmoid, without overflow",
        build=partial(build, corrected.forward_propagation, corrected_loss, corrected.backward_propagation),
        expected_verdict="pass",
        expected_ratio=every_block(BLOCKS_OF_TWO_LAYERS, constant(1.0)),
        note="Exact for saturated outputs as well.",
    ),
    _bug(
        "sign-flip",
        "Target minus output, still subtracted",
        bugs.sign_flip,
        "sign-flip",
        expected_ratio=every_block(BLOCKS_OF_TWO_LAYERS, constant(-1.0)),
    ),
    _bug(
        "sum-instead-of-mean",
        "No 1/m in the gradient",
        bugs.sum_instead_of_mean,
        "sum-instead-of-mean",
        expected_ratio=every_block(BLOCKS_OF_TWO_LAYERS, lambda sizes: float(sizes["batch"])),
    ),
    _bug("missing-mask", "No ReLU mask", bugs.missing_hidden_derivative, "missing-hidden-derivative"),
    _bug(
        "extra-output-derivative",
        "The sigmoid's derivative on top of a - y",
        bugs.extra_output_derivative,
        "extra-output-derivative",
    ),
    _bug(
        "bias-sum-without-axis",
        "Bias gradient summed over units too",
        bugs.bias_sum_without_axis,
        "bias-sum-without-axis",
    ),
    _bug(
        "updated-weights-used",
        "Second layer updated before the error passes through it",
        bugs.updated_weights_used,
        "updated-weights-used",
        build=build_with_rate,
        note="The error is proportional to learning_rate, which is a keyword of the family.",
    ),
)
