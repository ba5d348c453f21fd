"""Blocks scaled by a size of the problem (samples, outputs, features, the learning rate), or by a number of its own."""

from __future__ import annotations

import re

from gradcheck.diagnosis.catalogue import scale_rules as rules
from gradcheck.diagnosis.catalogue.bug import Bug, Family
from gradcheck.diagnosis.catalogue.fit import (
    BATCH,
    FACTORS,
    FEATURES,
    OUTPUTS,
    RATE,
    Fit,
    adds_division,
    drops_division,
    fitting,
    is_factor,
)
from gradcheck.diagnosis.catalogue.planting import SQUARES, planted
from gradcheck.diagnosis.edit import Edit, EditKind, Role
from gradcheck.language import mark

__all__ = ["BUGS"]

REDUCTIONS = FACTORS | {EditKind.REDUCTION}


def _drops_mean_but_of_a_bias(edit: Edit) -> bool:
    """Whether a mean becomes a sum, elsewhere than in a bias gradient, which has a bug of its own for that."""
    return _had_division(edit) and edit.role is not Role.BIAS_GRADIENT


def _lacked_division(edit: Edit) -> bool:
    """Whether the gradient was short of a division that the loss has: the cure adds it, or takes it from the loss."""
    return drops_division(edit) if edit.role is Role.LOSS else adds_division(edit)


def _had_division(edit: Edit) -> bool:
    """Whether the gradient had a division that the loss has not."""
    return adds_division(edit) if edit.role is Role.LOSS else drops_division(edit)


def _by_batch(before: str, after: str) -> bool:
    """Whether a loss ceases to be an average."""
    return ("mean" in before and "mean" not in after) or before.count("/") > after.count("/")


def _whole_array(text: str) -> bool:
    """Whether a text divides by all entries of an array."""
    return "mean" in text or ".size" in text


def _names_features(text: str) -> bool:
    """Whether a text reads the number of columns."""
    return re.search(r"shape\[\s*(?:1|-1)\s*\]|\[0\]\s*\)", text) is not None


def _counts_the_batch(edit: Edit) -> bool:
    """Whether a number kept under a name became the length of what is at hand."""
    name, count = r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*", edit.after.strip()
    lengths = rf"len\({name}\)|{name}\.shape\[0\]"
    return re.fullmatch(rf"{name}|\d+", edit.before.strip()) is not None and re.fullmatch(lengths, count) is not None


def _was_squared(edit: Edit) -> bool:
    """Whether ``/ m ** 2`` became ``/ m``."""
    squares = [len(re.findall(r"/ ?\(?[\w.]+ ?\*\* ?2\b", text)) for text in (edit.before, edit.after)]
    return squares[0] > squares[1]


def _other_axis(edit: Edit) -> bool:
    """Whether one size of an array was taken for another one of the same array, as where samples are columns."""
    sizes = [re.findall(r"([\w.\[\]'\"]+)\.shape\[\s*-?\d\s*\]", text) for text in (edit.before, edit.after)]
    return len(sizes[0]) == 1 and sizes[0] == sizes[1]


