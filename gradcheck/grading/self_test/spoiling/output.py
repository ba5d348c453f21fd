"""The output's delta, the loss, and the softmax."""

from __future__ import annotations

from dataclasses import replace

from gradcheck.grading.self_test.draft import Draft, batch_term, formulas
from gradcheck.grading.self_test.spoiling.spoilt import NotHere, Spoilt
from gradcheck.grading.self_test.terms import Apply, Minus, Name, Number, Over, Slope, Term, Times

__all__ = ["OUTPUT"]

# More than anybody adds to avoid a logarithm of zero: another loss.
SMOOTHED = "np.log({} + 1e-3)"
SOFTMAX = """def {name}(z):
    powers = np.exp(z{shift})
    return {log}powers / np.sum(powers, axis={axis}, keepdims=True){end}
"""


def _error(draft: Draft, number: float) -> Term:
    """What every delta of an output begins with."""
    found: Term = Times(Number(number), Minus(Name(draft.probabilities), Name("T")))
    divisor = batch_term(draft.divisor)
    return found if divisor is None else Over(found, divisor)


def _with_delta(draft: Draft, where: str, term: Term) -> list[Spoilt]:
    return [Spoilt(where=where, draft=draft.with_changes(**{f"dZ{draft.last}": term}))]


def missing_output_derivative(draft: Draft) -> list[Spoilt]:
    """The error alone."""
    if draft.simplified:
        raise NotHere("the derivative of the output's activation cancels against that of the loss")
    if draft.network.activations[-1] == "linear":
        raise NotHere("the output is linear: its derivative is 1")
    return _with_delta(draft, "the error without the derivative of the output", _error(draft, draft.number))


def extra_output_derivative(draft: Draft) -> list[Spoilt]:
    """Once too often."""
    if not draft.simplified:
        raise NotHere("the derivative of the output belongs there; twice is derivative-twice")
    slope = Times(Name(draft.probabilities), Minus(Number(1.0), Name(draft.probabilities)))
    return _with_delta(
        draft, "o (1 - o) multiplied to a delta that has it", Times(formulas(draft)[f"dZ{draft.last}"], slope)
    )


def loss_gradient_mismatch(draft: Draft) -> list[Spoilt]:
    """That of squares for an entropy, and the other way round."""
    name, output = draft.network.activations[-1], Name(draft.probabilities)
    if draft.simplified:
        squares = Times(_error(draft, 2.0), Times(output, Minus(Number(1.0), output)))
        return _with_delta(draft, "the gradient of squared differences", squares)
    if name in ("sigmoid", "softmax"):
        return _with_delta(draft, "the gradient of a cross-entropy", _error(draft, 1.0))
    absolute = Apply("np.sign({})", (_error(draft, 1.0),))
    return _with_delta(draft, "the gradient of absolute differences", absolute)


def _require_softmax(draft: Draft) -> None:
    if draft.network.activations[-1] != "softmax" and draft.probabilities != "P":
        raise NotHere("the network has no softmax")


def softmax_elementwise(draft: Draft) -> list[Spoilt]:
    """``g o (1 - o)``."""
    _require_softmax(draft)
    output = Name(draft.probabilities)
    slope = Minus(Number(1.0), output)
    own: Term = Times(_error(draft, draft.number), Times(output, slope)) if draft.squares else (
        Times(Times(Number(-1.0), Name("T")), slope)
    )  # fmt: skip
    divisor = batch_term(draft.divisor)
    over = own if draft.squares or divisor is None else Over(own, divisor)
    return _with_delta(draft, "softmax differentiated entry by entry", over)


def _softmax_texts(*, shift: str, axis: str) -> dict[str, str]:
    parts = {"shift": shift, "axis": axis}
    return {
        "softmax": SOFTMAX.format(name="softmax", log="", end="", **parts),
        "log_softmax": SOFTMAX.format(name="log_softmax", log="np.log(", end=")", **parts),
    }


def softmax_axis(draft: Draft) -> list[Spoilt]:
    """Over the samples."""
    _require_softmax(draft)
    texts = _softmax_texts(shift=" - np.max(z)", axis="1 - {axis}")
    return [Spoilt(where="softmax over the samples", draft=draft.with_texts(**texts))]


def softmax_overflow(draft: Draft) -> list[Spoilt]:
    """Nothing subtracted before the exponential."""
    _require_softmax(draft)
    texts = _softmax_texts(shift="", axis="{axis}")
    return [Spoilt(where="nothing subtracted before the exponential", draft=draft.with_texts(**texts))]


def target_broadcast(draft: Draft) -> list[Spoilt]:
    """``(m,)`` against ``(m, 1)``."""
    if draft.network.sizes[-1] != 1:
        raise NotHere("with several outputs flat targets do not broadcast")
    if formulas(draft)["T"] != Name("Y"):
        raise NotHere("targets are indices")
    error = Minus(Name(draft.probabilities), Apply("np.ravel({})", (Name("Y"),)))
    role = f"dZ{draft.last}"
    term: Term = error
    divisor = batch_term(draft.divisor)
    term = term if divisor is None else Over(term, divisor)
    if not draft.simplified and draft.network.activations[-1] != "linear":
        name = draft.network.activations[-1]
        term = Times(term, Slope(name, Name(f"Z{draft.last}"), Name(f"A{draft.last}")))
    return [Spoilt(where="targets flattened in the output's delta", draft=draft.with_changes(**{role: term}))]


def loss_epsilon(draft: Draft) -> list[Spoilt]:
    """A large one, in the loss alone."""
    if draft.squares:
        raise NotHere("the loss has no logarithm")
    return [Spoilt(where="1e-3 added within the logarithm of the loss", draft=replace(draft, log=SMOOTHED))]


OUTPUT = {
    "missing-output-derivative": missing_output_derivative,
    "extra-output-derivative": extra_output_derivative,
    "loss-gradient-mismatch": loss_gradient_mismatch,
    "softmax-elementwise": softmax_elementwise,
    "softmax-axis": softmax_axis,
    "softmax-overflow": softmax_overflow,
    "target-broadcast": target_broadcast,
    "loss-epsilon": loss_epsilon,
}
