"""Derivatives of activations: missing, wrong, taken twice or at another place, at a layer or wherever they are used."""

from __future__ import annotations

from gradcheck.diagnosis.catalogue import derivative_rules as rules
from gradcheck.diagnosis.catalogue.bug import Bug, Family
from gradcheck.diagnosis.catalogue.example_texts import RELU, RIGHT_DELTA, RIGHT_STEP, SIGMOID, SQUARE, TANH
from gradcheck.diagnosis.catalogue.fit import DELTAS, FACTORS, HIDDEN, Fit, fitting
from gradcheck.diagnosis.catalogue.learner_names import (
    argument,
    is_activation_name,
    is_gradient_name,
    is_pre_activation_name,
    layer_number,
    squeezed,
)
from gradcheck.diagnosis.catalogue.planting import planted
from gradcheck.diagnosis.edit import Edit, EditKind, Role
from gradcheck.language import mark

__all__ = ["BUGS"]

SLOPES = (*DELTAS, Role.DERIVATIVE, Role.OTHER)
FUNCTIONS = (EditKind.REPLACE_FUNCTION, EditKind.REPLACE_DERIVATIVE)
ARGUMENT = (EditKind.REPLACE_ARGUMENT, EditKind.REPLACE_OPERAND)
TWO_CUSTOMS = mark(
    "There are two customs: a derivative function of z, or a formula in terms of a. Here one is fed what the other one "
    "takes."
)
DERIVATIVES = ("deriv", "prime", "grad", "1-", "backward")  # how a derivative is told by its text


def _from_activation(edit: Edit) -> bool:
    return is_activation_name(edit.before) and is_pre_activation_name(edit.after)


def _from_gradient(edit: Edit) -> bool:
    return is_gradient_name(argument(edit.before)) and not is_gradient_name(argument(edit.after))


def _from_elsewhere(edit: Edit) -> bool:
    before, after = argument(edit.before), argument(edit.after)
    if is_gradient_name(before):
        return False
    same_kind = is_pre_activation_name(before) == is_pre_activation_name(after) and not is_activation_name(before)
    return layer_number(before) != layer_number(after) or same_kind


def _activation_of_layer(edit: Edit) -> bool:
    """Whether a layer's activation stands where another value of the same layer belongs."""
    before, after = argument(edit.before), argument(edit.after)
    return is_activation_name(before) and layer_number(before) == layer_number(after) != ""


def _function_dropped(edit: Edit) -> bool:
    return edit.detail.endswith("dropped")


def _leak_negated(edit: Edit) -> bool:
    text = squeezed(edit.before + edit.detail)
    return any(word in text for word in ("alpha", "slope", "leak", "0.01", "0.1", "0.2", "-0."))


def _rectifier(edit: Edit) -> bool:
    text = squeezed(edit.before + edit.after)
    return any(word in text for word in ("<", ">", "relu", "maximum", "where", "mask"))


def _same_layer(edit: Edit) -> bool:
    return layer_number(edit.before) == layer_number(edit.after)


def _squared(edit: Edit) -> bool:
    text = squeezed(edit.before)
    return "**2" in text or "square" in text or text.count("*") > squeezed(edit.after).count("*")