BUGS: tuple[Bug, ...] = (
    Bug(
        id="sum-instead-of-mean",
        family=Family.SCALE,
        title=mark("a missing division by the batch size"),
        what=mark(
            "The loss is an average over the samples, but the gradient adds them up and is never divided by {batch}."
        ),
        why=mark(
            "What the loss divides by, its gradient divides by too. Without it the step grows with the number of "
            "samples, and a learning rate that suits 10 samples blows up with 1000."
        ),
        formula_wrong="{delta} = 2 * ({output} - {targets}) * f'({z})",
        formula_right="{delta} = 2 * ({output} - {targets}) * f'({z}) / {batch}",
        cause=mark("np.mean in the loss, and a matrix product, which sums over the samples, in the gradient."),
        signature=mark(
            "Every entry is {batch} times the true one, in all blocks, or only in the weights or the biases."
        ),
        told_apart=mark("Another number of samples: the ratio follows it. With a single sample nothing shows."),
        example=planted(SQUARES, ("2 * (output - Y) / len(X)", "2 * (output - Y)")),
        deviations=rules.sum_instead_of_mean,
        constants=(rules.size("batch"),),
        explains=fitting(
            Fit(kinds=REDUCTIONS, score=1.0, when=lambda edit: is_factor(edit, BATCH) and _lacked_division(edit)),
            Fit(kinds=FACTORS, score=0.5, when=lambda edit: edit.detail in {"batch outputs", "2 / batch"}),
            Fit(kinds=frozenset({EditKind.REDUCTION}), score=0.9, when=_lacked_division),
            Fit(kinds=frozenset({EditKind.LOSS}), score=0.7, when=lambda edit: _by_batch(edit.before, edit.after)),
        ),
    ),
    Bug(
        id="mean-instead-of-sum",
        family=Family.SCALE,
        title=mark("a division by the batch size that the loss does not have"),
        what=mark(
            "The loss adds up the samples, but the gradient is divided by {batch}, as if the loss were an average."
        ),
        why=mark(
            "The gradient of a sum is the sum of the gradients. Dividing it by {batch} gives that of another loss."
        ),
        formula_wrong="{delta} = 2 * ({output} - {targets}) * f'({z}) / {batch}",
        formula_right="{delta} = 2 * ({output} - {targets}) * f'({z})",
        cause=mark("np.sum in the loss, and 1/{batch} or np.mean in the gradient."),
        signature=mark("Every entry is 1/{batch} times the true one."),
        told_apart=mark(
            "Another number of samples: the ratio follows one over it. A division done twice (double-mean) gives the "
            "same numbers; only the source tells them apart."
        ),
        overlaps=("double-mean",),
        example=planted(
            SQUARES.replace("** 2) / len(X)", "** 2)")
            .replace("(output - Y) / len(X)", "(output - Y)")
            .replace("0.05", "0.01"),
            ("2 * (output - Y)", "2 * (output - Y) / len(X)"),
        ),
        deviations=rules.mean_instead_of_sum,
        constants=(rules.size("batch", -1),),
        explains=fitting(
            Fit(kinds=REDUCTIONS, score=1.0, when=lambda edit: is_factor(edit, BATCH) and _had_division(edit)),
            Fit(kinds=frozenset({EditKind.REDUCTION}), score=0.9, when=_drops_mean_but_of_a_bias),
            Fit(kinds=frozenset({EditKind.LOSS}), score=0.7, when=lambda edit: _by_batch(edit.after, edit.before)),
        ),
    ),
    Bug(
        id="double-mean",
        family=Family.SCALE,
        title=mark("a division by the batch size done twice"),
        what=mark("The gradient is divided by {batch} twice; once would be right."),
        why=mark(
            "The division may stand at any one place, in {delta} or where the gradient of the weights is made. At both "
            "it shrinks the gradient once too often, as {delta} already carries it."
        ),
        formula_wrong=mark("{delta} = ... / {batch}, and then {inputs}.T @ {delta} / {batch}"),
        formula_right=mark("{delta} = ... / {batch}, and then {inputs}.T @ {delta}"),
        cause=mark("1/{batch} added while looking for a bug, without seeing that it was there already."),
        signature=mark("Every entry is 1/{batch} times the true one, in all blocks or in the weights alone."),
        told_apart=mark(
            "Another number of samples: the ratio follows one over it. Then the source: two divisions, or one that the "
            "loss does not have (mean-instead-of-sum)."
        ),
        overlaps=("mean-instead-of-sum",),
        example=planted(
            SQUARES,
            ("A1.T @ dZ2, dZ2.sum(axis=0)", "A1.T @ dZ2 / len(X), dZ2.sum(axis=0) / len(X)"),
            ("X.T @ dZ1, dZ1.sum(axis=0)", "X.T @ dZ1 / len(X), dZ1.sum(axis=0) / len(X)"),
        ),
        deviations=rules.double_mean,
        constants=(rules.size("batch", -1),),
        explains=fitting(
            Fit(
                kinds=REDUCTIONS,
                roles=frozenset({Role.WEIGHT_GRADIENT, Role.BIAS_GRADIENT, Role.UPDATE}),
                score=1.0,
                when=lambda edit: is_factor(edit, BATCH) and _had_division(edit),
            ),
            Fit(kinds=REDUCTIONS, score=0.8, when=lambda edit: is_factor(edit, BATCH) and _had_division(edit)),
            Fit(kinds=FACTORS, score=0.9, when=lambda edit: is_factor(edit, BATCH) and _was_squared(edit)),
            Fit(kinds=frozenset({EditKind.REDUCTION}), score=0.7, when=_drops_mean_but_of_a_bias),
        ),
    ),
    Bug(
        id="output-count-factor",
        family=Family.SCALE,
        title=mark("a factor of the number of outputs"),
        what=mark(
            "The loss and the gradient do not agree on whether to divide by the number of outputs: one of them does, "
            "the other does not."
        ),
        why=mark(
            "np.mean over a whole array divides by samples times outputs; dividing by {batch} alone does not. What the "
            "loss divides by, the gradient has to divide by."
        ),
        formula_wrong="loss = np.mean(({output} - {targets})**2), {delta} = 2 * ({output} - {targets}) / {batch}",
        formula_right=mark("the same loss, {delta} = 2 * ({output} - {targets}) / {targets}.size"),
        cause=mark("np.mean or .size on one side, len() or .shape[0] on the other."),
        signature=mark("Every entry is k or 1/k times the true one, k being the number of outputs."),
        told_apart=mark(
            "Another number of outputs, the samples being the same: the ratio follows it. One output hides it."
        ),
        example=planted(
            SQUARES.replace("np.sum((output - Y) ** 2) / len(X)", "np.mean((output - Y) ** 2)").replace(
                "dZ2 = 2 * (output - Y) / len(X)", "dZ2 = 2 * (output - Y) / Y.size"
            ),
            ("/ Y.size", "/ len(X)"),
        ),
        deviations=rules.output_count_factor,
        constants=(rules.size("outputs"), rules.size("outputs", -1)),
        explains=fitting(
            Fit(kinds=REDUCTIONS, score=1.0, when=lambda edit: is_factor(edit, OUTPUTS)),
            Fit(
                kinds=frozenset({EditKind.RESCALE, EditKind.REPLACE_OPERAND}),
                score=1.0,
                when=lambda edit: _whole_array(edit.before) != _whole_array(edit.after),
            ),
            Fit(kinds=FACTORS, score=0.5, when=lambda edit: edit.detail == "batch outputs"),
            Fit(
                kinds=frozenset({EditKind.LOSS}),
                score=0.6,
                when=lambda edit: _whole_array(edit.before) != _whole_array(edit.after),
            ),
        ),
    ),
    Bug(
        id="stale-batch-size",
        family=Family.SCALE,
        title=mark("a batch size taken from another array than the batch"),
        what=mark(
            "The gradient divides by a number of samples that is not that of the batch: that of the whole data set, or "
            "one that was stored once."
        ),
        why=mark("The loss averages over the {batch} samples at hand. The gradient must average over the same ones."),
        formula_wrong=mark("{delta} = 2 * ({output} - {targets}) * f'({z}) / len(all samples)"),
        formula_right="{delta} = 2 * ({output} - {targets}) * f'({z}) / len({targets})",
        cause=mark(
            "The number of samples is a global variable or an attribute, set before the data was cut in batches."
        ),
        signature=mark("Every entry is {batch} over that other number times the true one."),
        told_apart=mark("Another batch size: the ratio is proportional to it, though the code divides by something."),
        example=planted(
            SQUARES.replace("size=(7, 4)), rng.normal(size=(7, 3))", "size=(20, 4)), rng.normal(size=(20, 3))").replace(
                "learning_rate, losses = 0.05, []\n",
                "m = len(X)\nX, Y = X[:7], Y[:7]  # one batch\nlearning_rate, losses = 0.05, []\n",
            ),
            ("2 * (output - Y) / len(X)", "2 * (output - Y) / m"),
        ),
        constants=(rules.quotient("batch", "whole_batch", mark("m / size of the whole data set")),),
        explains=fitting(
            Fit(
                kinds=frozenset({EditKind.REPLACE_OPERAND, EditKind.RESCALE, EditKind.REPLACE_ARGUMENT}),
                score=0.9,
                when=lambda edit: is_factor(edit, BATCH) and not _names_features(edit.before),
            ),
            Fit(kinds=frozenset({EditKind.REPLACE_OPERAND, EditKind.RESCALE}), score=1.1, when=_counts_the_batch),
        ),
        findings=("short-batch",),
    ),
    Bug(
        id="features-for-batch-size",
        family=Family.SCALE,
        title=mark("the number of features taken for the batch size"),
        what=mark("The gradient is divided by the number of columns of the data, where the number of samples belongs."),
        why=mark(
            "Here each sample is a row, so shape[0] counts the samples and shape[1] the features. In texts that put "
            "samples in columns it is the other way round."
        ),
        formula_wrong="{delta} = ... / {inputs}.shape[1]",
        formula_right="{delta} = ... / {inputs}.shape[0]",
        cause=mark("A line taken from a text with samples in columns."),
        signature=mark("Every entry is {batch} over the number of features times the true one, or each layer its own."),
        told_apart=mark("Another number of features: the ratio follows one over it."),
        example=planted(SQUARES, ("2 * (output - Y) / len(X)", "2 * (output - Y) / X.shape[1]")),
        deviations=rules.features_for_batch_size,
        constants=(rules.quotient("batch", "features", mark("m / number of features")),),
        explains=fitting(
            Fit(kinds=REDUCTIONS, score=0.9, when=lambda edit: is_factor(edit, FEATURES)),
            Fit(
                kinds=frozenset(EditKind) - {EditKind.MOVE},
                score=1.0,
                when=lambda edit: _names_features(edit.before) and not _names_features(edit.after),
            ),
            Fit(kinds=FACTORS, score=0.8, when=_other_axis),
        ),
    ),
    Bug(
        id="learning-rate-baked-in",
        family=Family.SCALE,
        title=mark("the learning rate inside the gradient"),
        what=mark("The gradient is already multiplied by {rate}; the update multiplies by it once more."),
        why=mark(
            "The gradient belongs to the loss alone; {rate} says how far to step along it. Inside {delta} it reaches "
            "every layer before as well, and the steps shrink with its square."
        ),
        formula_wrong="{delta} = {rate} * ({above} @ {upper}.T) * f'({z})",
        formula_right="{delta} = ({above} @ {upper}.T) * f'({z})",
        cause=mark("The step computed inside the backward pass, and an update that multiplies again."),
        signature=mark("Every entry is {rate} times the true one, in all blocks or from one layer back."),
        told_apart=mark("Another learning rate: the ratio follows it."),
        example=planted(SQUARES, ("dZ2 = 2 * (output - Y)", "dZ2 = learning_rate * 2 * (output - Y)")),
        at_rate=rules.learning_rate_baked_in,
        constants=(rules.size("learning_rate"),),
        explains=fitting(Fit(kinds=FACTORS, score=1.0, when=lambda edit: is_factor(edit, RATE))),
    ),
    Bug(
        id="local-constant",
        family=Family.SCALE,
        title=mark("a constant factor on one block"),
        what=mark("One gradient, that of {block}, is multiplied by a constant; all others are right."),
        why=mark(
            "As the layers before it are right, the factor is not in {delta}, which they all share, but in the line "
            "that makes this one gradient from it, or in its update."
        ),
        formula_wrong=mark("gradient of {block} = c * {inputs}.T @ {delta}"),
        formula_right=mark("gradient of {block} = {inputs}.T @ {delta}"),
        cause=mark("A factor left over in one line: a 0.5, a 2, another learning rate for this block."),
        signature=mark(
            "Every entry of this one block is the same constant times the true one; all other blocks are exact."
        ),
        told_apart=mark("If the blocks of earlier layers are off too, the factor is in the delta."),
        example=planted(SQUARES, ("dW2, db2 = A1.T @ dZ2,", "dW2, db2 = 0.3 * A1.T @ dZ2,")),
        explains=fitting(
            Fit(
                kinds=FACTORS,
                roles=frozenset({Role.WEIGHT_GRADIENT, Role.BIAS_GRADIENT, Role.UPDATE}),
                score=0.7,
                when=lambda edit: not any(is_factor(edit, names) for names in (BATCH, OUTPUTS, FEATURES, RATE)),
            ),
        ),
    ),
    Bug(
        id="gradient-clipping",
        family=Family.SCALE,
        title=mark("clipped gradients"),
        what=mark(
            "The gradients are cut down when they get large. That is a choice, not a mistake, but here it is at work."
        ),
        why=mark(
            "A clipped gradient is not the derivative of the loss any more. It steadies training; while a gradient is "
            "being checked, the limit has to be out of reach."
        ),
        formula_wrong=mark("gradient * min(1, c / norm), or np.clip(gradient, -c, c)"),
        formula_right="gradient",
        cause=mark("Clipping switched on in the function that computes the gradient."),
        signature=mark(
            "One ratio below 1 for all blocks, which changes with the data's scale; or entries that stop at +-c."
        ),
        told_apart=mark("Smaller data: below the limit the gradient is exact."),
        example=planted(
            SQUARES,
            ("    W1 -= learning_rate * dW1", "    dW2 = np.clip(dW2, -0.1, 0.1)\n    W1 -= learning_rate * dW1"),
        ),
        explains=fitting(
            Fit(
                kinds=frozenset({EditKind.DELETE, EditKind.REPLACE_OPERAND, EditKind.FORMULA}),
                score=1.0,
                when=lambda edit: "clip" in edit.before and "clip" not in edit.after,
            ),
        ),
        findings=("gradient-clipping",),
    ),
)
