"""Right gradient, trouble elsewhere: what keeps a network from learning, read off a short run and the starting point.

Each rule has thresholds with a reason beside them, and says nothing of a network that learns: its loss falls, whatever
its weights look like. Each trouble names the lines of the text that it is about.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from gradcheck.diagnosis.network import Array, Layer, Network
from gradcheck.diagnosis.origins import Origins
from gradcheck.diagnosis.programs.program import Trace, TrainingRun
from gradcheck.diagnosis.training_seen import FEWEST, Seen, Trouble
from gradcheck.language import mark, tr, trn
from gradcheck.records import CheckReport, Verdict

__all__ = ["Trouble", "find_trouble"]

GROWS = 1.5  # last fifth over first fifth: noise of mini-batches moves medians by a few per cent, not by half
SWINGS = 0.8  # share of steps whose direction is the reverse of the one before; noise gives 2/3, an overshoot all
SWING_SIZE = 0.1  # of the loss: smaller swings are noise, or the harmless ripple of a large but stable rate
CYCLE = 0.3  # of the change from step to step: how much a loss has changed when its sample, or batch, comes again
FEWEST_PASSES = 4  # over the data
OVERSHOOT = 2  # steps that take turns: from one side of the valley to the other, rather than two samples
FLAT = 0.001  # of the steepest slope: such a unit learns a thousand times slower than one near zero
FEWEST_ROWS = 3  # samples: with one or two a layer is flat by chance
MOSTLY = 0.6  # share of flat entries: a wide network with weights of unit size has a third, and learns
SYMMETRY = 1e-9  # relative difference of columns: random weights never come near it
OUTSIDE = 0.05  # of the activation's range; targets off by less are noise
SHARE_OUTSIDE = 0.05  # of the targets: a few outliers do not keep a network from learning
FAR = 0.1  # of the targets' spread: how far a fixed output is from its target before it matters

STEEPEST = {"sigmoid": 0.25, "tanh": 1.0, "relu": 1.0}
RANGES = {"sigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0), "softmax": (0.0, 1.0), "relu": (0.0, np.inf)}

LARGE = 10.0  # inputs of this size saturate units whose weights have the size that suits inputs near 1
SUITED = 3.0  # times 1 over the square root of the inputs: larger weights are what saturates


def find_trouble(
    report: CheckReport,
    network: Network | None,
    run: TrainingRun | None,
    *,
    text: str = "",
    trace: Trace | None = None,
) -> list[Trouble]:
    """What besides the gradient keeps a network from learning.

    Parameters
    ----------
    report : CheckReport
        Of the gradient. With a wrong gradient nothing is said: it comes first.
    network : Network or None
        At the point where training starts.
    run : TrainingRun or None
        A short run of the code's own training.
    text : str
        In which the lines are looked for.
    trace : Trace, optional
        Of one run, which tells how the text calls inputs and targets.

    Returns
    -------
    list of Trouble
        The most confident first. Empty for a network that learns.
    """
    if report.verdict is Verdict.FAIL:
        return []
    losses = _by_passes(np.asarray(run.losses if run is not None else (), dtype=np.float64))
    seen = Seen(report=report, network=network, run=run, losses=losses, origins=Origins(text), trace=trace)
    if seen.learned:
        return []
    found = [trouble for rule in _RULES for trouble in rule(seen)]
    return sorted(found, key=lambda trouble: -trouble.confidence)


def _by_passes(losses: Array) -> Array:
    """The mean of each pass over the data where steps take one sample, or batch, after the other; else as they are.

    What one sample's loss has gained while another's was lost is no trend.
    """
    if len(losses) < FEWEST or not np.all(np.isfinite(losses)):
        return losses
    turn = float(np.median(np.abs(np.diff(losses))))
    for length in range(OVERSHOOT, len(losses) // FEWEST_PASSES + 1):
        if float(np.median(np.abs(losses[length:] - losses[:-length]))) < CYCLE * turn:
            if length == OVERSHOOT:
                break
            whole = losses[: len(losses) // length * length]
            means: Array = whole.reshape(-1, length).mean(axis=1)
            return means
    return losses


# ---------------------------------------------------------------------------------------------------------------------
# One rule a bug.


def _learning_rate_too_large(seen: Seen) -> Iterator[Trouble]:
    bug, losses = "learning-rate-too-large", seen.losses
    rate = seen.run.learning_rate if seen.run is not None else None
    at = "" if rate is None else tr(" at the learning rate {rate:g}", rate=rate)
    line = seen.origins.rate(rate)
    lines = () if line is None else (line,)
    if len(losses) < 2 or not np.isfinite(losses[0]):
        return
    broken = np.flatnonzero(~np.isfinite(losses))
    if len(broken):
        said = tr(
            "The loss starts at {loss:.4g} and is no finite number any more from step {step}{at}.",
            loss=losses[0],
            step=broken[0] + 1,
            at=at,
        )
        yield Trouble(bug=bug, confidence=0.9, evidence=(said,), lines=lines)
        return
    if len(losses) < FEWEST:
        return
    if seen.stranded:
        told = mark("The loss jumps from {first:.4g} to {most:.4g}{at}, and then stands still at {last:.4g}.")
        said = tr(told, first=losses[0], most=np.max(losses), last=losses[-1], at=at)
        yield Trouble(bug=bug, confidence=0.85, evidence=(said,), lines=lines)
        return
    fifth = max(1, len(losses) // 5)
    first, last = float(np.median(losses[:fifth])), float(np.median(losses[-fifth:]))
    never_lower = bool(np.min(losses[1:]) > losses[0])  # one long step, and stuck up there
    higher = bool(np.mean(losses[-fifth:]) > GROWS * np.mean(losses[:fifth]))  # what lies higher than a median counts
    if losses[0] > 0 and last > GROWS * losses[0] and (never_lower or (higher and last > GROWS * first)):
        said = tr(
            "The loss grows from {first:.4g} to {last:.4g} in {steps} steps{at}.",
            first=losses[0],
            last=last,
            steps=len(losses),
            at=at,
        )
        yield Trouble(bug=bug, confidence=0.85, evidence=(said,), lines=lines)
        return
    changes = np.diff(losses)
    turns = float(np.mean(changes[1:] * changes[:-1] < 0))
    size = float(np.median(np.abs(changes))) / max(float(np.median(np.abs(losses))), 1e-300)
    if turns > SWINGS and size > SWING_SIZE and last > 0.9 * losses[0]:
        swings = tr(
            "The loss jumps up and down: {turns:.0%} of the steps undo the one before, by {size:.0%} of the loss{at}.",
            turns=turns,
            size=size,
            at=at,
        )
        yield Trouble(bug=bug, confidence=0.7, evidence=(swings,), lines=lines)


def _saturated_initialisation(seen: Seen) -> Iterator[Trouble]:
    if seen.network is None or seen.learns or seen.network.batch < FEWEST_ROWS:
        return
    for layer in seen.network.layers[:-1]:
        steepest = STEEPEST.get(layer.activation)
        if steepest is None or layer.slope is None:
            continue
        flat = np.abs(layer.slope) < FLAT * steepest
        share = float(flat.mean())
        if layer.activation == "relu":
            yield from _dead(seen, layer, flat)
        elif share > MOSTLY:
            inner = float(np.median(np.abs(layer.pre_activation)))
            flatness = tr(
                "{share:.0%} of the slopes of {weights}'s layer ({activation}) are below a thousandth of the steepest: "
                "those units hardly learn.",
                share=share,
                weights=layer.weight,
                activation=layer.activation,
            )
            reason = tr("Its pre-activations are about {size:.3g} in size; near 1 the activation is steep.", size=inner)
            seen_to_stall = 0.9 if share > 0.8 else 0.75
            size, lines = _too_large(seen, layer)
            yield Trouble(
                bug="saturated-initialisation", confidence=seen_to_stall if len(seen.losses) else 0.6,
                evidence=(flatness, reason, size), lines=lines,
            )  # fmt: skip


def _too_large(seen: Seen, layer: Layer) -> tuple[str, tuple[int, ...]]:
    """Whether it is the weights or the data that make a layer's pre-activations large, and where they are made."""
    suited = 1.0 / float(np.sqrt(layer.weights.shape[0]))
    weights, inputs = float(np.std(layer.weights)), float(np.sqrt(np.mean(np.square(layer.inputs))))
    if inputs > LARGE and weights <= SUITED * suited:
        said = tr("Its inputs are about {size:.3g} in size: scaled to about 1 they would do.", size=inputs)
        return said, seen.made(layer.inputs) or seen.origins.of(layer.weight)
    told = mark(
        "Its weights are about {size:.3g} in size; 1 over the square root of its {inputs} inputs is {suited:.2g}."
    )
    said = tr(told, size=weights, inputs=layer.weights.shape[0], suited=suited)
    return said, seen.origins.of(layer.weight)


