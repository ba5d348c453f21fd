"""Right programs: each author writes in a way of their own, and by a convention where the assignment allows it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from gradcheck.grading.assignment.records import Assignment
from gradcheck.grading.self_test.draft import Draft, Wording, formulas
from gradcheck.grading.self_test.terms import Apply, Name, changed
from gradcheck.submissions.declared.forms import Form, forms_of
from gradcheck.submissions.declared.interface import Interface, Layout

__all__ = ["PLAIN", "WORDINGS", "Right", "allowed_conventions", "right_drafts"]

PLAIN = Wording(name="plain")
WORDINGS = (
    PLAIN,
    Wording(name="np.dot, recomputed", dot=True, cached=False, activations=1),
    Wording(name="lower case, methods, in place", lower=True, methods=True, in_place=True, activations=2),
    Wording(name="tuples, mean in each gradient", tuples=True, late_mean=True, legacy=True),
    Wording(name="loops over layers", layers=True, activations=1),
    Wording(name="loops over layers, recomputed", layers=True, cached=False, in_place=True, tuples=True),
    Wording(name="loops over samples", samples=True, legacy=True, activations=2),
)
"""Ways to write one and the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """A right program, not yet as text.

    Attributes
    ----------
    style : str
        What is its own, for the report.
    draft : Draft
    form : Form
    """

    style: str
    draft: Draft
    form: Form


def right_drafts(assignment: Assignment) -> Iterator[Right]:
    """All of them, in the same order each time.

    Parameters
    ----------
    assignment : Assignment
    """
    interface, network = assignment.interface, assignment.network
    forms = forms_of(interface)
    for wording in WORDINGS:
        if wording.late_mean and interface.layers:
            continue  # one layer alone is asked for with the mean in the delta
        draft = Draft.of(network, interface.targets, wording)
        yield Right(style=wording.name, draft=draft, form=forms[0])
    plain = Draft.of(network, interface.targets, PLAIN)
    if "gradient" not in interface.calls and not interface.gradients and not interface.layers:
        draft = replace(plain, wording=replace(PLAIN, name="adds", adds=True))
        yield Right(style="target minus output, steps added", draft=draft, form=forms[0])
    if "relu" in network.activations:
        texts = {"slope relu z": "(z >= 0).astype(float)", "slope relu a": "np.where(a > 0, 1, 0)"}
        yield Right(style="the derivative of ReLU is 1 at zero", draft=plain.with_texts(**texts), form=forms[0])
    for convention in sorted(allowed_conventions(assignment)):
        yield from BY_CONVENTION.get(convention, _nothing)(plain, interface)


def allowed_conventions(assignment: Assignment) -> frozenset[str]:
    """What may be written otherwise: samples in columns too, where either layout is taken."""
    either = {"transposed"} if assignment.interface.layout is Layout.EITHER else set()
    return assignment.conventions | either


def _nothing(_draft: Draft, _interface: Interface) -> Iterator[Right]:
    yield from ()


def _transposed(draft: Draft, interface: Interface) -> Iterator[Right]:
    first = forms_of(interface)[0]
    other = (not first.columns, not first.turned)
    others = [form for form in forms_of(interface) if (form.columns, form.turned) == other]
    words = "columns" if not first.columns else "rows"
    yield from (Right(style=f"samples in {words}", draft=draft, form=form) for form in others[:1])


def _constant(draft: Draft, interface: Interface) -> Iterator[Right]:
    """The loss and its gradient half as large, or a sum where a mean was meant; what a penalty would not follow."""
    if draft.network.l2:
        return
    form = forms_of(interface)[0]
    half = replace(draft, number=draft.number / 2.0, loss_number=draft.loss_number / 2.0)
    yield Right(style="half the loss", draft=half, form=form)
    if draft.divisor:
        yield Right(style="the sum for the mean", draft=replace(draft, divisor=""), form=form)


def _epsilon(draft: Draft, interface: Interface) -> Iterator[Right]:
    if draft.squares:
        return
    form = forms_of(interface)[0]
    for epsilon in ("1e-8", "1e-12"):
        log = f"np.log({{}} + {epsilon})"
        yield Right(style=f"log(o + {epsilon})", draft=replace(draft, log=log), form=form)
    clipped = replace(draft, log="np.log(np.clip({}, 1e-15, 1 - 1e-15))")
    yield Right(style="probabilities clipped in the loss", draft=clipped, form=form)


def _penalty(draft: Draft, interface: Interface) -> Iterator[Right]:
    if not draft.network.l2:
        return
    form = forms_of(interface)[0]
    for name in ("half", "full", "half-mean"):
        if name != draft.penalty:
            yield Right(style=f"the penalty as {name}", draft=replace(draft, penalty=name), form=form)


def _sign(draft: Draft, interface: Interface) -> Iterator[Right]:
    if interface.layers:
        return
    adds = replace(draft, wording=replace(PLAIN, name="adds", adds=True))
    yield Right(style="gradients as the direction of descent", draft=adds, form=forms_of(interface)[0])


def _single(draft: Draft, interface: Interface) -> Iterator[Right]:
    cast = Apply("{}.astype(np.float32)", (Name("W1"),))
    first = changed(formulas(draft)["Z1"], lambda term: cast if term == Name("W1") else None)
    yield Right(style="single precision", draft=draft.with_changes(Z1=first), form=forms_of(interface)[0])


BY_CONVENTION: dict[str, Callable[[Draft, Interface], Iterator[Right]]] = {
    "transposed": _transposed,
    "loss-constant": _constant,
    "loss-epsilon": _epsilon,
    "penalty-constant": _penalty,
    "gradient-sign": _sign,
    "float32": _single,
}
