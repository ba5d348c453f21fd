"""The penalty, what is between layers, state, numbers; and what is wrong beside the gradient."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from gradcheck.grading.self_test.draft import Draft, formulas, penalty_gradient
from gradcheck.grading.self_test.spoiling.spoilt import NotHere, Spoilt
from gradcheck.grading.self_test.terms import Apply, Minus, Name, Number, Plus, Product, Sum, Term, Times, changed

__all__ = ["ELSEWHERE", "STATE"]

HALF = "{}.astype(np.float16).astype(float)"
NOISE = "{} * (np.random.rand(*np.shape({})) < 0.9)"
RATE = 50.0


def _penalty(draft: Draft, where: str, put: Callable[[Term, Term, Term], Term]) -> list[Spoilt]:
    """The gradient of each layer's weights with another penalty; ``put(data, penalty, weights)``."""
    if not draft.network.l2:
        raise NotHere("the loss has no penalty")
    plain = formulas(replace(draft, network=replace(draft.network, l2=0.0)))
    made = {n: (plain[f"dW{n}"], penalty_gradient(draft, Name(f"W{n}"))) for n in range(1, draft.last + 1)}
    return [
        Spoilt(
            where=f"{where} in the gradient of W{n}",
            draft=draft.with_changes(**{f"dW{n}": put(data, penalty, Name(f"W{n}"))}),
        )
        for n, (data, penalty) in made.items()
    ]


def regularisation_missing(draft: Draft) -> list[Spoilt]:
    """Left out."""
    return _penalty(draft, "no penalty", lambda data, _penalty, _weights: data)


def regularisation_factor(draft: Draft) -> list[Spoilt]:
    """Twice."""
    return _penalty(draft, "2 x the penalty", lambda data, penalty, _: Plus(data, Times(Number(2.0), penalty)))


def regularisation_sign(draft: Draft) -> list[Spoilt]:
    """Subtracted."""
    return _penalty(draft, "the penalty subtracted", lambda data, penalty, _: Minus(data, penalty))


def regularisation_wrong_norm(draft: Draft) -> list[Spoilt]:
    """That of absolute values."""
    return _penalty(draft, "the derivative of absolute values", lambda data, _, weights: Plus(
        data, Times(Name("l2"), Apply("np.sign({})", (weights,)))))  # fmt: skip


def regularisation_on_bias(draft: Draft) -> list[Spoilt]:
    """In the gradient alone."""
    if not draft.network.l2:
        raise NotHere("the loss has no penalty")
    found = formulas(draft)
    made = {n: Plus(found[f"db{n}"], penalty_gradient(draft, Name(f"b{n}"))) for n in range(1, draft.last + 1)}
    return [
        Spoilt(where=f"a penalty in the gradient of b{n}", draft=draft.with_changes(**{f"db{n}": term}))
        for n, term in made.items()
    ]


def no_dropout(_: Draft) -> list[Spoilt]:
    """Never."""
    raise NotHere("the network has no dropout")


def no_normalisation(_: Draft) -> list[Spoilt]:
    """Never."""
    raise NotHere("the network has no batch normalisation")


def gradient_accumulated(draft: Draft) -> list[Spoilt]:
    """Every block is added to that of the calls before."""
    found = formulas(draft)
    changes: dict[str, Term] = {
        role: Apply(f"total('{role}', {{}})", (found[role],)) for role in found if role[:2] in ("dW", "db")
    }
    return [Spoilt(where="gradients added up over calls", draft=draft.with_changes(**changes))]


def input_mutated(draft: Draft) -> list[Spoilt]:
    """Targets overwritten by the error; weights by their penalty."""
    places = []
    role = f"dZ{draft.last}"
    if formulas(draft)["T"] == Name("Y"):
        error = Minus(Name(draft.probabilities), Name("T"))
        own = Times(Number(-1.0), Apply("minus_in_place({}, {})", (Name("T"), Name(draft.probabilities))))
        other = changed(formulas(draft)[role], lambda term: own if term == error else None)
        if other != formulas(draft)[role]:
            spoilt = draft.with_changes(**{role: other})
            places.append(Spoilt(where="the targets overwritten by the error", draft=spoilt))
    scaled = Apply("scaled_in_place({}, 1.5) / 1.5", (Name("X"),))
    first = changed(formulas(draft)["Z1"], lambda term: scaled if term == Name("A0") else None)
    places.append(Spoilt(where="the inputs scaled in place", draft=draft.with_changes(Z1=first)))
    return places


def nondeterministic(draft: Draft) -> list[Spoilt]:
    """A mask drawn in each call."""
    layer = max(draft.last - 1, 1)
    term = Apply(NOISE, (formulas(draft)[f"Z{layer}"], Product(Name(f"A{layer - 1}"), Name(f"W{layer}"))))
    where = f"entries of layer {layer} left out at random"
    return [Spoilt(where=where, draft=draft.with_changes(**{f"Z{layer}": term}))]


