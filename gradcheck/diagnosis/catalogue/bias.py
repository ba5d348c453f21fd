"""Bugs of a bias's gradient: the weights of the same layer are right."""

from __future__ import annotations

from collections.abc import Mapping

from gradcheck.diagnosis.catalogue import block_rules as rules
from gradcheck.diagnosis.catalogue.bug import Bug, Constant, Extent, Family
from gradcheck.diagnosis.catalogue.example_texts import TANH, TRAINING
from gradcheck.diagnosis.catalogue.fit import Fit, fitting
from gradcheck.diagnosis.catalogue.learner_names import is_gradient_name
from gradcheck.diagnosis.catalogue.planting import planted
from gradcheck.diagnosis.edit import EditKind, Role
from gradcheck.language import mark

__all__ = ["BUGS"]

OWN = (Role.BIAS_GRADIENT,)
OWN_OR_UPDATE = (Role.BIAS_GRADIENT, Role.UPDATE)


def _one_over_batch(sizes: Mapping[str, float]) -> float | None:
    batch = sizes.get("batch")
    return 1.0 / batch if batch else None


BUGS: tuple[Bug, ...] = (
    Bug(
        id="bias-sum-without-axis",
        family=Family.BIAS,
        title=mark("a bias gradient summed over everything"),
        what=mark("The gradient of {block} is one number for all units. Each unit needs the sum of its own column."),
        why=mark(
            "Every bias moves only its own unit, so its derivative collects the deltas of that unit over the samples. "
            "A sum over the units as well mixes what the units want."
        ),
        formula_wrong=mark("{block}: sum over samples and units of {delta}"),
        formula_right=mark("{block}: sum over the samples of {delta}"),
        cause=mark(
            "np.sum({delta}) without an axis adds up the whole array; np.sum({delta}, axis=0) keeps the units apart "
            "(axis=1, keepdims=True where samples are columns)."
        ),
        signature=mark(
            "All entries of the block are equal. At a softmax output they are zero, as the deltas of a sample "
            "cancel there. The weights of the layer are right."
        ),
        told_apart=mark("A layer with one unit hides it: there both sums are the same."),
        example=planted(TANH, ('"b1": d1.sum(axis=0)', '"b1": np.full_like(p["b1"], np.sum(d1))')),
        deviations=rules.bias_without_axis,
        explains=fitting(
            Fit(kinds=(EditKind.AXIS,), roles=OWN_OR_UPDATE),
            Fit(kinds=(EditKind.AXIS,), score=0.5),
            Fit(kinds=(EditKind.REPLACE_FUNCTION, EditKind.FORMULA), roles=OWN, score=0.3),
        ),
        findings=("bias-sum-without-axis",),
    ),
    Bug(
        id="bias-not-summed",
        family=Family.BIAS,
        title=mark("a bias gradient with a row for every sample"),
        what=mark("The gradient of {block} still has one row for every sample. It should be one row: their sum."),
        why=mark("The same bias is added for every sample, so the derivatives of all samples add up."),
        formula_wrong="{block}: {delta}",
        formula_right=mark("{block}: sum over the samples of {delta}"),
        cause=mark(
            "For one sample the delta is the gradient, and the sum is forgotten when the code moves to batches."
        ),
        signature=mark(
            "The gradient has the batch in its shape. `b = b - rate * db` then silently gives the bias one row a "
            "sample."
        ),
        told_apart=mark("A batch of one sample hides it."),
        example=planted(TANH, ('"b1": d1.sum(axis=0)', '"b1": d1')),
        deviations=rules.bias_not_summed,
        explains=fitting(
            Fit(kinds=(EditKind.ADD_SUM,), roles=OWN_OR_UPDATE),
            Fit(kinds=(EditKind.ADD_SUM,), score=0.6),
            Fit(kinds=(EditKind.REPLACE_OPERAND,), roles=OWN, score=0.2),
        ),
        findings=("shape-mismatch", "crash"),
    ),
    Bug(
        id="bias-mean-instead-of-sum",
        family=Family.BIAS,
        title=mark("a bias gradient averaged once too often"),
        what=mark(
            "The gradient of {block} is too small by the number of samples ({batch}): it is a mean where the sum "
            "belongs."
        ),
        why=mark(
            "The deltas already hold what the loss divides by, and the weights' gradient sums them. The bias must sum "
            "them too."
        ),
        formula_wrong=mark("{block}: mean over the samples of {delta}"),
        formula_right=mark("{block}: sum over the samples of {delta}"),
        cause=mark("np.mean looks right beside a loss that is a mean, but that 1/m is already in {delta}."),
        signature=mark("The block is the right one times 1/m; the weights of the layer are right."),
        told_apart=mark("Another batch size: the ratio follows 1/m. A batch of one sample hides it."),
        overlaps=("local-constant",),
        example=planted(TANH, ('"b1": d1.sum(axis=0)', '"b1": d1.mean(axis=0)')),
        deviations=rules.bias_mean,
        constants=(Constant(value=_one_over_batch, formula="1/m"),),
        extent=Extent.BIAS,
        explains=fitting(
            Fit(kinds=(EditKind.REDUCTION,), roles=OWN_OR_UPDATE),
            Fit(kinds=(EditKind.UNSCALE, EditKind.SCALE), roles=OWN, score=0.7, when=lambda edit: edit.detail == "m"),
        ),
    ),
    Bug(
        id="bias-from-weight-gradient",
        family=Family.BIAS,
        title=mark("a bias gradient made from the weights' gradient"),
        what=mark(
            "The gradient of {block} is summed from the gradient of {weights}. It should be summed from {delta}."
        ),
        why=mark(
            "The weights' gradient has the layer's inputs multiplied in; the bias has the input 1, so only the delta "
            "counts."
        ),
        formula_wrong=mark("{block}: sum of the rows of the gradient of {weights}"),
        formula_right=mark("{block}: sum over the samples of {delta}"),
        cause=mark("A wrong variable in the sum: dW for dZ."),
        signature=mark("Ten times larger inputs make the bias's gradient ten times larger."),
        told_apart=mark("Scale the inputs: the true gradient of the bias does not follow."),
        example=planted(TANH, ('"b1": d1.sum(axis=0)', '"b1": (X.T @ d1).sum(axis=0)')),
        deviations=rules.bias_from_weights,
        explains=fitting(
            Fit(
                kinds=(EditKind.REPLACE_OPERAND, EditKind.FORMULA),
                roles=OWN,
                score=0.8,
                when=lambda edit: is_gradient_name(edit.before) or "w" in edit.before.lower(),
            ),
        ),
    ),
    Bug(
        id="bias-gradient-missing",
        family=Family.BIAS,
        title=mark("a bias that never learns"),
        what=mark("{block} is used in the forward pass, but its gradient is zero or missing: it never changes."),
        why=mark("The loss depends on every bias; its derivative is the sum of the layer's deltas."),
        formula_wrong="{block}: 0",
        formula_right=mark("{block}: sum over the samples of {delta}"),
        cause=mark("The update of the biases was left out; a net often still learns something by its weights."),
        signature=mark("The block is zero while the truth is not; the weights of the layer are right."),
        told_apart=mark("gradient-stopped is zero for the weights of the layer too."),
        overlaps=("gradient-stopped",),
        example=planted(TANH, ('"b1": d1.sum(axis=0)', '"b1": np.zeros_like(p["b1"])')),
        deviations=rules.bias_missing,
        explains=fitting(
            Fit(kinds=(EditKind.INSERT,), roles=OWN),
            Fit(kinds=(EditKind.INSERT,), roles=(Role.UPDATE,), score=0.7),
            Fit(
                kinds=(EditKind.FORMULA, EditKind.REPLACE_OPERAND),
                roles=OWN,
                score=0.5,
                when=lambda edit: "zeros" in edit.before or edit.before.strip() in ("0", "0.0"),
            ),
        ),
    ),
    Bug(
        id="bias-gradient-is-bias",
        family=Family.BIAS,
        title=mark("the bias itself in place of its gradient"),
        what=mark("{block} is changed by a multiple of itself, not by its gradient."),
        why=mark("The step must follow the derivative of the loss; the bias's own value says nothing about that."),
        formula_wrong="{block}: {block}",
        formula_right=mark("{block}: sum over the samples of {delta}"),
        cause=mark("A line such as b += rate * b: the wrong variable in the update."),
        signature=mark("The claimed gradient is proportional to the bias, whatever the data."),
        told_apart=mark(
            "With a bias of zero it looks like a missing gradient. Regularisation adds such a part to the right "
            "gradient; here there is nothing else."
        ),
        example=planted(TRAINING, ("b1 -= 0.01 * d1.sum(axis=0)", "b1 -= 0.01 * b1")),
        deviations=rules.bias_is_bias,
        explains=fitting(
            Fit(
                kinds=(EditKind.REPLACE_OPERAND, EditKind.FORMULA),
                roles=OWN_OR_UPDATE,
                score=0.8,
                when=lambda edit: edit.before.strip().lower().removeprefix("self.").startswith("b"),
            ),
        ),
    ),
)
