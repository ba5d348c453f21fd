"""The way back through hidden layers: derivatives, and what is passed back."""

from __future__ import annotations

from collections.abc import Callable

from gradcheck.grading.self_test.draft import Draft, batch_term, formulas
from gradcheck.grading.self_test.spoiling.spoilt import NotHere, Spoilt
from gradcheck.grading.self_test.terms import (
    Apply,
    Minus,
    Name,
    Number,
    Over,
    Product,
    Slope,
    Sum,
    Term,
    Times,
    Turned,
)

__all__ = ["RECURSION"]

NO_HIDDEN = "the network has no hidden layer"
# Wrong forms of a derivative, from z and from a.
WRONG = {
    "sigmoid": ("{f} * (1 + {f})", "a * (1 + a)"),
    "tanh": ("1 - {f}", "1 - a"),
    "relu": ("np.where(z > 0, 1.0, 0.01)", "np.where(a > 0, 1.0, 0.01)"),
    "leaky-relu": ("np.where(z > 0, 1.0, 0.0)", "np.where(a > 0, 1.0, 0.0)"),
    "elu": ("np.where(z > 0, 1.0, np.exp(np.minimum(z, 0)) - 1)", "np.where(a > 0, 1.0, a)"),
    "softplus": ("{f} * (1 - {f})", "a * (1 - a)"),
}


def _hidden(draft: Draft, name: str | None = None) -> list[int]:
    """Hidden layers whose activation has a derivative to be wrong, or is a certain one."""
    names = enumerate(draft.network.activations[:-1], 1)
    layers = [layer for layer, own in names if own == name or (not name and own != "linear")]
    if not layers:
        raise NotHere(f"no hidden layer is {name}" if name else NO_HIDDEN if draft.last == 1 else
                      "all hidden layers are linear: their derivative is 1")  # fmt: skip
    return layers


def _deltas(draft: Draft, layers: list[int], where: str, made: Callable[[int], Term]) -> list[Spoilt]:
    return [Spoilt(where=f"{where} in layer {n}", draft=draft.with_changes(**{f"dZ{n}": made(n)})) for n in layers]


def _name(draft: Draft, layer: int) -> str:
    return draft.network.activations[layer - 1]


def _slope(draft: Draft, layer: int) -> Term:
    return Slope(_name(draft, layer), Name(f"Z{layer}"), Name(f"A{layer}"))


def missing_hidden_derivative(draft: Draft) -> list[Spoilt]:
    """The upstream alone."""
    return _deltas(draft, _hidden(draft), "no derivative of the activation", lambda n: Name(f"dA{n}"))


def relu_mask_always_on(draft: Draft) -> list[Spoilt]:
    """``a >= 0``."""
    return _deltas(draft, _hidden(draft, "relu"), "a mask that lets everything through",
                   lambda n: Times(Name(f"dA{n}"), Apply("({} >= 0)", (Name(f"A{n}"),))))  # fmt: skip


def derivative_at_activation(draft: Draft) -> list[Spoilt]:
    """``f'(a)`` by the form for ``z``."""
    return _deltas(draft, _hidden(draft), "the derivative taken at the activation",
                   lambda n: Times(Name(f"dA{n}"), Slope(_name(draft, n), Name(f"A{n}"), None)))  # fmt: skip


def output_form_given_preactivation(draft: Draft) -> list[Spoilt]:
    """The form for ``a``, given ``z``."""
    return _deltas(draft, _hidden(draft), "the form for activations given the pre-activation",
                   lambda n: Times(Name(f"dA{n}"), Slope(_name(draft, n), None, Name(f"Z{n}"))))  # fmt: skip


def derivative_of_wrong_argument(draft: Draft) -> list[Spoilt]:
    """The pre-activation without its bias."""
    return _deltas(draft, _hidden(draft), "the derivative taken at the inputs times the weights, without the bias",
                   lambda n: Times(Name(f"dA{n}"), Slope(_name(draft, n), Product(Name(f"A{n - 1}"), Name(f"W{n}")),
                                                         None)))  # fmt: skip


def derivative_of_gradient(draft: Draft) -> list[Spoilt]:
    """``f'`` of what is passed back."""
    return _deltas(draft, _hidden(draft), "the derivative taken at the gradient",
                   lambda n: Slope(_name(draft, n), Name(f"dA{n}"), None))  # fmt: skip