def integer_dtype(draft: Draft) -> list[Spoilt]:
    """Parameters are whole numbers after a step."""
    changes: dict[str, Term] = {
        f"next_W{n}": Apply("({}).astype(int)", (formulas(draft)[f"next_W{n}"],)) for n in range(1, draft.last + 1)
    }
    return [Spoilt(where="weights made whole numbers by the step", draft=draft.with_changes(**changes))]


def low_precision(draft: Draft) -> list[Spoilt]:
    """Half precision on the way."""
    found = Apply(HALF, (Name("W1"),))
    first = changed(formulas(draft)["Z1"], lambda term: found if term == Name("W1") else None)
    return [Spoilt(where="the weights of the first layer in half precision", draft=draft.with_changes(Z1=first))]


def shape_mismatch(draft: Draft) -> list[Spoilt]:
    """The transpose where it has another shape."""
    sizes = draft.network.sizes
    oblong = [n for n in range(1, draft.last + 1) if sizes[n - 1] != sizes[n]]
    if not oblong:
        raise NotHere("all weights are square: their transpose has the same shape")
    return [
        Spoilt(
            where=f"the gradient of W{n} transposed",
            draft=draft.with_changes(**{f"dW{n}": Apply("np.transpose({})", (formulas(draft)[f"dW{n}"],))}),
        )
        for n in oblong
    ]


def crash(draft: Draft) -> list[Spoilt]:
    """A product of shapes that do not fit, however many samples there are."""
    sizes = draft.network.sizes
    for layer in range(1, draft.last + 1):
        if sizes[layer - 1] != sizes[layer]:
            before = Name(f"A{layer - 1}")
            term = Product(Name(f"dZ{layer}"), Apply("np.transpose({}) @ {}", (before, before)))
            return [Spoilt(where=f"a product of shapes that do not fit, for W{layer}",
                           draft=draft.with_changes(**{f"dW{layer}": term}))]  # fmt: skip
    raise NotHere("all layers have the same number of units: every product fits")


def learning_rate_too_large(draft: Draft) -> list[Spoilt]:
    """A step of another rate than the one that is given."""
    changes = {
        role: changed(term, lambda each: Times(Number(RATE), each) if each == Name("learning_rate") else None)
        for role, term in formulas(draft).items() if role.startswith("next_")
    }  # fmt: skip
    return [Spoilt(where=f"{RATE:g} x the rate that is given", draft=draft.with_changes(**changes))]


def saturated_initialisation(draft: Draft) -> list[Spoilt]:
    """Large weights."""
    return [Spoilt(where="initial weights 50 x as large", draft=replace(draft, initial="50"))]


def symmetric_initialisation(draft: Draft) -> list[Spoilt]:
    """Zeros."""
    return [Spoilt(where="initial weights all zero", draft=replace(draft, initial="0"))]


def target_out_of_range(draft: Draft) -> list[Spoilt]:
    """``-1`` and ``1``."""
    if draft.network.activations[-1] not in ("sigmoid", "softmax") and draft.probabilities != "P":
        raise NotHere("the output can take every value")
    term = Minus(Times(Number(2.0), formulas(draft)["T"]), Number(1.0))
    return [Spoilt(where="targets of -1 and 1", draft=draft.with_changes(T=term))]


def no_bias(draft: Draft) -> list[Spoilt]:
    """In the forward pass."""
    return [
        Spoilt(
            where=f"no bias in layer {n}",
            draft=draft.with_changes(**{f"Z{n}": Product(Name(f"A{n - 1}"), Name(f"W{n}"))}),
        )
        for n in range(1, draft.last + 1)
    ]


def not_differentiable_loss(draft: Draft) -> list[Spoilt]:
    """Mistakes counted."""
    output = Name(draft.probabilities)
    term = Sum(Apply("(({} > 0.5) - {}) ** 2", (output, Name("T"))), "all", mean=True)
    return [Spoilt(where="a loss that counts mistakes", draft=draft.with_changes(loss=term))]


STATE = {
    "regularisation-missing": regularisation_missing,
    "regularisation-factor": regularisation_factor,
    "regularisation-sign": regularisation_sign,
    "regularisation-on-bias": regularisation_on_bias,
    "regularisation-wrong-norm": regularisation_wrong_norm,
    "dropout-mask-missing": no_dropout,
    "dropout-scale": no_dropout,
    "batchnorm-statistics": no_normalisation,
    "gradient-accumulated": gradient_accumulated,
    "input-mutated": input_mutated,
    "nondeterministic": nondeterministic,
    "integer-dtype": integer_dtype,
    "low-precision": low_precision,
    "shape-mismatch": shape_mismatch,
    "crash": crash,
}
ELSEWHERE = {
    "learning-rate-too-large": learning_rate_too_large,
    "saturated-initialisation": saturated_initialisation,
    "symmetric-initialisation": symmetric_initialisation,
    "target-out-of-range": target_out_of_range,
    "no-bias": no_bias,
    "not-differentiable-loss": not_differentiable_loss,
}
