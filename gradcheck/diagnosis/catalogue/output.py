"""Output delta: what is wrong where the loss meets the output layer, and so in every block before it."""

from __future__ import annotations

import re

from gradcheck.diagnosis.catalogue import output_rules as rules
from gradcheck.diagnosis.catalogue.bug import Bug, Family
from gradcheck.diagnosis.catalogue.fit import Fit, fitting
from gradcheck.diagnosis.catalogue.planting import BINARY, CLASSES, CURVE, FLAT, LARGE, planted
from gradcheck.diagnosis.edit import Edit, EditKind, Role
from gradcheck.language import mark

__all__ = ["BUGS"]

AT_OUTPUT = frozenset({Role.OUTPUT_DELTA})


def _about_softmax(edit: Edit) -> bool:
    return "softmax" in f"{edit.before} {edit.after} {edit.detail}".lower()


def _reshapes(edit: Edit) -> bool:
    """Whether the cure gives an array another shape."""
    return (
        re.search(r"reshape|ravel|flatten|squeeze|newaxis|\[:, *None\]|keepdims", f"{edit.after} {edit.detail}")
        is not None
    )


def _axis_of_softmax(edit: Edit) -> bool:
    return "exp" in edit.before or "max" in edit.before or _about_softmax(edit)


def _shifts(edit: Edit) -> bool:
    """Whether the cure subtracts the largest entry before exp."""
    return "max" in edit.after and "max" not in edit.before


def _about_epsilon(edit: Edit) -> bool:
    both = f"{edit.before} {edit.after}"
    return re.search(r"\beps(?:ilon)?\b|1e-\d+", both) is not None and "log" in both