def _dead(seen: Seen, layer: Layer, flat: npt.NDArray[np.bool_]) -> Iterator[Trouble]:
    """ReLU units that are off for all samples; a few of them are ordinary, nine in ten are not."""
    dead = float(np.all(flat, axis=0).mean())
    if dead >= 0.9:
        said = tr(
            "{share:.0%} of the units of {weights}'s layer (relu) are off for every sample: they cannot learn.",
            share=dead,
            weights=layer.weight,
        )
        size, lines = _too_large(seen, layer)
        yield Trouble(bug="saturated-initialisation", confidence=0.8, evidence=(said, size), lines=lines)


def _symmetric_initialisation(seen: Seen) -> Iterator[Trouble]:
    if seen.network is None:
        return
    for layer, following in itertools.pairwise(seen.network.layers):
        rows = following.weights
        if following.bias_in_weights is not None:
            rows = np.delete(rows, following.bias_in_weights, axis=0)
        units = layer.weights.shape[1]
        if units < 2 or layer.mask is not None or rows.shape[0] != units:
            continue
        equal_out = _equal(rows.T)
        equal_bias = layer.bias_values is None or _equal(layer.bias_values.reshape(1, -1))
        if _equal(layer.weights) and equal_bias and equal_out:
            told = mark("All {units} units of {weights}'s layer start with the same weights, in and out.")
            evidence = [tr(told, units=units, weights=layer.weight)]
            evidence += _still_equal(seen, layer, units)
            lines = tuple(sorted({*seen.origins.of(layer.weight), *seen.origins.of(following.weight)}))
            yield Trouble(bug="symmetric-initialisation", confidence=0.95, evidence=tuple(evidence), lines=lines)


