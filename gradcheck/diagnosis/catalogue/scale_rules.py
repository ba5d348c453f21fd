"""What bugs of scale and sign do to a network: a constant ratio in every entry of the blocks that they reach."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gradcheck.diagnosis.backward import Deviation, Rule, through_activation
from gradcheck.diagnosis.catalogue.bug import Constant
from gradcheck.diagnosis.network import Array, Network
from gradcheck.language import mark, tr

__all__ = [
    "double_mean",
    "extra_factor_2",
    "features_for_batch_size",
    "fixed",
    "learning_rate_baked_in",
    "mean_instead_of_sum",
    "missing_factor_2",
    "output_count_factor",
    "quotient",
    "scaled_delta",
    "sign_flip",
    "sign_flip_below",
    "size",
    "sum_instead_of_mean",
]


def scaled_delta(bug: str, factor: float, what: str) -> Deviation:
    """The error at the output multiplied by a constant: all blocks follow, a penalty's part does not."""
    return Deviation(bug=bug, what=what, output_delta=lambda _network, _index, delta: factor * delta)


def _weight_rule(factor: float) -> Rule:
    def rule(network: Network, index: int, delta: Array) -> Array:
        return factor * (network.layers[index].inputs.T @ delta)

    return rule


def _bias_rule(factor: float) -> Rule:
    def rule(_network: Network, _index: int, delta: Array) -> Array:
        summed: Array = factor * delta.sum(axis=0)
        return summed

    return rule


def _in_all_layers(bug: str, network: Network, factor: float, what: str, *, bias: bool) -> Deviation:
    """All weights (or all biases) multiplied, the deltas clean."""
    layers = range(len(network.layers))
    if bias:
        return Deviation(bug=bug, what=what, bias={index: _bias_rule(factor) for index in layers})
    return Deviation(bug=bug, what=what, weight={index: _weight_rule(factor) for index in layers})


def size(name: str, power: int = 1) -> Constant:
    """A ratio that is one of the sizes, or one over it."""
    words = {"batch": "m", "outputs": "k", "learning_rate": mark("learning rate")}[name]

    def value(sizes: Mapping[str, float]) -> float | None:
        size = sizes.get(name)
        return None if not size else float(size) ** power

    return Constant(value=value, formula=words if power == 1 else f"1/{words}")


def quotient(over: str, under: str, formula: str) -> Constant:
    """One size over another as the ratio."""

    def value(sizes: Mapping[str, float]) -> float | None:
        above, below = sizes.get(over), sizes.get(under)
        return None if above is None or not below else float(above) / float(below)

    return Constant(value=value, formula=formula)


def fixed(ratio: float, formula: str) -> Constant:
    """The same ratio whatever the sizes are."""
    return Constant(value=lambda _sizes: ratio, formula=formula)


# ---------------------------------------------------------------------------------------------------------------------
# What each does to a network.


def sign_flip(network: Network) -> Iterator[Deviation]:
    """The other sign in every block; with a penalty, also in all but that."""
    yield Deviation(
        bug="sign-flip",
        what=tr("the true gradient with the opposite sign, in every block"),
        finish=lambda _network, gradients: {name: -value for name, value in gradients.items()},
    )
    if network.penalty:
        yield scaled_delta(
            "sign-flip", -1.0, tr("the error at the output with the opposite sign; the penalty is right")
        )


def sign_flip_below(network: Network) -> Iterator[Deviation]:
    """The sign turned on the way below a layer: the layers above are right."""

    def rule(network: Network, index: int, upstream: Array) -> Array:
        return -through_activation(network.layers[index], upstream)

    for index in range(len(network.layers) - 1):
        yield Deviation(
            bug="sign-flip-below",
            layers=(index,),
            what=tr("the delta of {weights}'s layer with the opposite sign", weights=network.layers[index].weight),
            delta={index: rule},
        )


def missing_factor_2(_network: Network) -> Iterator[Deviation]:
    """Half of every gradient."""
    yield scaled_delta("missing-factor-2", 0.5, tr("half the error at the output"))


def extra_factor_2(_network: Network) -> Iterator[Deviation]:
    """Twice every gradient."""
    yield scaled_delta("extra-factor-2", 2.0, tr("twice the error at the output"))


def learning_rate_baked_in(network: Network, rate: float, _gradients: Mapping[str, Array]) -> Iterator[Deviation]:
    """Deltas that hold the learning rate already, at the output or at a hidden layer."""
    bug = "learning-rate-baked-in"

    def rule(network: Network, index: int, upstream: Array) -> Array:
        return rate * through_activation(network.layers[index], upstream)

    if rate in {0.0, 1.0}:
        return
    yield scaled_delta(bug, rate, tr("the error at the output times the learning rate"))
    for index in range(len(network.layers) - 1):
        what = tr("the delta of {weights}'s layer times the learning rate", weights=network.layers[index].weight)
        yield Deviation(bug=bug, layers=(index,), what=what, delta={index: rule})


def sum_instead_of_mean(network: Network) -> Iterator[Deviation]:
    """The sum over the batch where the loss has the mean: everywhere, or in part of the blocks."""
    m = network.averaged
    if m > 1:
        bug = "sum-instead-of-mean"
        yield scaled_delta(bug, m, tr("the sum over the batch where the loss has the mean: m times the error"))
        yield _in_all_layers(
            bug, network, m, tr("m times the gradient of all weights; the biases are right"), bias=False
        )
        yield _in_all_layers(
            bug, network, m, tr("m times the gradient of all biases; the weights are right"), bias=True
        )


def mean_instead_of_sum(network: Network) -> Iterator[Deviation]:
    """The mean over the batch where the loss has the sum."""
    yield from _divided_by_batch(
        "mean-instead-of-sum",
        network,
        what=tr("the mean over the batch where the loss has the sum: 1/m of the error"),
        of_weights=tr("1/m of the gradient of all weights; the biases are right"),
    )


def double_mean(network: Network) -> Iterator[Deviation]:
    """Divided by the number of samples once more than the loss is."""
    yield from _divided_by_batch(
        "double-mean",
        network,
        what=tr("divided by the batch size once more than the loss"),
        of_weights=tr("the gradient of all weights divided by m once more; the biases are right"),
    )


def _divided_by_batch(bug: str, network: Network, *, what: str, of_weights: str) -> Iterator[Deviation]:
    m = network.averaged
    if m > 1:
        yield scaled_delta(bug, 1 / m, what)
        yield _in_all_layers(bug, network, 1 / m, of_weights, bias=False)


def output_count_factor(network: Network) -> Iterator[Deviation]:
    """The number of outputs too often or not at all."""
    k = network.outputs
    if k > 1:
        yield scaled_delta("output-count-factor", 1 / k, tr("divided by the number of outputs, which the loss is not"))
        yield scaled_delta("output-count-factor", k, tr("not divided by the number of outputs, as the loss is"))


def features_for_batch_size(network: Network) -> Iterator[Deviation]:
    """Divided by the number of features, or of a layer's inputs, where that of samples is meant."""
    bug, m, n = "features-for-batch-size", network.averaged, network.features
    if m != n:
        yield scaled_delta(bug, m / n, tr("divided by the number of features and not by that of samples"))
    widths = [layer.inputs.shape[1] for layer in network.layers]
    if len(widths) > 1 and any(width != m for width in widths):
        yield Deviation(
            bug=bug,
            what=tr("each layer's gradients divided by the number of its inputs and not by the number of samples"),
            weight={index: _weight_rule(m / width) for index, width in enumerate(widths)},
            bias={index: _bias_rule(m / width) for index, width in enumerate(widths)},
        )
