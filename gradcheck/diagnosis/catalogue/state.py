"""State and numbers: what calls leave behind, what they overwrite, of which type and shape their results are."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from gradcheck.diagnosis.backward import Deviation
from gradcheck.diagnosis.catalogue.bug import Bug, Family
from gradcheck.diagnosis.catalogue.fit import ANY, Fit, about, adds_up, fitting
from gradcheck.diagnosis.catalogue.planting import ACCUMULATED, FUNCTIONS, RELU, planted
from gradcheck.diagnosis.edit import Edit, EditKind, Role
from gradcheck.diagnosis.network import Array, Network
from gradcheck.language import mark, tr

__all__ = ["BUGS"]


def _input_mutated(network: Network) -> Iterator[Deviation]:
    for index, layer in enumerate(network.layers):
        if np.any(layer.inputs < 0):
            yield Deviation(
                bug="input-mutated",
                layers=(index,),
                what=tr(
                    "the inputs of {weights}'s layer after their negative entries were set to zero",
                    weights=layer.weight,
                ),
                weight={index: lambda network, at, delta: np.maximum(network.layers[at].inputs, 0).T @ delta},
            )


def _integer_dtype(_network: Network) -> Iterator[Deviation]:
    yield Deviation(
        bug="integer-dtype",
        what=tr("the gradient cut to whole numbers"),
        finish=lambda _network, gradients: {name: np.trunc(value) for name, value in gradients.items()},
    )


def _low_precision(_network: Network) -> Iterator[Deviation]:
    def rounded(_network: Network, gradients: dict[str, Array]) -> dict[str, Array]:
        with np.errstate(over="ignore"):
            return {name: value.astype(np.float16).astype(np.float64) for name, value in gradients.items()}

    yield Deviation(bug="low-precision", what=tr("the gradient rounded to float16"), finish=rounded)


def _copies(edit: Edit) -> bool:
    return re.search(r"copy|maximum|where|np\.array\(", edit.after) is not None


def _whole_numbers(edit: Edit) -> bool:
    """Whether the cure makes floats of integers."""
    coarse = about(r"float16|float32|half")(edit)
    return not coarse and about(r"float|dtype|astype|\bint\b|randint|integers")(edit)


def _modelled_on_another(edit: Edit) -> bool:
    """Whether ``np.zeros_like(X[0])`` became ``np.zeros_like(w)``: of one shape, the two differ in type alone."""
    models = [re.findall(r"\b(?:zeros|ones|empty|full)_like\(([^()]*)\)", text) for text in (edit.before, edit.after)]
    return bool(models[0]) and models[0] != models[1]


BUGS: tuple[Bug, ...] = (
    Bug(
        id="gradient-accumulated",
        family=Family.STATE,
        title=mark("gradients that add up over calls"),
        what=mark("Each call adds its gradient to that of the call before, and the sum is never set back to zero."),
        why=mark("The gradient belongs to the parameters and the batch at hand; earlier batches have no part in it."),
        formula_wrong="grads += gradient",
        formula_right=mark("grads = gradient, or set to zero before each backward pass"),
        cause=mark("+= without a reset, or arrays of zeros made once and not in each call."),
        signature=mark("The first call is right, the second is not."),
        told_apart=mark("Call it twice with the same data: the second result has to equal the first."),
        example=planted(ACCUMULATED, ("    total['W'][:] = 0\n    total['b'][:] = 0\n", "")),
        explains=fitting(
            Fit(kinds=frozenset({EditKind.ASSIGN}), score=1.0, when=lambda e: not adds_up(e)),
            Fit(kinds=frozenset({EditKind.INSERT}), score=0.95, when=lambda e: e.detail.endswith(" = 0")),
            Fit(kinds=frozenset({EditKind.INSERT, EditKind.MOVE}), score=0.7, when=about("zero|= 0|reset|clear")),
        ),
        findings=("gradient-accumulated",),
    ),
    Bug(
        id="input-mutated",
        family=Family.STATE,
        title=mark("arrays of the caller that are overwritten"),
        what=mark(
            "The code changes an array that belongs to its caller: your data or an earlier result is overwritten."
        ),
        why=mark(
            "`r = x` is a second name for the same array, not a copy. `r[x < 0] = 0` then changes x, and whatever "
            "needs the old x later, as the backward pass does, gets the new one."
        ),
        formula_wrong="r = x; r[x < 0] = 0",
        formula_right="r = np.maximum(x, 0)",
        cause=mark("Assignment taken for a copy."),
        signature=mark("Arrays differ before and after a call; gradients that need the old values are wrong."),
        told_apart=mark("Lock the arrays (x.flags.writeable = False): the line that changes them raises."),
        overlaps=("wrong-layer-activation",),
        example=planted(RELU, ("    R = np.maximum(Z, 0)\n", "    R = Z\n    R[R < 0] = 0\n")),
        deviations=_input_mutated,
        explains=fitting(
            Fit(kinds=frozenset({EditKind.KEEP_COPY}), score=1.0),
            Fit(kinds=ANY - {EditKind.KEEP_COPY}, score=0.7, when=lambda edit: _copies(edit) and "[" in edit.before),
        ),
        findings=("input-mutated",),
    ),
    Bug(
        id="nondeterministic",
        family=Family.STATE,
        title=mark("a result that differs from call to call"),
        what=mark(
            "Two calls with the same parameters give two different results: something in them is drawn at random."
        ),
        why=mark(
            "A gradient is the slope of one loss. When dropout or noise is drawn anew in each call, loss and gradient "
            "belong to two different draws, and nothing can be compared."
        ),
        formula_wrong=mark("mask = np.random.rand(...) < keep, drawn in each call"),
        formula_right=mark("mask drawn once, or from a generator with the same seed in each call"),
        cause=mark("Dropout, noise or a random batch without a seed."),
        signature=mark("Two calls differ."),
        told_apart=mark("Seed the generator before each call, or draw the mask outside."),
        example=planted(
            FUNCTIONS,
            ("    H = predict(params)\n", "    H = predict(params) * rng.random(5)\n"),
        ),
        explains=fitting(Fit(kinds=ANY, score=0.8, when=about(r"seed|random|rng"))),
        findings=("nondeterministic",),
    ),
    Bug(
        id="integer-dtype",
        family=Family.STATE,
        title=mark("integer parameters"),
        what=mark(
            "The weights are whole numbers, so a small step cannot change them: it is cut off, or NumPy refuses."
        ),
        why=mark("np.array([1, 2]) holds integers. Steps of 0.01 become 0 in it, and the network never learns."),
        formula_wrong="{weights} = np.array([[1, 0], [0, 1]])",
        formula_right="{weights} = np.array([[1.0, 0.0], [0.0, 1.0]])",
        cause=mark("Weights typed without a decimal point, or drawn with randint."),
        signature=mark("A crash in the update, a gradient of zero, or one cut to whole numbers."),
        told_apart=mark("{weights}.dtype"),
        example=planted(
            FUNCTIONS,
            (
                "{'W': rng.normal(size=(4, 5)), 'b': rng.normal(size=5)}",
                "{'W': rng.integers(-3, 3, size=(4, 5)), 'b': rng.integers(-3, 3, size=5)}",
            ),
        ),
        deviations=_integer_dtype,
        explains=fitting(
            Fit(kinds=ANY, score=0.9, when=_whole_numbers),
            Fit(kinds=ANY, score=1.0, when=_modelled_on_another),
        ),
        findings=("integer-dtype",),
    ),
    Bug(
        id="low-precision",
        family=Family.STATE,
        title=mark("the noise of low precision"),
        what=mark("The numbers are kept with few digits, so that gradient and loss are rounded coarsely."),
        why=mark(
            "float16 has three decimal digits, float32 seven. Small gradients vanish beside large weights. The formula "
            "may be right all the same."
        ),
        formula_wrong="{weights}.astype(np.float16)",
        formula_right="{weights}.astype(np.float64)",
        cause=mark("A dtype chosen to save memory."),
        signature=mark("Errors of the size of the last digit; entries on a grid."),
        told_apart=mark("The same in float64."),
        example=planted(
            FUNCTIONS,
            (
                "{'W': rng.normal(size=(4, 5)), 'b': rng.normal(size=5)}",
                "{'W': rng.normal(size=(4, 5)).astype('f2'), 'b': rng.normal(size=5).astype('f2')}",
            ),
        ),
        deviations=_low_precision,
        explains=fitting(Fit(kinds=ANY, score=0.8, when=about(r"float16|float32|float64|half|astype|dtype|'f[24]'"))),
        findings=("low-precision",),
    ),
    Bug(
        id="shape-mismatch",
        family=Family.STATE,
        title=mark("a gradient of another shape than its parameter"),
        what=mark("The gradient of {block} has another shape than {block} itself, so no update can use it as it is."),
        why=mark(
            "Each entry of {block} has one derivative, so the two shapes are the same. Another shape means a missing "
            "sum, a transpose too few, or that NumPy has stretched an array."
        ),
        formula_wrong=mark("gradient of {weights} = {delta}.T @ {inputs}"),
        formula_right=mark("gradient of {weights} = {inputs}.T @ {delta}"),
        cause=mark("A transpose or a sum left out."),
        signature=mark("Seen before any number is compared."),
        told_apart=mark("Print the shape of every array of the backward pass beside that of its parameter."),
        example=planted(FUNCTIONS, ("'W': X.T @ dZ,", "'W': dZ.T @ X,")),
        explains=fitting(
            Fit(
                kinds=frozenset({EditKind.TRANSPOSE, EditKind.ADD_SUM, EditKind.AXIS}),
                score=0.3,
                roles=frozenset({Role.WEIGHT_GRADIENT, Role.BIAS_GRADIENT}),
            ),
        ),
        findings=("shape-mismatch",),
    ),
    Bug(
        id="crash",
        family=Family.STATE,
        title=mark("a backward pass that raises an exception"),
        what=mark("The code that computes the gradient stops with an error, so there is nothing to compare."),
        why=mark("The message names the line. In back-propagation it is most often two shapes that do not fit."),
        formula_wrong=mark("{delta} @ {weights}, with shapes that do not fit"),
        formula_right="{delta} @ {weights}.T",
        cause=mark("A transpose missing, or a name that does not exist on this path."),
        signature=mark("An exception before any number."),
        told_apart=mark("Read the line that the message names."),
        example=planted(FUNCTIONS, ("X.T @ dZ", "X @ dZ")),
        explains=fitting(
            Fit(kinds=frozenset({EditKind.TRANSPOSE, EditKind.PRODUCT, EditKind.SWAP}), score=0.2),
        ),
        findings=("crash",),
    ),
)
