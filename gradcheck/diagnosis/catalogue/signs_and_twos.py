"""Signs and twos: whole blocks times -1, 2 or 1/2."""

from __future__ import annotations

import re

from gradcheck.diagnosis.catalogue import scale_rules as rules
from gradcheck.diagnosis.catalogue.bug import Bug, Extent, Family
from gradcheck.diagnosis.catalogue.fit import FACTORS, HALF, TWO, Fit, drops_division, fitting
from gradcheck.diagnosis.catalogue.planting import SQUARES, planted
from gradcheck.diagnosis.edit import Edit, EditKind, Role
from gradcheck.language import mark

__all__ = ["BUGS"]

EVERYWHERE = frozenset({Role.UPDATE, Role.OUTPUT_DELTA, Role.LOSS})


def _divided_by_two(edit: Edit) -> bool:
    """Whether what is dropped is a division by 2."""
    return edit.detail.strip() in TWO and re.search(r"/\s*2\b", edit.before) is not None and drops_division(edit)


def _gains_half(before: str, after: str) -> bool:
    """Whether the second text has a half (or a 2 in a divisor) that the first has not."""
    half = re.compile(r"\b0?\.5\b|/\s*\(?\s*2\b|\b1\s*/\s*2\b")
    return len(half.findall(after)) > len(half.findall(before))


