"""From one layer to the one before it: what is lost, or passed back through the wrong weights."""

from __future__ import annotations

import re

from gradcheck.diagnosis.catalogue import upstream_rules as rules
from gradcheck.diagnosis.catalogue.bug import Bug, Family
from gradcheck.diagnosis.catalogue.example_texts import COLUMN_OF_ONES, RIGHT_STEP, SIGMOID, SQUARE, TANH, TRAINING
from gradcheck.diagnosis.catalogue.fit import HIDDEN, Fit, adds_up, counts_rows, fitting, renews
from gradcheck.diagnosis.catalogue.learner_names import is_gradient_name, squeezed
from gradcheck.diagnosis.catalogue.planting import planted
from gradcheck.diagnosis.edit import Edit, EditKind, Role
from gradcheck.language import mark

__all__ = ["BUGS"]

# How learners call a copy that they keep.
OLD = ("old", "copy", "init", "stale", "prev", "saved", "cache", "start", "first", "orig", "backup", "frozen")


def _weights_named(edit: Edit) -> bool:
    return squeezed(edit.after).removeprefix("self.").startswith(("w", "theta", "param", "p[")) or (
        "weight" in squeezed(edit.after) or "syn" in squeezed(edit.after)
    )


def _old_copy(edit: Edit) -> bool:
    before, after = (squeezed(text).removesuffix(".t").removesuffix("[l+1]") for text in (edit.before, edit.after))
    longer = before != after and before.startswith(after) and after != ""
    return longer or any(word in before for word in OLD)


def _difference(text: str) -> bool:
    """``out - y``, and ``-(y - out)``: the plain error, without a name of its own."""
    return re.fullmatch(r"-?\(?[\w.\[\]]+-[\w.\[\]]+\)?", squeezed(text)) is not None


def _column(edit: Edit) -> bool:
    return any(word in squeezed(edit.before + edit.after) for word in ("[1:", ":-1]", "[:,1:", "[:-1", "delete"))