def activation_instead_of_derivative(draft: Draft) -> list[Spoilt]:
    """``f`` for ``f'``."""
    return _deltas(draft, _hidden(draft), "the activation in place of its derivative",
                   lambda n: Times(Name(f"dA{n}"), Name(f"A{n}")))  # fmt: skip


def wrong_derivative_formula(draft: Draft) -> list[Spoilt]:
    """In the function of the derivative, wherever it is used."""
    names = dict.fromkeys(name for name in draft.network.activations if name in WRONG)
    uses = [name for name in names if name in draft.network.activations[:-1] or draft.squares]
    if not uses:
        raise NotHere("no activation's derivative is computed")
    found = []
    for name in uses:
        before, after = WRONG[name]
        texts = {f"slope {name} z": before, f"slope {name} a": after}
        found.append(Spoilt(where=f"a wrong formula for the derivative of {name}", draft=draft.with_texts(**texts)))
    return found


def leaky_slope_sign(draft: Draft) -> list[Spoilt]:
    """Minus alpha."""
    _hidden(draft, "leaky-relu")
    texts = {f"slope leaky-relu {side}": f"np.where({side} > 0, 1.0, -0.01)" for side in "za"}
    return [Spoilt(where="minus alpha left of zero", draft=draft.with_texts(**texts))]


def derivative_twice(draft: Draft) -> list[Spoilt]:
    """Squared."""
    return _deltas(draft, _hidden(draft), "the derivative multiplied in twice",
                   lambda n: Times(Times(Name(f"dA{n}"), _slope(draft, n)), _slope(draft, n)))  # fmt: skip


def _twins(draft: Draft, layers: list[int]) -> dict[int, int]:
    """To each layer another hidden one with as many units."""
    sizes = draft.network.sizes
    found = {n: o for n in layers for o in range(1, draft.last) if o != n and sizes[o] == sizes[n]}
    if not found:
        raise NotHere("no two hidden layers have the same number of units: another layer's values do not fit")
    return found


def relu_mask_wrong_layer(draft: Draft) -> list[Spoilt]:
    """Another layer's pre-activation."""
    layers = _hidden(draft, "relu")
    twins = _twins(draft, layers)
    return _deltas(draft, list(twins), "the mask of another layer",
                   lambda n: Times(Name(f"dA{n}"), Apply("({} > 0)", (Name(f"Z{twins[n]}"),))))  # fmt: skip


def relu_on_gradient(draft: Draft) -> list[Spoilt]:
    """``max(0, upstream)``."""
    return _deltas(draft, _hidden(draft, "relu"), "ReLU applied to the gradient",
                   lambda n: Apply("np.maximum(0, {})", (Name(f"dA{n}"),)))  # fmt: skip


def raw_error_backpropagated(draft: Draft) -> list[Spoilt]:
    """The error for the delta of the output."""
    if draft.last == 1:
        raise NotHere(NO_HIDDEN)
    if draft.simplified or draft.network.activations[-1] == "linear":
        raise NotHere("the output's delta is the raw error: nothing else can be sent back")
    error: Term = Times(Number(draft.number), Minus(Name(f"A{draft.last}"), Name("T")))
    divisor = batch_term(draft.divisor)
    error = error if divisor is None else Over(error, divisor)
    layer = draft.last - 1
    change = Product(error, Turned(Name(f"W{draft.last}")))
    where = f"the raw error sent back to layer {layer}"
    return [Spoilt(where=where, draft=draft.with_changes(**{f"dA{layer}": change}))]


def _require_hidden(draft: Draft) -> range:
    if draft.last == 1:
        raise NotHere(NO_HIDDEN)
    return range(1, draft.last)


def upstream_lost(draft: Draft) -> list[Spoilt]:
    """The derivative alone."""
    where = "nothing of what is passed back"
    return _deltas(draft, _hidden(draft), where, lambda n: Times(_slope(draft, n), Number(1.0)))


def _passed(draft: Draft, where: str, made: Callable[[int], Term], layers: list[int] | None = None) -> list[Spoilt]:
    """What is passed back to each hidden layer."""
    chosen = list(_require_hidden(draft)) if layers is None else layers
    return [
        Spoilt(where=f"{where} on the way back to layer {n}", draft=draft.with_changes(**{f"dA{n}": made(n)}))
        for n in chosen
    ]


