"""Bugs of one block of weights: that block only, while the layer's bias is right."""

from __future__ import annotations

from gradcheck.diagnosis.catalogue import block_rules as rules
from gradcheck.diagnosis.catalogue.bug import Bug, Family
from gradcheck.diagnosis.catalogue.example_texts import SQUARE, TANH
from gradcheck.diagnosis.catalogue.fit import Fit, fitting
from gradcheck.diagnosis.catalogue.learner_names import is_activation_name, is_pre_activation_name
from gradcheck.diagnosis.catalogue.planting import planted
from gradcheck.diagnosis.edit import Edit, EditKind, Role
from gradcheck.language import mark

__all__ = ["BUGS"]

OWN = (Role.WEIGHT_GRADIENT,)
OWN_OR_UPDATE = (Role.WEIGHT_GRADIENT, Role.UPDATE)


def _squashed(edit: Edit) -> bool:
    return is_pre_activation_name(edit.before) or "(" in edit.before


def _drops_function(edit: Edit) -> bool:
    """Whether the cure takes away a call around an operand."""
    return edit.detail.endswith("dropped") or edit.before.count("(") > edit.after.count("(")


def _weights_named(edit: Edit) -> bool:
    return edit.before.strip().lower().removeprefix("self.").startswith("w") or "weight" in edit.before.lower()