BUGS: tuple[Bug, ...] = (
    Bug(
        id="missing-output-derivative",
        family=Family.OUTPUT,
        title=mark("the derivative of the output activation left out"),
        what=mark(
            "The error at the output, {delta}, is only {output} minus {targets}. The slope of the output's activation "
            "is missing in it."
        ),
        why=mark(
            "With a squared error the chain rule goes from the loss to {output} and from there through the activation "
            "to {z}: the second step is a factor f'({z}). Only with cross-entropy and a sigmoid or softmax do the "
            "factors cancel."
        ),
        formula_wrong="{delta} = {output} - {targets}",
        formula_right=mark(
            "{delta} = ({output} - {targets}) * f'({z}), for a sigmoid f'({z}) = {output} * (1 - {output})"
        ),
        cause=mark("The short form of cross-entropy's gradient, used with a squared error."),
        signature=mark("With one sample each output unit's gradients are 1/f'({z}) times the true ones: too large."),
        told_apart=mark("The gradient is exact for cross-entropy: so ask which loss is meant. Both cures are right."),
        overlaps=("loss-gradient-mismatch",),
        example=planted(CURVE, (" * output * (1 - output)", "")),
        deviations=rules.missing_output_derivative,
        explains=fitting(
            Fit(kinds=frozenset({EditKind.ADD_DERIVATIVE}), roles=AT_OUTPUT, score=1.0),
            Fit(kinds=frozenset({EditKind.LOSS}), score=0.6),
        ),
        factor_at_output=True,
    ),
    Bug(
        id="extra-output-derivative",
        family=Family.OUTPUT,
        title=mark("the derivative of the output activation once too often"),
        what=mark(
            "The error at the output, {delta}, is multiplied by the slope of the output's activation, though it "
            "already contains it."
        ),
        why=mark(
            "With cross-entropy and a sigmoid or softmax, {output} - {targets} is the whole derivative with respect to "
            "{z}: the slope has cancelled. Multiplied once more, confident wrong answers hardly learn."
        ),
        formula_wrong="{delta} = ({output} - {targets}) * {output} * (1 - {output})",
        formula_right="{delta} = {output} - {targets}",
        cause=mark("The loss was changed from squared error to cross-entropy, and the old delta stayed."),
        signature=mark("With one sample each output unit's gradients are f'({z}) times the true ones: too small."),
        told_apart=mark("The gradient is exact for a squared error: so ask which loss is meant."),
        overlaps=("loss-gradient-mismatch",),
        example=planted(BINARY, ("(output - Y) / len(X)", "(output - Y) / len(X) * output * (1 - output)")),
        deviations=rules.extra_output_derivative,
        explains=fitting(
            Fit(kinds=frozenset({EditKind.DROP_DERIVATIVE}), roles=AT_OUTPUT, score=1.0),
            Fit(kinds=frozenset({EditKind.LOSS}), score=0.5),
        ),
        factor_at_output=True,
    ),
    Bug(
        id="loss-gradient-mismatch",
        family=Family.OUTPUT,
        title=mark("the gradient of another loss"),
        what=mark("The loss that is computed and the loss that the gradient belongs to are two different ones."),
        why=mark(
            "Training would lower one quantity while you watch another. Each loss has its own derivative at the "
            "output, and {delta} has to be that of the loss in use."
        ),
        formula_wrong="loss = -sum({targets} * log({output})), {delta} = 2 * ({output} - {targets}) * f'({z})",
        formula_right=mark("loss = -sum({targets} * log({output})), {delta} = {output} - {targets} after a softmax"),
        cause=mark("One of the two was exchanged, and the other was forgotten."),
        signature=mark("Everything is wrong, and exact once another loss of the usual ones is put in."),
        told_apart=mark("Put in each of the usual losses, as sum and as mean: the gradient is exact for one of them."),
        overlaps=("missing-output-derivative", "extra-output-derivative"),
        example=planted(
            BINARY,
            ("dZ2 = (output - Y) / len(X)", "dZ2 = 2 * (output - Y) / len(X) * output * (1 - output)"),
        ),
        deviations=rules.loss_gradient_mismatch,
        explains=fitting(
            Fit(kinds=frozenset({EditKind.LOSS}), score=0.9),
            Fit(kinds=frozenset({EditKind.FORMULA}), when=lambda e: e.detail == "exp"),
            Fit(kinds=frozenset({EditKind.FORMULA, EditKind.REPLACE_FUNCTION}), roles=AT_OUTPUT, score=0.8),
            Fit(kinds=frozenset({EditKind.ADD_DERIVATIVE, EditKind.DROP_DERIVATIVE}), roles=AT_OUTPUT, score=0.6),
        ),
        factor_at_output=True,
    ),
    Bug(
        id="softmax-elementwise",
        family=Family.OUTPUT,
        title=mark("softmax differentiated element by element"),
        what=mark(
            "The softmax is treated as if each output depended on its own input alone, as a sigmoid does. It depends "
            "on all of them."
        ),
        why=mark(
            "Softmax divides by the sum over all classes, so raising one entry of {z} lowers all other outputs. Its "
            "derivative is a matrix, and s * (1 - s) is only the diagonal."
        ),
        formula_wrong=mark("{delta} = g * {output} * (1 - {output}), g being the loss's derivative by {output}"),
        formula_right="{delta} = {output} * (g - sum(g * {output}, axis=1, keepdims=True))",
        cause=mark("The sigmoid's derivative used for a softmax."),
        signature=mark("Every block is wrong with three classes or more."),
        told_apart=mark(
            "Three classes or more. With two and a squared error it is exactly half the true gradient, just as a "
            "missing 2."
        ),
        example=planted(
            CLASSES.replace("-np.sum(Y * np.log(output)) / len(X)", "np.sum((output - Y) ** 2) / len(X)").replace(
                "    dZ2 = (output - Y) / len(X)\n",
                "    g = 2 * (output - Y) / len(X)\n"
                "    dZ2 = output * (g - np.sum(g * output, axis=1, keepdims=True))\n",
            ),
            ("dZ2 = output * (g - np.sum(g * output, axis=1, keepdims=True))", "dZ2 = g * output * (1 - output)"),
        ),
        deviations=rules.softmax_elementwise,
        explains=fitting(
            Fit(kinds=frozenset({EditKind.REPLACE_DERIVATIVE, EditKind.FORMULA}), roles=AT_OUTPUT, score=0.8),
            Fit(
                kinds=frozenset({EditKind.REPLACE_DERIVATIVE, EditKind.FORMULA, EditKind.REPLACE_FUNCTION}),
                score=1.0,
                when=_about_softmax,
            ),
        ),
    ),
    Bug(
        id="softmax-axis",
        family=Family.OUTPUT,
        title=mark("softmax over the wrong axis"),
        what=mark(
            "The softmax sums over the samples, or over the whole array, and not over the classes of each sample: the "
            "probabilities of one sample do not add up to 1."
        ),
        why=mark(
            "Each row is one sample, and its classes are in the columns, so the sum goes along axis=1. The short "
            "gradient {output} - {targets} holds only for that sum."
        ),
        formula_wrong="{output} = exp({z}) / sum(exp({z}))",
        formula_right="{output} = exp({z}) / sum(exp({z}), axis=1, keepdims=True)",
        cause=mark("A softmax written for one sample, used on a batch; or axis=0 from a text with samples in columns."),
        signature=mark("The gradient belongs neither to the loss with this softmax nor to that with the right one."),
        told_apart=mark("The sums of each row of {output}: they have to be 1. With a single sample nothing shows."),
        example=planted(
            CLASSES,
            ("exps / exps.sum(axis=1, keepdims=True)", "exps / exps.sum()"),
        ),
        deviations=rules.softmax_axis,
        explains=fitting(
            Fit(kinds=frozenset({EditKind.AXIS}), score=0.9, when=_axis_of_softmax),
            Fit(kinds=frozenset({EditKind.AXIS, EditKind.ADD_SUM}), roles=frozenset({Role.ACTIVATION}), score=0.9),
        ),
    ),
    Bug(
        id="softmax-overflow",
        family=Family.OUTPUT,
        title=mark("a softmax that overflows for large inputs"),
        what=mark(
            "For large inputs exp becomes infinite, or the logarithm meets a zero, and the numbers turn into nan."
        ),
        why=mark(
            "exp(710) is too large for a float. Subtracting the largest entry of each row of {z} first changes nothing "
            "in exact arithmetic, and keeps every exp at 1 or below."
        ),
        formula_wrong="{output} = exp({z}) / sum(exp({z}))",
        formula_right="e = exp({z} - max({z})), {output} = e / sum(e)",
        cause=mark("The formula typed as it stands in the book."),
        signature=mark("Right as long as nothing overflows; then nan."),
        told_apart=mark("Weights 100 times as large: nan appears."),
        example=planted(LARGE, ("shifted = Z - Z.max(axis=1, keepdims=True)", "shifted = Z")),
        explains=fitting(
            Fit(kinds=frozenset(EditKind), score=1.0, when=_shifts),
            Fit(kinds=frozenset({EditKind.FORMULA}), roles=frozenset({Role.ACTIVATION}), score=0.5),
        ),
    ),
    Bug(
        id="target-broadcast",
        family=Family.OUTPUT,
        title=mark("targets of shape (m,) against outputs of shape (m, 1)"),
        what=mark(
            "{output} is a column and {targets} is flat. NumPy then subtracts every target from every output and makes "
            "a square table of it."
        ),
        why=mark(
            "An array of shape ({batch}, 1) minus one of shape ({batch},) has shape ({batch}, {batch}). Each output is "
            "pulled towards the average of all targets, not towards its own."
        ),
        formula_wrong=mark("{delta} = {output} - {targets}, shapes ({batch}, 1) and ({batch},)"),
        formula_right="{delta} = {output} - {targets}.reshape(-1, 1)",
        cause=mark("Labels read as a flat array, as most data sets give them."),
        signature=mark("A shape that does not fit; or the output bias {batch} times too large and the weights wrong."),
        told_apart=mark(
            "Shuffle the targets: a gradient that does not change has never compared each with its own output."
        ),
        example=planted(FLAT, ("output[:, 0] - y)[:, None]", "output - y).sum(axis=1, keepdims=True)")),
        deviations=rules.target_broadcast,
        explains=fitting(
            Fit(kinds=frozenset(EditKind), roles=AT_OUTPUT | {Role.LOSS, Role.OTHER}, score=1.0, when=_reshapes),
        ),
        findings=("target-broadcast",),
    ),
    Bug(
        id="loss-epsilon",
        family=Family.OUTPUT,
        title=mark("a loss smoothed as in log(p + eps)"),
        what=mark(
            "The loss adds a tiny number inside its logarithm and the gradient does not. That is common and harmless, "
            "as long as no output is close to 0 or 1."
        ),
        why=mark(
            "The derivative of log(p + eps) is 1/(p + eps), not 1/p. The two differ by a part of eps/p: nothing for an "
            "ordinary p, everything for one near zero."
        ),
        formula_wrong="loss = -sum({targets} * log({output} + eps)), {delta} = {output} - {targets}",
        formula_right=mark("the same with log({output}), where {output} cannot be zero"),
        cause=mark("A guard against log(0)."),
        signature=mark("The ratio is 1 + eps/p: 1e-8 at first, and without bound where outputs saturate."),
        told_apart=mark("Smaller weights: the difference goes down to about eps/p."),
        example=planted(CLASSES, ("np.log(output)", "np.log(output + 1e-12)")),
        deviations=rules.loss_epsilon,
        explains=fitting(Fit(kinds=frozenset({EditKind.LOSS, EditKind.FORMULA}), score=0.8, when=_about_epsilon)),
        findings=("loss-epsilon",),
        gradient_wrong=False,
    ),
)