BUGS: tuple[Bug, ...] = (
    Bug(
        id="sign-flip",
        family=Family.SCALE,
        title=mark("a wrong sign in every block"),
        what=mark("The gradient has the opposite sign: each step goes uphill, and the loss grows."),
        why=mark(
            "Gradient descent subtracts the gradient, and the gradient of a squared error starts with {output} minus "
            "{targets}. Exactly one of the two signs has been turned round. Two would cancel and be right."
        ),
        formula_wrong=mark("{delta} = ({targets} - {output}) * f'({z}), then {weights} -= {rate} * gradient"),
        formula_right=mark("{delta} = ({output} - {targets}) * f'({z}), then {weights} -= {rate} * gradient"),
        cause=mark("Two texts mixed: one adds {targets} - {output}, the other subtracts {output} - {targets}."),
        signature=mark("Every entry of every block is -1 times the true one."),
        told_apart=mark(
            "The update line: with += in place of -= the program would be right. A wrong sign in the error and one in "
            "all gradients look the same from outside."
        ),
        example=planted(SQUARES, ("2 * (output - Y)", "2 * (Y - output)")),
        deviations=rules.sign_flip,
        constants=(rules.fixed(-1.0, "-1"),),
        extent=Extent.ALL,
        explains=fitting(
            Fit(kinds=frozenset({EditKind.NEGATE}), roles=EVERYWHERE, score=1.0),
            Fit(kinds=frozenset({EditKind.SWAP}), roles=EVERYWHERE, score=0.9, when=lambda edit: "-" in edit.before),
            Fit(kinds=frozenset({EditKind.NEGATE}), score=0.4),
            Fit(kinds=FACTORS, score=0.8, roles=EVERYWHERE, when=lambda edit: edit.detail.strip() in {"-1", "-1.0"}),
        ),
    ),
    Bug(
        id="sign-flip-below",
        family=Family.SCALE,
        title=mark("a wrong sign in one layer and in those before it"),
        what=mark(
            "From one layer on, counted from the output back, all gradients have the opposite sign; the layers after "
            "it are right."
        ),
        why=mark(
            "{delta} is {above} passed back through the weights, times f'({z}). A minus sign in that one product turns "
            "this layer's gradient round, and every layer before it inherits it."
        ),
        formula_wrong="{delta} = -({above} @ {upper}.T) * f'({z})",
        formula_right="{delta} = ({above} @ {upper}.T) * f'({z})",
        cause=mark(
            "A derivative with its sign turned, for example a sigmoid written 1/(1 + exp(x)) whose derivative is "
            "then -{a} * (1 - {a})."
        ),
        signature=mark(
            "Each block of that layer and of those before it is -1 times the true one; later blocks are exact."
        ),
        told_apart=mark("Another activation function: if the sign is then right, it sits in the derivative."),
        overlaps=("wrong-derivative-formula",),
        example=planted(SQUARES, ("dZ1 = dZ2 @ W2.T", "dZ1 = -dZ2 @ W2.T")),
        deviations=rules.sign_flip_below,
        constants=(rules.fixed(-1.0, "-1"),),
        extent=Extent.BELOW,
        explains=fitting(
            Fit(
                kinds=frozenset({EditKind.NEGATE}),
                roles=frozenset({Role.HIDDEN_DELTA, Role.DERIVATIVE, Role.ACTIVATION}),
                score=1.0,
            ),
            Fit(kinds=frozenset({EditKind.NEGATE}), roles=frozenset({Role.OTHER}), score=0.5),
        ),
    ),
    Bug(
        id="missing-factor-2",
        family=Family.SCALE,
        title=mark("the 2 of a squared error left out"),
        what=mark("All gradients are half of what they should be: the 2 of the squared error's derivative is missing."),
        why=mark(
            "The derivative of ({output} - {targets})^2 is 2 * ({output} - {targets}). Only with a half in front of "
            "the square, in the loss itself, does the 2 go away."
        ),
        formula_wrong="{delta} = ({output} - {targets}) * f'({z})",
        formula_right="{delta} = 2 * ({output} - {targets}) * f'({z})",
        cause=mark("The derivative of half the squared error, taken from a text, beside a loss without the half."),
        signature=mark("Every entry is 0.5 times the true one, whatever the sizes and the learning rate."),
        told_apart=mark(
            "More samples and more outputs: the ratio stays 0.5. With two samples a division by the batch size looks "
            "the same, with two outputs one by their number."
        ),
        example=planted(SQUARES, ("2 * (output - Y)", "(output - Y)")),
        deviations=rules.missing_factor_2,
        constants=(rules.fixed(0.5, "1/2"),),
        plain_number=True,
        explains=fitting(
            Fit(kinds=frozenset({EditKind.SCALE}), score=1.0, when=lambda edit: edit.detail.strip() in TWO),
            Fit(kinds=frozenset({EditKind.SCALE}), score=0.5, when=lambda edit: edit.detail == "2 / batch"),
            Fit(kinds=frozenset({EditKind.UNSCALE}), score=1.0, when=lambda edit: edit.detail.strip() in HALF),
            Fit(kinds=frozenset({EditKind.UNSCALE}), score=0.9, when=_divided_by_two),
            Fit(kinds=frozenset({EditKind.LOSS}), score=0.7, when=lambda edit: _gains_half(edit.before, edit.after)),
        ),
    ),
    Bug(
        id="extra-factor-2",
        family=Family.SCALE,
        title=mark("the 2 of a squared error twice"),
        what=mark("All gradients are twice what they should be: there is a 2 that the loss does not call for."),
        why=mark(
            "The derivative of 0.5 * ({output} - {targets})^2 is {output} - {targets}: the half in the loss cancels "
            "the 2. Cross-entropy has no 2 at all."
        ),
        formula_wrong="{delta} = 2 * ({output} - {targets}) * f'({z})",
        formula_right="{delta} = ({output} - {targets}) * f'({z})",
        cause=mark(
            "The loss has a half and the gradient was written for the loss without it, or the 2 is applied twice."
        ),
        signature=mark("Every entry is 2 times the true one, whatever the sizes and the learning rate."),
        told_apart=mark(
            "More samples and more outputs: the ratio stays 2. With two samples a missing division by the batch size "
            "looks the same."
        ),
        example=planted(
            SQUARES.replace("np.sum((output - Y) ** 2) / len(X)", "0.5 * np.sum((output - Y) ** 2) / len(X)").replace(
                "dZ2 = 2 * (output - Y) / len(X)", "dZ2 = (output - Y) / len(X)"
            ),
            ("dZ2 = (output - Y)", "dZ2 = 2 * (output - Y)"),
        ),
        deviations=rules.extra_factor_2,
        constants=(rules.fixed(2.0, "2"),),
        plain_number=True,
        explains=fitting(
            Fit(
                kinds=frozenset({EditKind.UNSCALE}),
                score=1.0,
                when=lambda edit: edit.detail.strip() in TWO and not _divided_by_two(edit),
            ),
            Fit(kinds=frozenset({EditKind.SCALE}), score=1.0, when=lambda edit: edit.detail.strip() in HALF),
            Fit(kinds=frozenset({EditKind.LOSS}), score=0.7, when=lambda edit: _gains_half(edit.after, edit.before)),
        ),
    ),
)