BUGS: tuple[Bug, ...] = (
    Bug(
        id="wrong-layer-activation",
        family=Family.WEIGHT,
        title=mark("a weight gradient made with the wrong layer's values"),
        what=mark(
            "The gradient of {block} is made with the values of another layer. It needs {inputs}: what the layer got "
            "as its input."
        ),
        why=mark("A weight is multiplied by the layer's input, so that input is its derivative."),
        formula_wrong=mark("{block}: (another layer's values)^T {delta}"),
        formula_right="{block}: {inputs}^T {delta}",
        cause=mark("An index that is off by one (a[l] for a[l-1]), or the layer's output for its input."),
        signature=mark(
            "Only this block is wrong; the layer's bias is right. With one sample the ratio to the right "
            "gradient is constant along each input."
        ),
        told_apart=mark("Unequal layer sizes crash instead."),
        overlaps=("input-mutated",),
        example=planted(SQUARE, ("a1.T @ d2", "a2.T @ d2")),
        deviations=rules.wrong_activation,
        explains=fitting(
            Fit(
                kinds=(EditKind.REPLACE_OPERAND,),
                roles=OWN_OR_UPDATE,
                score=0.9,
                when=lambda e: is_activation_name(e.before) or is_activation_name(e.after),
            ),
            Fit(kinds=(EditKind.REPLACE_OPERAND,), roles=OWN_OR_UPDATE, score=0.6),
            Fit(kinds=(EditKind.REPLACE_ARGUMENT,), roles=OWN_OR_UPDATE, score=0.5),
            Fit(kinds=(EditKind.REPLACE_FUNCTION,), roles=OWN_OR_UPDATE, score=0.3),
        ),
    ),
    Bug(
        id="squashed-input",
        family=Family.WEIGHT,
        title=mark("a weight gradient made with an input that was changed"),
        what=mark(
            "The gradient of {block} is made with a changed input: before or after an activation that the forward "
            "pass does not have there. It needs {inputs} as the forward pass used it."
        ),
        why=mark("A weight is multiplied by the layer's input, so exactly that input is its derivative."),
        formula_wrong="{block}: f({inputs})^T {delta}",
        formula_right="{block}: {inputs}^T {delta}",
        cause=mark("z in place of a, or an activation applied to the data on the way back only."),
        signature=mark("Only this block is wrong; with one sample the ratio is constant along each input."),
        told_apart=mark("Which function of the input fits, at several points."),
        overlaps=("wrong-layer-activation",),
        overlaps_told=True,
        example=planted(TANH, ('"W1": X.T @ d1', '"W1": np.tanh(X).T @ d1')),
        deviations=rules.squashed_input,
        explains=fitting(
            Fit(kinds=(EditKind.REPLACE_OPERAND,), roles=OWN_OR_UPDATE, score=0.95, when=_squashed),
            Fit(kinds=(EditKind.REPLACE_FUNCTION,), roles=OWN_OR_UPDATE, score=0.9, when=_drops_function),
            Fit(kinds=(EditKind.REPLACE_FUNCTION, EditKind.FORMULA), roles=OWN, score=0.5),
        ),
    ),
    Bug(
        id="weight-instead-of-input",
        family=Family.WEIGHT,
        title=mark("the weight itself where its input belongs"),
        what=mark("The gradient of {block} multiplies the delta by the weight. It should multiply it by {inputs}."),
        why=mark("The derivative of w * x with respect to w is x, not w."),
        formula_wrong="{block}: {delta} * {block}",
        formula_right="{block}: {inputs}^T {delta}",
        cause=mark("The line that passes the error backwards (where the weight does belong) copied for the gradient."),
        signature=mark("The block does not change when the inputs do."),
        told_apart=mark("Scale the inputs: the true gradient follows."),
        example=planted(TANH, ('"W1": X.T @ d1', '"W1": p["W1"] * d1.sum(axis=0)')),
        deviations=rules.weight_for_input,
        explains=fitting(
            Fit(kinds=(EditKind.REPLACE_OPERAND, EditKind.FORMULA), roles=OWN_OR_UPDATE, when=_weights_named),
            Fit(kinds=(EditKind.PRODUCT,), roles=OWN, score=0.3, when=_weights_named),
        ),
    ),
    Bug(
        id="inner-instead-of-outer",
        family=Family.WEIGHT,
        title=mark("one number where a table of products belongs"),
        what=mark(
            "The gradient of {block} repeats one number or one row. Every weight needs its own product of input and "
            "delta."
        ),
        why=mark(
            "The weight from input i to unit j has the derivative input i times delta j: all pairs, an outer product."
        ),
        formula_wrong=mark("{block}: sum over i of {inputs}_i {delta}_i"),
        formula_right="{block}: {inputs}^T {delta}",
        cause=mark(
            "For one-dimensional arrays .T does nothing and np.dot gives a single number; np.outer gives the table."
        ),
        signature=mark("All entries of the block, or of each of its rows, are equal."),
        told_apart=mark("The entries themselves show it."),
        example=planted(TANH, ('"W1": X.T @ d1', '"W1": np.full_like(p["W1"], np.sum(X.T @ d1))')),
        deviations=rules.inner_product,
        explains=fitting(
            Fit(kinds=(EditKind.PRODUCT,), roles=OWN_OR_UPDATE, score=0.9),
            Fit(kinds=(EditKind.REPLACE_FUNCTION,), roles=OWN, score=0.8, when=lambda edit: "outer" in edit.after),
            Fit(kinds=(EditKind.AXIS, EditKind.FORMULA), roles=OWN, score=0.4),
        ),
    ),
    Bug(
        id="swapped-blocks",
        family=Family.WEIGHT,
        title=mark("the gradient of one block given for another"),
        what=mark("{block} gets the gradient that belongs to another block of the same shape."),
        why=mark("Every block has a gradient of its own; the right numbers in the wrong place are wrong numbers."),
        formula_wrong=mark("{block}: the gradient of another block"),
        formula_right="{block}: {inputs}^T {delta}",
        cause=mark("Two names exchanged, or a list of gradients in the reverse order of its parameters."),
        signature=mark("The block equals the true gradient of another one."),
        told_apart=mark("Blocks of unequal shapes crash instead."),
        example=planted(
            SQUARE.replace("W1, W2, W3 = rng.normal(size=(3, 4))", "W1, W2, W3 = rng.normal(size=(4, 4))").replace(
                "rng.normal(size=(7, 3))", "rng.normal(size=(7, 4))"
            ),
            ("dW3, dW2, dW1 = a2.T @ d3, a1.T @ d2, X.T @ d1", "dW3, dW1, dW2 = a2.T @ d3, a1.T @ d2, X.T @ d1"),
        ),
        deviations=rules.swapped_blocks,
        explains=fitting(
            Fit(kinds=(EditKind.SWAP,), roles=(*OWN_OR_UPDATE, Role.BIAS_GRADIENT, Role.OTHER), score=0.8),
            Fit(kinds=(EditKind.REPLACE_OPERAND,), roles=(Role.UPDATE,), score=0.7),
        ),
    ),
    Bug(
        id="transposed-block",
        family=Family.WEIGHT,
        title=mark("a weight gradient that is transposed"),
        what=mark("The gradient of {block} is transposed: the entry for (i, j) sits at (j, i)."),
        why=mark("The gradient must be laid out as the weights are, or every weight gets another one's step."),
        formula_wrong="{block}: {delta}^T {inputs}",
        formula_right="{block}: {inputs}^T {delta}",
        cause=mark(
            "The two factors of the product exchanged; in a square layer, or after a reshape, nothing complains."
        ),
        signature=mark("The block is the transpose of the right one."),
        told_apart=mark("Unequal layer sizes crash instead."),
        example=planted(SQUARE, ("a1.T @ d2", "d2.T @ a1")),
        deviations=rules.transposed_block,
        explains=fitting(
            Fit(kinds=(EditKind.TRANSPOSE,), roles=OWN_OR_UPDATE),
            Fit(kinds=(EditKind.SWAP,), roles=OWN, score=0.9),
            Fit(kinds=(EditKind.PRODUCT, EditKind.FORMULA), roles=OWN, score=0.3),
        ),
    ),
)