def _equal(columns: Array) -> bool:
    """Whether all columns are the same one."""
    difference = np.abs(columns - columns[:, :1]).max(initial=0.0)
    return bool(difference <= SYMMETRY * np.abs(columns).max(initial=0.0))


def _still_equal(seen: Seen, layer: Layer, units: int) -> list[str]:
    """That training has left the units equal, where the run kept its last parameters."""
    if seen.run is None or len(seen.run.parameters) < 2:
        return []
    names = list(seen.network.shapes) if seen.network is not None else []
    last = dict(zip(names, seen.run.parameters[-1], strict=False))
    weights = last.get(layer.weight)
    if weights is None or weights.size != layer.weights.size:
        return []
    held = weights.reshape(layer.weights.T.shape).T if layer.weight_transposed else weights.reshape(layer.weights.shape)
    told = tr("After {steps} steps all {units} are still equal to each other.", steps=len(seen.losses), units=units)
    return [told] if _equal(held) else []


def _target_out_of_range(seen: Seen) -> Iterator[Trouble]:
    if seen.network is None or seen.network.targets is None:
        return
    last, targets = seen.network.layers[-1], seen.network.targets
    if last.activation not in RANGES:
        return
    low, high = RANGES[last.activation]
    margin = OUTSIDE * (high - low if np.isfinite(high) else max(float(np.ptp(targets)), 1e-300))
    outside = (targets < low - margin) | (targets > high + margin)
    if outside.mean() <= SHARE_OUTSIDE:
        return
    told = mark(
        "{number} of {of} targets cannot be reached: they go from {least:.4g} to {most:.4g}, and a {activation} output "
        "is between {low:g} and {high:g}."
    )
    if not np.isfinite(high):
        told = mark(
            "{number} of {of} targets cannot be reached: they go from {least:.4g} to {most:.4g}, and a {activation} "
            "output is {low:g} or more."
        )
    reached = {"least": targets.min(), "most": targets.max(), "low": low, "high": high}
    said = tr(told, number=int(outside.sum()), of=targets.size, activation=last.activation, **reached)
    yield Trouble(bug="target-out-of-range", confidence=0.9, evidence=(said,), lines=seen.made(targets))


