"""Gradients of weights and biases."""

from __future__ import annotations

from collections.abc import Callable

from gradcheck.grading.self_test.draft import Draft, formulas
from gradcheck.grading.self_test.spoiling.spoilt import NotHere, Spoilt
from gradcheck.grading.self_test.terms import Apply, Name, Outer, Sum, Term, Times, Turned

__all__ = ["BLOCKS"]


def _blocks(
    draft: Draft, kind: str, where: str, made: Callable[[int], Term], layers: list[int] | None = None
) -> list[Spoilt]:
    chosen = range(1, draft.last + 1) if layers is None else layers
    return [
        Spoilt(where=f"{where} in the gradient of {kind}{n}", draft=draft.with_changes(**{f"d{kind}{n}": made(n)}))
        for n in chosen
    ]


def wrong_layer_activation(draft: Draft) -> list[Spoilt]:
    """Values of another layer with as many units."""
    sizes = draft.network.sizes
    others = {
        n: o for n in range(1, draft.last + 1) for o in range(draft.last + 1) if o != n - 1 and sizes[o] == sizes[n - 1]
    }
    if not others:
        raise NotHere("no two layers have the same number of units: another layer's values do not fit")
    return _blocks(draft, "W", "another layer's values", lambda n: Outer(Name(f"A{others[n]}"), Name(f"dZ{n}")),
                   list(others))  # fmt: skip


def squashed_input(draft: Draft) -> list[Spoilt]:
    """``tanh`` of the inputs."""
    return _blocks(draft, "W", "tanh of the inputs",
                   lambda n: Outer(Apply("np.tanh({})", (Name(f"A{n - 1}"),)), Name(f"dZ{n}")))  # fmt: skip


def weight_instead_of_input(draft: Draft) -> list[Spoilt]:
    """The delta times the weights."""
    return _blocks(draft, "W", "the weights for their inputs", lambda n: Times(Name(f"W{n}"), Sum(Name(f"dZ{n}"))))


def inner_instead_of_outer(draft: Draft) -> list[Spoilt]:
    """One number."""
    large = [n for n in range(1, draft.last + 1) if draft.network.sizes[n - 1] * draft.network.sizes[n] > 1]
    if not large:
        raise NotHere("weights are single numbers")

    def made(layer: int) -> Term:
        total = Sum(Outer(Name(f"A{layer - 1}"), Name(f"dZ{layer}")), "all")
        return Apply("np.full_like({}, {})", (Name(f"W{layer}"), total))

    return _blocks(draft, "W", "one sum for all entries", made, large)


def swapped_blocks(draft: Draft) -> list[Spoilt]:
    """Two of one shape."""
    shapes, found = draft.network.shapes, formulas(draft)
    pairs = [
        (one, other) for one in shapes for other in shapes
        if one < other and one[0] == other[0] and shapes[one] == shapes[other]
    ]  # fmt: skip
    if not pairs:
        raise NotHere("no two blocks have one shape")
    one, other = pairs[0]
    changes = {f"d{one}": found[f"d{other}"], f"d{other}": found[f"d{one}"]}
    return [Spoilt(where=f"the gradients of {one} and {other} exchanged", draft=draft.with_changes(**changes))]


def transposed_block(draft: Draft) -> list[Spoilt]:
    """Its numbers in the order of the transpose."""
    sizes, found = draft.network.sizes, formulas(draft)
    tables = [n for n in range(1, draft.last + 1) if min(sizes[n - 1 : n + 1]) > 1]
    if not tables:
        raise NotHere("every weight is a row or a column, whose transpose has the same numbers in the same order")

    def made(layer: int) -> Term:
        if sizes[layer - 1] == sizes[layer]:
            return Turned(found[f"dW{layer}"])
        return Apply("np.reshape(np.transpose({}), np.shape({}))", (found[f"dW{layer}"], Name(f"W{layer}")))

    return _blocks(draft, "W", "the transpose", made, tables)


def bias_sum_without_axis(draft: Draft) -> list[Spoilt]:
    """One number for all units."""
    several = [n for n in range(1, draft.last + 1) if draft.network.sizes[n] > 1]
    if not several:
        raise NotHere("every layer has one unit: the sum over everything is the sum over the samples")
    return _blocks(draft, "b", "a sum over everything", lambda n: Sum(Name(f"dZ{n}"), "all"), several)


def bias_not_summed(draft: Draft) -> list[Spoilt]:
    """A row a sample."""
    return _blocks(draft, "b", "a row for every sample", lambda n: Name(f"dZ{n}"))


def bias_mean_instead_of_sum(draft: Draft) -> list[Spoilt]:
    """Averaged."""
    return _blocks(draft, "b", "the mean over the samples", lambda n: Sum(Name(f"dZ{n}"), mean=True))


def bias_from_weight_gradient(draft: Draft) -> list[Spoilt]:
    """``dW`` for the delta."""
    return _blocks(draft, "b", "the sum of the weights' gradient", lambda n: Sum(Name(f"dW{n}")))


def bias_gradient_missing(draft: Draft) -> list[Spoilt]:
    """Zero."""
    return _blocks(draft, "b", "zero", lambda n: Apply("np.zeros_like({})", (Sum(Name(f"dZ{n}")),)))


def bias_gradient_is_bias(draft: Draft) -> list[Spoilt]:
    """The bias."""
    return _blocks(draft, "b", "the bias itself", lambda n: Apply("1.0 * {}", (Name(f"b{n}"),)))


BLOCKS = {
    "wrong-layer-activation": wrong_layer_activation,
    "squashed-input": squashed_input,
    "weight-instead-of-input": weight_instead_of_input,
    "inner-instead-of-outer": inner_instead_of_outer,
    "swapped-blocks": swapped_blocks,
    "transposed-block": transposed_block,
    "bias-sum-without-axis": bias_sum_without_axis,
    "bias-not-summed": bias_not_summed,
    "bias-mean-instead-of-sum": bias_mean_instead_of_sum,
    "bias-from-weight-gradient": bias_from_weight_gradient,
    "bias-gradient-missing": bias_gradient_missing,
    "bias-gradient-is-bias": bias_gradient_is_bias,
}
