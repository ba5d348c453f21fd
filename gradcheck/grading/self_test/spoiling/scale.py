"""Scale and sign: constants, divisors and signs of the backward pass."""

from __future__ import annotations

from dataclasses import replace

from gradcheck.grading.self_test.draft import Draft, batch_term, formulas, output_delta
from gradcheck.grading.self_test.spoiling.spoilt import NotHere, Spoilt
from gradcheck.grading.self_test.terms import Apply, Name, Number, Over, Term, Times, changed

__all__ = ["SCALE"]

BAKED = "the learning rate inside the delta of layer {}"
LOCAL = 3.0
CLIP = "np.clip({}, -0.01, 0.01)"
# Samples of another array than the batch.
OTHERS = 1000.0


def _delta(draft: Draft, where: str, **other: object) -> Spoilt:
    """The output's delta by other constants than the loss has."""
    role = f"dZ{draft.last}"
    return Spoilt(where=where, draft=draft.with_changes(**{role: output_delta(replace(draft, **other))}))  # type: ignore[arg-type]


def sign_flip(draft: Draft) -> list[Spoilt]:
    """Target minus output, with steps that are subtracted."""
    role = f"dZ{draft.last}"
    turned = Times(Number(-1.0), formulas(draft)[role])
    return [Spoilt(where="the output's error the wrong way round", draft=draft.with_changes(**{role: turned}))]


def sign_flip_below(draft: Draft) -> list[Spoilt]:
    """Minus in front of what is passed back."""
    if draft.last == 1:
        raise NotHere("nothing is passed back in a network of one layer")
    return [
        Spoilt(
            where=f"minus in front of what is passed back to layer {layer}",
            draft=draft.with_changes(**{f"dA{layer}": Times(Number(-1.0), formulas(draft)[f"dA{layer}"])}),
        )
        for layer in range(1, draft.last)
    ]


def missing_factor_2(draft: Draft) -> list[Spoilt]:
    """The 2 of a square."""
    if not draft.squares or draft.number != 2.0:
        raise NotHere("the derivative of the loss has no factor 2")
    return [_delta(draft, "the 2 of the square left out", number=1.0)]


def extra_factor_2(draft: Draft) -> list[Spoilt]:
    """One more."""
    return [_delta(draft, "2 x the output's delta", number=2.0 * draft.number)]


def sum_instead_of_mean(draft: Draft) -> list[Spoilt]:
    """No division by the batch size."""
    if not draft.divisor:
        raise NotHere("the loss is a sum: there is no mean to forget")
    if draft.wording.late_mean:
        return [_undivided(draft)]
    return [_delta(draft, "no division by the batch size", divisor="")]


def _undivided(draft: Draft) -> Spoilt:
    plain = formulas(replace(draft, divisor=""))
    roles = [role for role in plain if role[:2] in ("dW", "db")]
    return Spoilt(where="no division by the batch size", draft=draft.with_changes(**{r: plain[r] for r in roles}))


def mean_instead_of_sum(draft: Draft) -> list[Spoilt]:
    """A division that the loss does not have."""
    if draft.divisor:
        raise NotHere("the loss is a mean: dividing by the batch size is right")
    return [_delta(draft, "a division by the batch size", divisor="m")]


def double_mean(draft: Draft) -> list[Spoilt]:
    """Once in the delta, once in every gradient."""
    if not draft.divisor:
        raise NotHere("the loss is a sum: dividing once is mean-instead-of-sum")
    found = formulas(draft)
    roles = [role for role in found if role[:2] in ("dW", "db")]
    changes: dict[str, Term] = {role: Over(found[role], Name("m")) for role in roles}
    return [Spoilt(where="a second division by the batch size, in every gradient", draft=draft.with_changes(**changes))]


def output_count_factor(draft: Draft) -> list[Spoilt]:
    """The number of outputs in the divisor, or missing there."""
    if not draft.divisor:
        raise NotHere("the loss is a sum: nothing is divided")
    if draft.network.sizes[-1] == 1:
        raise NotHere("with one output there is nothing to divide by")
    other = "m" if draft.divisor == "m k" else "m k"
    return [_delta(draft, f"divided by {other.replace(' ', ' x ')}", divisor=other)]


def _divided_by(draft: Draft, where: str, divisor: Term) -> list[Spoilt]:
    """Wherever the backward pass divides by the batch size it divides by another number."""
    if not draft.divisor:
        raise NotHere("the loss is a sum: nothing is divided by a batch size")
    right = batch_term(draft.divisor)

    def put(term: Term) -> Term | None:
        return Over(term.left, divisor) if isinstance(term, Over) and term.right == right else None

    found = formulas(draft)
    roles = [role for role in found if role[:2] in ("dZ", "dW", "db")]
    changes = {role: changed(found[role], put) for role in roles if changed(found[role], put) != found[role]}
    return [Spoilt(where=where, draft=draft.with_changes(**changes))]


def stale_batch_size(draft: Draft) -> list[Spoilt]:
    """The size of another array."""
    return _divided_by(draft, "divided by the size of another set of samples", Number(OTHERS))


def features_for_batch_size(draft: Draft) -> list[Spoilt]:
    """The other number of the inputs' shape."""
    return _divided_by(draft, "divided by the number of features", Number(float(draft.network.sizes[0])))


def learning_rate_baked_in(draft: Draft) -> list[Spoilt]:
    """The rate is multiplied in once more."""
    found, layer = formulas(draft), max(draft.last - 1, 1)
    change = Times(Name("learning_rate"), found[f"dZ{layer}"])
    return [Spoilt(where=BAKED.format(layer), draft=draft.with_changes(**{f"dZ{layer}": change}))]


def local_constant(draft: Draft) -> list[Spoilt]:
    """One block."""
    return [
        Spoilt(
            where=f"{LOCAL:g} x the gradient of W{layer}",
            draft=draft.with_changes(**{f"dW{layer}": Times(Number(LOCAL), formulas(draft)[f"dW{layer}"])}),
        )
        for layer in range(1, draft.last + 1)
    ]


def gradient_clipping(draft: Draft) -> list[Spoilt]:
    """Every block."""
    found = formulas(draft)
    changes: dict[str, Term] = {role: Apply(CLIP, (found[role],)) for role in found if role[:2] in ("dW", "db")}
    return [Spoilt(where="every gradient clipped", draft=draft.with_changes(**changes))]


SCALE = {
    "sign-flip": sign_flip,
    "sign-flip-below": sign_flip_below,
    "missing-factor-2": missing_factor_2,
    "extra-factor-2": extra_factor_2,
    "sum-instead-of-mean": sum_instead_of_mean,
    "mean-instead-of-sum": mean_instead_of_sum,
    "double-mean": double_mean,
    "output-count-factor": output_count_factor,
    "stale-batch-size": stale_batch_size,
    "features-for-batch-size": features_for_batch_size,
    "learning-rate-baked-in": learning_rate_baked_in,
    "local-constant": local_constant,
    "gradient-clipping": gradient_clipping,
}