BUGS: tuple[Bug, ...] = (
    Bug(
        id="raw-error-backpropagated",
        family=Family.RECURSION,
        title=mark("the raw error sent back, without the layer's derivative"),
        what=mark(
            "The way back starts from the plain error. It must start from {above}: the error times the slope of the "
            "layer that it passes."
        ),
        why=mark("The error leaves a layer through its activation first. Only then does it pass the weights."),
        formula_wrong="{delta} = (({output} - {targets}) {upper}^T) * f'({z})",
        formula_right=RIGHT_STEP,
        cause=mark("Two variables, error and delta, with the wrong one in the product."),
        signature=mark("The last layer is exact; the one before is off by 1/f' of the last layer's units."),
        told_apart=mark(
            "For a linear output, or a sigmoid with cross-entropy, error and delta are the same: right there."
        ),
        example=planted(
            SIGMOID.replace(
                'return z1, a1, a1 @ p["W2"] + p["b2"]', 'return z1, a1, sigmoid(a1 @ p["W2"] + p["b2"])'
            ).replace("d2 = out - y", "error = out - y\n    d2 = error * out * (1 - out)"),
            ('d2 @ p["W2"].T', 'error @ p["W2"].T'),
        ),
        deviations=rules.raw_error,
        explains=fitting(
            Fit(
                kinds=(EditKind.REPLACE_OPERAND, EditKind.REPLACE_ARGUMENT),
                roles=(*HIDDEN, Role.OTHER),
                score=0.9,
                when=lambda e: (is_gradient_name(e.before) or _difference(e.before)) and is_gradient_name(e.after),
            ),
            Fit(kinds=(EditKind.ADD_DERIVATIVE,), roles=HIDDEN, score=0.3),
        ),
        below_output=True,
    ),
    Bug(
        id="upstream-lost",
        family=Family.RECURSION,
        title=mark("the error from the layer above is lost"),
        what=mark("{delta} does not use all that comes from the layer above: {above}, or {upper}, is left out."),
        why=mark(
            "A hidden unit influences the loss only through the layer above, so its delta is that layer's delta, sent "
            "back through the weights."
        ),
        formula_wrong="{delta} = f'({z})",
        formula_right=RIGHT_STEP,
        cause=mark("A variable overwritten, = where *= belongs, or a product that was left out."),
        signature=mark("The block does not change with the error above, or with the weights above."),
        told_apart=mark("Set the weights above to zero: the right gradient is zero then."),
        example=planted(TANH, ('d1 = (d2 @ p["W2"].T) * (1 - a1**2)', "d1 = 1 - a1**2")),
        deviations=rules.lost_upstream,
        explains=fitting(
            Fit(kinds=(EditKind.PRODUCT, EditKind.FORMULA), roles=HIDDEN, score=0.6),
            Fit(kinds=(EditKind.REPLACE_OPERAND,), roles=HIDDEN, score=0.4),
            Fit(kinds=(EditKind.INSERT,), roles=HIDDEN, score=0.5),
            Fit(kinds=(EditKind.ASSIGN,), roles=HIDDEN, score=0.8, when=adds_up),
            Fit(kinds=(EditKind.FORMULA,), score=0.9, when=counts_rows),
        ),
        below_output=True,
    ),
    Bug(
        id="updated-weights-used",
        family=Family.RECURSION,
        title=mark("weights updated before they are used on the way back"),
        what=mark("The update of {upper} comes before {delta} is made. {delta} needs the weights of the forward pass."),
        why=mark("The gradient belongs to one point. With half of the weights moved already, it belongs to none."),
        formula_wrong=mark("{delta} = ({above} ({upper} - {rate} * its gradient)^T) * f'({z})"),
        formula_right=RIGHT_STEP,
        cause=mark("The update stands above the line that passes the error on. Make all gradients first, then update."),
        signature=mark("The error is proportional to the learning rate, and changes its direction with it."),
        told_apart=mark("With a learning rate close to zero the gradient becomes exact; no other bug does that."),
        example=planted(
            TRAINING,
            (
                "    d1 = (d2 @ W2.T) * (1 - a1**2)\n    W2 -= 0.01 * a1.T @ d2\n",
                "    W2 -= 0.01 * a1.T @ d2\n    d1 = (d2 @ W2.T) * (1 - a1**2)\n",
            ),
        ),
        at_rate=rules.updated_weights,
        explains=fitting(
            Fit(kinds=(EditKind.MOVE,), roles=(Role.UPDATE, *HIDDEN, Role.OTHER)),
            Fit(kinds=(EditKind.KEEP_COPY,), when=lambda e: not renews(e)),
            Fit(kinds=(EditKind.MOVE,), score=0.8),
        ),
        findings=("updated-weights-used",),
    ),
    Bug(
        id="stale-weights",
        family=Family.RECURSION,
        title=mark("an old copy of the weights on the way back"),
        what=mark("{delta} is made with a stored copy of {upper}, not with the weights that the forward pass used."),
        why=mark("The error must go back through the very weights that it came through."),
        formula_wrong=mark("{delta} = ({above} (old copy of {upper})^T) * f'({z})"),
        formula_right=RIGHT_STEP,
        cause=mark("A copy made at the start, or in another call, that nobody refreshes."),
        signature=mark(
            "Right at first, wrong after the first update; it depends on weights that the loss does not see."
        ),
        told_apart=mark("Change the copy: the gradient changes and the loss does not."),
        overlaps=("wrong-layer-weights",),
        example=planted(
            TRAINING.replace("\nfor step", "first = W2.copy()\n\nfor step").replace("\n\nfirst", "\nfirst"),
            ("d2 @ W2.T", "d2 @ first.T"),
        ),
        explains=fitting(
            Fit(kinds=(EditKind.REPLACE_OPERAND,), roles=(*HIDDEN, Role.OTHER), when=_old_copy),
            Fit(kinds=(EditKind.REPLACE_OPERAND,), roles=HIDDEN, score=0.5, when=_weights_named),
            Fit(kinds=(EditKind.INSERT, EditKind.MOVE), score=0.3, when=_old_copy),
        ),
        below_output=True,
    ),
    Bug(
        id="wrong-layer-weights",
        family=Family.RECURSION,
        title=mark("another layer's weights on the way back"),
        what=mark("{delta} is sent back through the wrong array. It must go through {upper}."),
        why=mark("The error goes back through the weights that carried this layer's output forward."),
        formula_wrong=mark("{delta} = ({above} (another layer's weights)^T) * f'({z})"),
        formula_right=RIGHT_STEP,
        cause=mark("An index that is off by one, or dW for W."),
        signature=mark("The layer above is right; this layer and those below are wrong."),
        told_apart=mark("Unequal layer sizes crash instead."),
        example=planted(
            SQUARE.replace("(4, 2)", "(4, 4)")
            .replace("size=(7, 2)", "size=(7, 4)")
            .replace(
                "b3 = rng.normal(size=4), rng.normal(size=4), rng.normal(size=2)",
                "b3 = rng.normal(size=4), rng.normal(size=4), rng.normal(size=4)",
            ),
            ("d3 @ W3.T", "d3 @ W2.T"),
        ),
        deviations=rules.wrong_layer_weights,
        explains=fitting(
            Fit(
                kinds=(EditKind.REPLACE_OPERAND, EditKind.REPLACE_ARGUMENT),
                roles=(*HIDDEN, Role.OTHER),
                score=0.9,
                when=lambda e: _weights_named(e) and not _old_copy(e),
            ),
        ),
        below_output=True,
    ),
    Bug(
        id="transposed-weights",
        family=Family.RECURSION,
        title=mark("weights not transposed on the way back"),
        what=mark("{delta} is sent back through {upper} as in the forward pass. The way back needs its transpose."),
        why=mark(
            "Forwards unit i feeds unit j by the entry (i, j); backwards the error of unit j goes to unit i by it."
        ),
        formula_wrong="{delta} = ({above} {upper}) * f'({z})",
        formula_right=RIGHT_STEP,
        cause=mark("In a square layer a forgotten .T does not crash."),
        signature=mark("The layer above is right; this layer and those below are wrong."),
        told_apart=mark("Unequal layer sizes crash instead."),
        example=planted(SQUARE, ("d2 @ W2.T", "d2 @ W2")),
        deviations=rules.transposed_weights,
        explains=fitting(
            Fit(kinds=(EditKind.TRANSPOSE,), roles=(*HIDDEN, Role.OTHER)),
            Fit(kinds=(EditKind.SWAP,), roles=HIDDEN, score=0.6),
        ),
        below_output=True,
    ),
    Bug(
        id="summed-weights",
        family=Family.RECURSION,
        title=mark("a sum where every unit needs its own weights"),
        what=mark("Every unit in {delta} gets the same sum. Each needs the weights that lead away from it."),
        why=mark("A unit is responsible for the error only as far as its own outgoing weights carry it."),
        formula_wrong=mark("{delta}_i = (sum over all units of {above} {upper}^T) * f'({z}_i)"),
        formula_right=RIGHT_STEP,
        cause=mark("A sum without an index in a loop, or np.sum without an axis."),
        signature=mark("With one sample the upstream is the same for all units of the layer."),
        told_apart=mark("The equal upstreams."),
        example=planted(TANH, ('(d2 @ p["W2"].T)', 'np.sum(d2 @ p["W2"].T, axis=1, keepdims=True)')),
        deviations=rules.summed_weights,
        explains=fitting(
            Fit(kinds=(EditKind.AXIS,), roles=HIDDEN, score=0.9),
            Fit(kinds=(EditKind.PRODUCT, EditKind.FORMULA), roles=HIDDEN, score=0.5, when=lambda e: "sum" in e.before),
            Fit(kinds=(EditKind.REPLACE_OPERAND,), roles=HIDDEN, score=0.5, when=lambda e: "sum" in e.before),
        ),
        below_output=True,
    ),
    Bug(
        id="bias-in-backprop",
        family=Family.RECURSION,
        title=mark("the bias mixed into the way back"),
        what=mark("{delta} treats the bias wrongly: the column of the bias was not removed, or not the right one."),
        why=mark("The constant 1 that feeds a bias is no unit of the layer below: no error goes back through it."),
        formula_wrong=mark("{delta} = (({above} {upper}^T) without the wrong column) * f'({z})"),
        formula_right=mark("{delta} = (({above} {upper}^T) without the column of the bias) * f'({z})"),
        cause=mark("[:, :-1] for [:, 1:], or the reverse."),
        signature=mark("Errors sit at shifted units: right up to one unit, or each at its neighbour's place."),
        told_apart=mark("Code with separate biases cannot have it, unless it adds them on the way back."),
        example=planted(COLUMN_OF_ONES, ("[:, 1:]", "[:, :-1]")),
        deviations=rules.biased_backprop,
        explains=fitting(
            Fit(kinds=(EditKind.FORMULA, EditKind.REPLACE_OPERAND, EditKind.REPLACE_ARGUMENT), when=_column),
            Fit(kinds=(EditKind.FORMULA,), roles=HIDDEN, score=0.3),
        ),
        below_output=True,
    ),
    Bug(
        id="gradient-stopped",
        family=Family.RECURSION,
        title=mark("a layer that no gradient reaches"),
        what=mark("No gradient, or not all of it, gets back to {block}, though the loss depends on it."),
        why=mark("Every layer that the forward pass uses gets its share of the error on the way back."),
        formula_wrong="{delta} = 0",
        formula_right=RIGHT_STEP,
        cause=mark(
            "A loop that ends one layer early, a stale cache, an array that is never filled, or what a later time step "
            "hands back and no line adds."
        ),
        signature=mark("Zero, where the truth is not, in this block or in all blocks from here to the input."),
        told_apart=mark("Dead or saturated units have a true gradient of zero; here the truth is not zero."),
        overlaps=("bias-gradient-missing",),
        example=planted(TANH, ("(1 - a1**2)", "0")),
        deviations=rules.gradient_stopped,
        explains=fitting(
            Fit(kinds=(EditKind.INSERT,), roles=(*HIDDEN, Role.WEIGHT_GRADIENT, Role.UPDATE), score=0.8),
            Fit(
                kinds=(EditKind.FORMULA, EditKind.REPLACE_OPERAND),
                score=0.5,
                when=lambda e: "zeros" in e.before or e.before.strip() in ("0", "0.0"),
            ),
            Fit(kinds=(EditKind.FORMULA,), score=0.4, when=lambda e: "range" in e.before),
            Fit(kinds=(EditKind.FORMULA,), score=1.0, when=lambda e: e.detail.startswith("carried: ")),
            Fit(kinds=(EditKind.ASSIGN,), score=0.7, when=adds_up),
        ),
    ),
)
