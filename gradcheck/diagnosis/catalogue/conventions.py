"""What looks like a bug and is none: conventions in which right programs differ."""

from __future__ import annotations

from dataclasses import dataclass

from gradcheck.language import mark

__all__ = ["CONVENTIONS", "Convention"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Convention:
    """One way to write right code.

    Attributes
    ----------
    id : str
    what : str
        What the code does.
    why : str
        Why that is right.
    looks_like : tuple of str
        Ids of the bugs that it is taken for.
    """

    id: str
    what: str
    why: str
    looks_like: tuple[str, ...] = ()


CONVENTIONS: tuple[Convention, ...] = (
    Convention(
        id="target-minus-output",
        what=mark("The error is target minus output, and the update adds."),
        why=mark("Two signs are turned round, and they cancel: the step is the same."),
        looks_like=("sign-flip",),
    ),
    Convention(
        id="negated-gradient",
        what=mark("The function returns the negative gradient and says so."),
        why=mark("It is the direction of the step and not the gradient; whoever calls it adds it."),
        looks_like=("sign-flip",),
    ),
    Convention(
        id="bias-subtracted",
        what=mark("The pre-activation is x W - b."),
        why=mark("b is then a threshold, and its gradient minus the sum of the delta, as the chain rule says."),
        looks_like=("sign-flip", "local-constant"),
    ),
    Convention(
        id="bias-column",
        what=mark("The bias is a row of the weights, against a column of ones in the inputs."),
        why=mark("The column of ones makes its gradient the sum of the delta, just as for a bias of its own."),
        looks_like=("bias-in-backprop", "bias-gradient-missing"),
    ),
    Convention(
        id="names-swapped",
        what=mark("z is the name of the activation and a that of the pre-activation."),
        why=mark("Names do not matter, as long as each derivative gets the quantity that its formula is for."),
        looks_like=("derivative-at-activation", "output-form-given-preactivation"),
    ),
    Convention(
        id="derivative-of-output",
        what=mark("The derivative function takes the activation, as in a * (1 - a), and is called with it."),
        why=mark("For a sigmoid f'(z) is a (1 - a), for tanh 1 - a^2: the activation is all that is needed."),
        looks_like=("derivative-at-activation", "output-form-given-preactivation"),
    ),
    Convention(
        id="mean-anywhere",
        what=mark("The division by the batch size stands in the delta, in the gradients, or in the update."),
        why=mark("It is a constant factor, and the way back is linear: at any one place it does the same."),
        looks_like=("sum-instead-of-mean", "mean-instead-of-sum", "double-mean"),
    ),
    Convention(
        id="half-or-not",
        what=mark("The squared error has a half in front of it, or not."),
        why=mark(
            "Either is a loss. With the half the gradient has no 2, without it has one: only the two have to agree."
        ),
        looks_like=("missing-factor-2", "extra-factor-2"),
    ),
    Convention(
        id="relu-at-zero",
        what=mark("The derivative of ReLU at exactly zero is 0, or 1."),
        why=mark("There is no derivative at that point; both are used, and a network hardly ever sits on it."),
        looks_like=("relu-mask-always-on", "wrong-derivative-formula"),
    ),
)