def updated_weights_used(draft: Draft) -> list[Spoilt]:
    """Weights after their step."""

    def made(layer: int) -> Term:
        above = f"{layer + 1}"
        step = Times(Name("learning_rate"), Name(f"dW{above}"))
        return Product(Name(f"dZ{above}"), Turned(Minus(Name(f"W{above}"), step)))

    return _passed(draft, "updated weights", made)


def stale_weights(draft: Draft) -> list[Spoilt]:
    """Those that were seen first."""

    def made(layer: int) -> Term:
        kept = Apply(f"first_seen('W{layer + 1}', {{}})", (Name(f"W{layer + 1}"),))
        return Product(Name(f"dZ{layer + 1}"), Turned(kept))

    return _passed(draft, "an old copy of the weights", made)


def wrong_layer_weights(draft: Draft) -> list[Spoilt]:
    """Others of the same shape."""
    shapes = draft.network.shapes
    others = {
        n: o for n in _require_hidden(draft) for o in range(1, draft.last + 1)
        if o != n + 1 and shapes[f"W{o}"] == shapes[f"W{n + 1}"]
    }  # fmt: skip
    if not others:
        raise NotHere("no two layers have weights of one shape")
    return _passed(draft, "another layer's weights",
                   lambda n: Product(Name(f"dZ{n + 1}"), Turned(Name(f"W{others[n]}"))), list(others))  # fmt: skip


def transposed_weights(draft: Draft) -> list[Spoilt]:
    """Not transposed."""
    sizes = draft.network.sizes
    square = [n for n in _require_hidden(draft) if sizes[n] == sizes[n + 1] > 1]
    if not square:
        raise NotHere("no weights above a hidden layer are square: others raise, which is `crash`")
    return _passed(draft, "weights not transposed", lambda n: Product(Name(f"dZ{n + 1}"), Name(f"W{n + 1}")), square)


def summed_weights(draft: Draft) -> list[Spoilt]:
    """One number for all units."""
    sizes = draft.network.sizes
    several = [n for n in _require_hidden(draft) if sizes[n] > 1]
    if not several:
        raise NotHere("hidden layers have one unit each")

    def made(layer: int) -> Term:
        passed = Product(Name(f"dZ{layer + 1}"), Turned(Name(f"W{layer + 1}")))
        return Apply("np.ones_like({}) * {}", (passed, Sum(passed, "units")))

    return _passed(draft, "the sum over all units", made, several)


def bias_in_backprop(_: Draft) -> list[Spoilt]:
    """Only with a column of ones."""
    raise NotHere("biases are parameters of their own: no column of ones comes back with the weights")


def gradient_stopped(draft: Draft) -> list[Spoilt]:
    """Zeros."""
    found = formulas(draft)
    return _passed(draft, "zero", lambda n: Apply("np.zeros_like({})", (found[f"dA{n}"],)))


RECURSION = {
    "missing-hidden-derivative": missing_hidden_derivative,
    "relu-mask-always-on": relu_mask_always_on,
    "derivative-at-activation": derivative_at_activation,
    "output-form-given-preactivation": output_form_given_preactivation,
    "derivative-of-wrong-argument": derivative_of_wrong_argument,
    "derivative-of-gradient": derivative_of_gradient,
    "activation-instead-of-derivative": activation_instead_of_derivative,
    "wrong-derivative-formula": wrong_derivative_formula,
    "leaky-slope-sign": leaky_slope_sign,
    "derivative-twice": derivative_twice,
    "relu-mask-wrong-layer": relu_mask_wrong_layer,
    "relu-on-gradient": relu_on_gradient,
    "raw-error-backpropagated": raw_error_backpropagated,
    "upstream-lost": upstream_lost,
    "updated-weights-used": updated_weights_used,
    "stale-weights": stale_weights,
    "wrong-layer-weights": wrong_layer_weights,
    "transposed-weights": transposed_weights,
    "summed-weights": summed_weights,
    "bias-in-backprop": bias_in_backprop,
    "gradient-stopped": gradient_stopped,
}