BUGS: tuple[Bug, ...] = (
    Bug(
        id="missing-hidden-derivative",
        family=Family.RECURSION,
        title=mark("a hidden layer without its activation's derivative"),
        what=mark(
            "{delta} leaves out the slope of the activation. The error that comes back from the layer above must be "
            "multiplied by f'({z})."
        ),
        why=mark(
            "The error passes backwards through everything that the forward pass did: through {upper}, and then "
            "through the activation. The second step is missing."
        ),
        formula_wrong="{delta} = {above} {upper}^T",
        formula_right=RIGHT_STEP,
        cause=mark("The line ends after the product with the weights; a linear layer needs no more, any other does."),
        signature=mark("The last layer is right. With one sample each unit of this layer is off by 1/f'(z)."),
        told_apart=mark("A ReLU mask that is always 1 (a >= 0) gives the same numbers: only the source tells."),
        same_as=("relu-mask-always-on",),
        example=planted(TANH, ('d1 = (d2 @ p["W2"].T) * (1 - a1**2)', 'd1 = d2 @ p["W2"].T')),
        deviations=rules.missing_derivative,
        explains=fitting(
            Fit(kinds=(EditKind.ADD_DERIVATIVE,), roles=HIDDEN),
            Fit(kinds=(EditKind.ADD_DERIVATIVE,), roles=(Role.OTHER,), score=0.7),
            Fit(kinds=(EditKind.ADD_DERIVATIVE,), roles=(Role.WEIGHT_GRADIENT,), score=0.4),
        ),
        below_output=True,
    ),
    Bug(
        id="relu-mask-always-on",
        family=Family.RECURSION,
        title=mark("a ReLU mask that lets everything through"),
        what=mark(
            "The mask for {delta} is 1 everywhere: a ReLU's output is never below zero, so {a} >= 0 always holds."
        ),
        why=mark(
            "Units that were off in the forward pass did not touch the loss, so nothing may pass back through them."
        ),
        formula_wrong="{delta} = ({above} {upper}^T) * ({a} >= 0)",
        formula_right="{delta} = ({above} {upper}^T) * ({z} > 0)",
        cause=mark(">= where > belongs, with the activation in place of the pre-activation."),
        signature=mark("The same as a missing derivative."),
        told_apart=mark("Only the source tells it from a missing derivative."),
        same_as=("missing-hidden-derivative",),
        example=planted(RELU, ("(z1 > 0)", "(a1 >= 0)")),
        deviations=rules.relu_mask_on,
        explains=fitting(
            Fit(kinds=(EditKind.COMPARISON,), roles=SLOPES, when=lambda e: e.before.count(">=") > e.after.count(">=")),
            Fit(kinds=ARGUMENT, score=0.9, when=lambda e: ">=" in e.before),
            Fit(kinds=(EditKind.FORMULA,), roles=SLOPES, score=0.8, when=lambda e: ">=" in e.before),
        ),
    ),
    Bug(
        id="derivative-at-activation",
        family=Family.RECURSION,
        title=mark("the derivative taken at the activation's output"),
        what=mark(
            "The derivative in {delta} is given {a}. This function expects {z}, the value before the activation."
        ),
        why=mark(
            "The slope belongs to the point at which the activation was used, and that is {z}. Given {a}, the "
            "activation is applied twice."
        ),
        formula_wrong="f'({a})",
        formula_right="f'({z})",
        cause=TWO_CUSTOMS,
        signature=mark("With one sample each unit is off by f'(f(z))/f'(z); with tiny weights hardly at all."),
        told_apart=mark("Weights three times as large make it plain. For ReLU it is right: a > 0 wherever z > 0."),
        example=planted(
            SIGMOID.replace("a1 * (1 - a1)", "sigmoid(z1) * (1 - sigmoid(z1))"),
            ("sigmoid(z1) * (1 - sigmoid(z1))", "sigmoid(a1) * (1 - sigmoid(a1))"),
        ),
        deviations=rules.derivative_at_activation,
        explains=fitting(
            Fit(kinds=ARGUMENT, roles=SLOPES, when=_from_activation),
            Fit(kinds=ARGUMENT, roles=SLOPES, score=0.85, when=_activation_of_layer),
            Fit(kinds=(EditKind.REPLACE_FUNCTION,), roles=SLOPES, score=0.7, when=_function_dropped),
            Fit(
                kinds=(EditKind.REPLACE_ARGUMENT,), roles=SLOPES, score=0.6, when=lambda e: is_activation_name(e.before)
            ),
            Fit(kinds=(EditKind.FORMULA, EditKind.REPLACE_DERIVATIVE), roles=SLOPES, score=0.6),
        ),
        factor_at_output=True,
    ),
    Bug(
        id="output-form-given-preactivation",
        family=Family.RECURSION,
        title=mark("the short form of a derivative, given the wrong value"),
        what=mark(
            "The short form of the derivative, such as a*(1-a), is fed {z}. It holds only for the activation's "
            "output, {a}."
        ),
        why=mark("For a sigmoid f'(z) = a(1-a) with a = f(z). Put z itself in, and the result is not a slope at all."),
        formula_wrong="{z} (1 - {z})",
        formula_right="{a} (1 - {a})",
        cause=TWO_CUSTOMS,
        signature=mark("The factor becomes negative for z below 0 or above 1; a slope of a sigmoid or tanh never is."),
        told_apart=mark("The negative factors."),
        example=planted(SIGMOID, ("a1 * (1 - a1)", "z1 * (1 - z1)")),
        deviations=rules.output_form,
        explains=fitting(
            Fit(
                kinds=ARGUMENT,
                roles=SLOPES,
                when=lambda e: is_pre_activation_name(e.before) and is_activation_name(e.after),
            ),
            Fit(kinds=(EditKind.FORMULA, EditKind.REPLACE_DERIVATIVE), roles=SLOPES, score=0.7),
        ),
        factor_at_output=True,
    ),
    Bug(
        id="derivative-of-wrong-argument",
        family=Family.RECURSION,
        title=mark("the derivative taken at another layer's values"),
        what=mark("The derivative in {delta} is taken at values that are not this layer's. It needs {z}."),
        why=mark("The slope belongs to the point at which this layer's activation was used."),
        formula_wrong=mark("f'(something else)"),
        formula_right="f'({z})",
        cause=mark("A wrong index, or a variable that was overwritten on the way."),
        signature=mark("With one sample the factor follows another layer's values."),
        told_apart=mark("Unequal layer sizes crash instead."),
        overlaps=("relu-mask-wrong-layer",),
        example=planted(
            SQUARE.replace("np.maximum(0, z1)", "np.tanh(z1)")
            .replace("np.maximum(0, z2)", "np.tanh(z2)")
            .replace("(z2 > 0)", "(1 - a2**2)")
            .replace("(z1 > 0)", "(1 - a1**2)"),
            ("* (1 - a1**2)", "* (1 - a2**2)"),
        ),
        deviations=rules.derivative_of_wrong_argument,
        explains=fitting(
            Fit(kinds=ARGUMENT, roles=(*DELTAS, Role.DERIVATIVE), score=0.8, when=_from_elsewhere),
            Fit(kinds=(EditKind.REPLACE_ARGUMENT,), roles=(*DELTAS, Role.DERIVATIVE), score=0.4),
        ),
    ),
    Bug(
        id="derivative-of-gradient",
        family=Family.RECURSION,
        title=mark("the derivative taken at the gradient"),
        what=mark("The derivative in {delta} is given the error that comes back. It must be given {z}."),
        why=mark("The slope of the activation depends on where the forward pass was, not on how large the error is."),
        formula_wrong="f'({above} {upper}^T)",
        formula_right=RIGHT_DELTA,
        cause=mark("The derivative function is called with the variable of the line before."),
        signature=mark("The gradient does not grow in proportion to the loss."),
        told_apart=mark("Multiply the loss by ten: the right gradient is ten times as large."),
        example=planted(
            TANH.replace("d1 = (", "e1 = ").replace(".T) * (1 - a1**2)", ".T\n    d1 = e1 * (1 - a1**2)"),
            ("d1 = e1 * (1 - a1**2)", "d1 = e1 * (1 - e1**2)"),
        ),
        deviations=rules.derivative_of_gradient,
        explains=fitting(
            Fit(kinds=ARGUMENT, roles=SLOPES, when=lambda e: _from_gradient(e) and not _rectifier(e)),
            Fit(kinds=ARGUMENT, roles=SLOPES, score=0.7, when=_from_gradient),
            Fit(kinds=(EditKind.FORMULA, EditKind.REPLACE_DERIVATIVE), roles=SLOPES, score=0.5, when=_from_gradient),
        ),
    ),
    Bug(
        id="activation-instead-of-derivative",
        family=Family.RECURSION,
        title=mark("the activation in place of its derivative"),
        what=mark("{delta} is multiplied by the activation itself. It should be multiplied by its slope, f'({z})."),
        why=mark("The chain rule asks how much {a} changes when {z} does; the value of {a} does not say that."),
        formula_wrong="{delta} = ({above} {upper}^T) * f({z})",
        formula_right=RIGHT_STEP,
        cause=mark("The function called on the way back is the one of the forward pass."),
        signature=mark("With one sample each unit is off by f(z)/f'(z)."),
        told_apart=mark("The factor equals the activation."),
        overlaps=("wrong-derivative-formula",),
        example=planted(TANH, ("(1 - a1**2)", "a1")),
        deviations=rules.activation_instead,
        explains=fitting(
            Fit(
                kinds=FUNCTIONS,
                roles=SLOPES,
                score=0.9,
                when=lambda e: not any(word in squeezed(e.before) for word in DERIVATIVES),
            ),
            Fit(
                kinds=(EditKind.REPLACE_OPERAND, EditKind.FORMULA),
                roles=SLOPES,
                score=0.7,
                when=lambda e: is_activation_name(e.before) and "-" not in e.before,
            ),
            Fit(kinds=(*FUNCTIONS, EditKind.FORMULA), roles=SLOPES, score=0.5),
        ),
        factor_at_output=True,
    ),
    Bug(
        id="wrong-derivative-formula",
        family=Family.RECURSION,
        title=mark("a wrong formula for the activation's derivative"),
        what=mark("The formula for the slope of the activation in {delta} is not its derivative."),
        why=mark("The factor must be the derivative of the very function that the forward pass uses."),
        formula_wrong=mark("another function for f'({z})"),
        formula_right=mark("f'({z}): sigmoid a(1-a), tanh 1-a^2, ReLU 1 where z > 0"),
        cause=mark("A slip of the pen (1 + a^2 for 1 - a^2), or the formula of another activation."),
        signature=mark("Layers with other activations are right."),
        told_apart=mark("Which formula fits, at several points."),
        overlaps=("sign-flip-below", "activation-instead-of-derivative", "leaky-slope-sign"),
        example=planted(TANH, ("(1 - a1**2)", "(1 + a1**2)")),
        deviations=rules.wrong_formula,
        explains=fitting(
            Fit(kinds=(EditKind.FORMULA,), roles=(Role.DERIVATIVE,)),
            Fit(kinds=(EditKind.FORMULA,), roles=SLOPES, score=0.9),
            Fit(kinds=(EditKind.REPLACE_DERIVATIVE,), roles=SLOPES, score=0.6),
            Fit(kinds=(EditKind.NEGATE, EditKind.COMPARISON, *FACTORS), roles=(Role.DERIVATIVE,), score=0.8),
            Fit(kinds=(EditKind.REPLACE_FUNCTION,), roles=SLOPES, score=0.6),
            Fit(kinds=(EditKind.REPLACE_OPERAND,), roles=(Role.DERIVATIVE,), score=0.5),
        ),
        factor_at_output=True,
    ),
    Bug(
        id="leaky-slope-sign",
        family=Family.RECURSION,
        title=mark("a leaky ReLU with the wrong sign on its left"),
        what=mark("Left of zero the slope of the leaky ReLU is taken as -alpha. It is +alpha."),
        why=mark("For z < 0 the function is alpha * z, a line that rises: its slope is alpha."),
        formula_wrong=mark("f'(z) = -alpha for z < 0"),
        formula_right=mark("f'(z) = alpha for z < 0"),
        cause=mark("The sign of z taken for the sign of the slope."),
        signature=mark("With one sample each unit is off by exactly 1 or -1."),
        told_apart=mark("Units right of zero are clean."),
        overlaps=("wrong-derivative-formula",),
        example=planted(
            TANH.replace("np.tanh(z1)", "np.where(z1 > 0, z1, 0.1 * z1)").replace(
                "(1 - a1**2)", "np.where(z1 > 0, 1, 0.1)"
            ),
            ("np.where(z1 > 0, 1, 0.1)", "np.where(z1 > 0, 1, -0.1)"),
        ),
        deviations=rules.leaky_sign,
        explains=fitting(
            Fit(kinds=(EditKind.NEGATE,), roles=SLOPES, when=_leak_negated),
            Fit(
                kinds=(EditKind.FORMULA, EditKind.RESCALE),
                roles=SLOPES,
                score=0.8,
                when=lambda e: _leak_negated(e) and "-" in e.before and "-" not in e.after,
            ),
        ),
    ),
    Bug(
        id="derivative-twice",
        family=Family.RECURSION,
        title=mark("the activation's derivative multiplied in twice"),
        what=mark("{delta} is multiplied by the slope of the activation twice. Once is right."),
        why=mark("The forward pass goes through the activation once, so the way back has one slope there."),
        formula_wrong="{delta} = ({above} {upper}^T) * f'({z})^2",
        formula_right=RIGHT_STEP,
        cause=mark("One place multiplies when it makes the delta, another one when it uses it."),
        signature=mark("With one sample each unit is off by f'(z)."),
        told_apart=mark("For ReLU it is right: 0 and 1 are their own squares."),
        overlaps=("extra-output-derivative",),
        example=planted(TANH, ("(1 - a1**2)", "(1 - a1**2) ** 2")),
        deviations=rules.derivative_twice,
        explains=fitting(
            Fit(kinds=(EditKind.DROP_DERIVATIVE,), roles=HIDDEN),
            Fit(kinds=(EditKind.DROP_DERIVATIVE,), roles=(Role.OTHER, Role.WEIGHT_GRADIENT), score=0.7),
            Fit(kinds=(EditKind.FORMULA,), roles=SLOPES, score=0.95, when=lambda e: e.detail == "no power"),
            Fit(kinds=(EditKind.FORMULA,), roles=SLOPES, score=0.5, when=_squared),
        ),
        factor_at_output=True,
    ),
    Bug(
        id="relu-mask-wrong-layer",
        family=Family.RECURSION,
        title=mark("the ReLU mask of another layer"),
        what=mark("The mask in {delta} is made from another layer's values. It needs this layer's own {z}."),
        why=mark(
            "What was switched off in this layer must be switched off on the way back, not what was off elsewhere."
        ),
        formula_wrong=mark("{delta} = ({above} {upper}^T) * (another layer's z > 0)"),
        formula_right="{delta} = ({above} {upper}^T) * ({z} > 0)",
        cause=mark("A wrong index in the mask."),
        signature=mark("With one sample each unit is off by 0, by 1, or is not zero where it should be."),
        told_apart=mark("Unequal layer sizes crash instead."),
        overlaps=("derivative-of-wrong-argument",),
        example=planted(SQUARE, ("* (z1 > 0)", "* (z2 > 0)")),
        deviations=rules.mask_of_wrong_layer,
        explains=fitting(
            Fit(
                kinds=(*ARGUMENT, EditKind.FORMULA),
                roles=SLOPES,
                score=0.95,
                when=lambda e: _rectifier(e) and not _same_layer(e) and not _from_gradient(e),
            ),
        ),
    ),
    Bug(
        id="relu-on-gradient",
        family=Family.RECURSION,
        title=mark("ReLU applied to the gradient"),
        what=mark(
            "{delta} keeps what is positive in the error that comes back. It should keep what was positive in {z}."
        ),
        why=mark(
            "Which units pass the error on was settled in the forward pass. The error itself may have either sign."
        ),
        formula_wrong="{delta} = max(0, {above} {upper}^T)",
        formula_right="{delta} = ({above} {upper}^T) * ({z} > 0)",
        cause=mark("The forward function called on the gradient, or a mask made from it."),
        signature=mark("With one sample each unit is off by 0 or 1, by the sign of the error."),
        told_apart=mark("Negate the loss: other units are switched off."),
        example=planted(RELU, ('(d2 @ p["W2"].T) * (z1 > 0)', 'np.maximum(0, d2 @ p["W2"].T)')),
        deviations=rules.relu_on_gradient,
        explains=fitting(
            Fit(
                kinds=(*ARGUMENT, EditKind.FORMULA),
                roles=SLOPES,
                score=0.9,
                when=lambda e: _rectifier(e) and _from_gradient(e),
            ),
            Fit(
                kinds=(*FUNCTIONS, EditKind.FORMULA),
                roles=DELTAS,
                score=0.8,
                when=lambda e: "maximum" in e.before or "relu(" in squeezed(e.before),
            ),
        ),
    ),
)