def _no_bias(seen: Seen) -> Iterator[Trouble]:
    network = seen.network
    if network is None or network.targets is None:
        return
    layers = network.layers
    if any(layer.bias is not None or layer.bias_in_weights is not None for layer in layers):
        return
    first, last = layers[0], layers[-1]
    if first.inputs.shape != (network.batch, network.features) or _has_constant_column(first.inputs):
        return
    zero = ~np.any(first.inputs, axis=1)
    spread = max(float(np.ptp(network.targets)), 1e-300)
    off = np.abs(last.output - network.targets).max(axis=1) > FAR * spread
    stuck = np.flatnonzero(zero & off & np.all(np.abs(last.pre_activation) < 1e-12, axis=1))
    if len(stuck):
        row = int(stuck[0])
        said = tr(
            "No layer has a bias, and sample {row} is all zeros: the output there is {output:.4g} whatever the "
            "weights, and its target {target:.4g}.",
            row=row,
            output=last.output[row, 0],
            target=network.targets[row, 0],
        )
        line = seen.origins.product(first.weight)
        yield Trouble(
            bug="no-bias", confidence=0.9 if seen.stalled else 0.75, evidence=(said,),
            lines=() if line is None else (line,),
        )  # fmt: skip


def _has_constant_column(inputs: Array) -> bool:
    """Whether one of the inputs does what a bias does."""
    return bool(np.any((np.ptp(inputs, axis=0) == 0) & (inputs[0] != 0)))


def _not_differentiable_loss(seen: Seen) -> Iterator[Trouble]:
    blocks = seen.report.blocks
    zero_gradient = seen.report.verdict is Verdict.INVALID and {b.relative_error for b in blocks} == {0.0}
    if seen.network is not None:
        last = seen.network.layers[-1]
        saturated = last.slope is not None and not np.any(np.abs(last.slope) > 1e-12)
        if np.any(last.delta) or saturated or _fits(seen.network):
            return
    elif not zero_gradient:
        return
    if len(seen.losses) and not seen.losses[0] > 0:
        return
    evidence = [tr("The derivative of the loss is exactly zero for the whole output.")]
    if blocks:
        evidence = [tr("The derivative of the loss is exactly zero for all blocks.")]
    values = len(np.unique(seen.losses))
    if len(seen.losses) >= FEWEST and values <= max(2, len(seen.losses) // 4):
        steps = len(seen.losses)
        told = trn(
            "In {steps} steps the loss takes {n} value.",
            "In {steps} steps the loss takes {n} values.",
            values,
            steps=steps,
        )
        evidence.append(told)
    line = seen.origins.flat()
    yield Trouble(
        bug="not-differentiable-loss", confidence=0.85 if len(evidence) > 1 else 0.7, evidence=tuple(evidence),
        lines=() if line is None else (line,),
    )  # fmt: skip


def _fits(network: Network) -> bool:
    """Whether the output is its targets: zero is then the right derivative of any loss."""
    targets, output = network.targets, network.layers[-1].output
    return targets is not None and targets.shape == output.shape and bool(np.allclose(targets, output))


_RULES: tuple[Callable[[Seen], Iterator[Trouble]], ...] = (
    _learning_rate_too_large,
    _saturated_initialisation,
    _symmetric_initialisation,
    _target_out_of_range,
    _no_bias,
    _not_differentiable_loss,
)
