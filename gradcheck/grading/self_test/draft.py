"""A program as it is meant: the network's formulas by role, one author's wording, and what is changed in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from gradcheck.grading.assignment.records import Network
from gradcheck.grading.reference.formulas import LOSS_FORMS
from gradcheck.grading.self_test.terms import (
    Activated,
    Apply,
    Minus,
    Name,
    Number,
    Outer,
    Over,
    Plus,
    Product,
    Slope,
    Sum,
    Term,
    Times,
    Turned,
    scaled,
)
from gradcheck.submissions.declared.interface import Targets

__all__ = ["Draft", "Wording", "batch_term", "formulas"]

# Below every probability that a double can hold the complement of: right at saturation, and no convention.
SAFE_LOG = "np.log(np.maximum({}, 1e-300))"
ENTROPIES = ("bce", "cross-entropy")
# The penalty's factor, and whether it is divided by the batch size.
PENALTY_PARTS = {"half": (0.5, False), "full": (1.0, False), "half-mean": (0.5, True)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """How an author writes; nothing of it changes what is computed.

    Attributes
    ----------
    name : str
        For the report.
    dot : bool
        ``np.dot(a, b)`` for ``a @ b``.
    cached : bool
        Whether the backward pass uses what the forward pass has kept, where both are possible.
    tuples : bool
        Whether what is kept is a tuple; a dictionary otherwise.
    methods : bool
        ``a.sum(axis=0)`` for ``np.sum(a, axis=0)``.
    lower : bool
        ``z1`` for ``Z1``.
    in_place : bool
        ``W -= ...`` for ``W = W - ...``.
    late_mean : bool
        Whether the division by the batch size stands in each gradient, not in the first delta.
    samples : bool
        Loops over samples for sums over them.
    layers : bool
        Loops over layers, with lists.
    adds : bool
        Target minus output, and steps that are added.
    activations : int
        Which way to write each activation, of those that there are.
    legacy : bool
        ``np.random.randn`` for a generator.
    """

    name: str
    dot: bool = False
    cached: bool = True
    tuples: bool = False
    methods: bool = False
    lower: bool = False
    in_place: bool = False
    late_mean: bool = False
    samples: bool = False
    layers: bool = False
    adds: bool = False
    activations: int = 0
    legacy: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One program, not yet in an interface's form.

    Attributes
    ----------
    network : Network
    targets : Targets
    wording : Wording
    number : float
        Constant of the output's delta.
    divisor : str
        Of the loss and of that delta: ``m``, ``m k`` or nothing.
    loss_number : float
        Constant of the loss.
    penalty : str
        Form of the penalty.
    log : str
        How a logarithm is taken in the loss.
    changes : mapping of str to Term
        Other formulas than the right ones, by role.
    texts : mapping of str to str
        Other texts of helpers than the right ones, by name.
    initial : str
        What drawn weights are multiplied by, as text; ``0`` for none.
    """

    network: Network
    targets: Targets
    wording: Wording
    number: float
    divisor: str
    loss_number: float
    penalty: str
    log: str = SAFE_LOG
    changes: Mapping[str, Term] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    initial: str = ""

    @classmethod
    def of(cls, network: Network, targets: Targets, wording: Wording) -> Draft:
        """The right one."""
        form, several = LOSS_FORMS[network.loss], network.sizes[-1] > 1
        squares = not network.loss.startswith((*ENTROPIES, "softmax"))
        divisor = {"entries": "m k" if several else "m", "samples": "m", "nothing": ""}[form.over]
        return cls(
            network=network,
            targets=targets,
            wording=wording,
            number=2.0 * form.factor if squares else 1.0,
            divisor=divisor,
            loss_number=form.factor,
            penalty=network.penalty,
        )

    @property
    def last(self) -> int:
        """The number of layers with weights."""
        return self.network.layers

    @property
    def squares(self) -> bool:
        """Whether the loss is of squared differences."""
        return not self.network.loss.startswith((*ENTROPIES, "softmax"))

    @property
    def simplified(self) -> bool:
        """Whether the derivative of the output's activation cancels against that of the loss."""
        return not self.squares

    @property
    def probabilities(self) -> str:
        """The role of what targets are taken from in the output's delta."""
        return "P" if self.network.loss.startswith("softmax") else f"A{self.last}"

    def with_changes(self, **changes: Term) -> Draft:
        """The same with other formulas besides."""
        return replace(self, changes={**self.changes, **changes})

    def with_texts(self, **texts: str) -> Draft:
        """The same with other helpers besides."""
        return replace(self, texts={**self.texts, **texts})


def batch_term(divisor: str) -> Term | None:
    """The divisor of a mean."""
    known: dict[str, Term | None] = {"m": Name("m"), "m k": Times(Name("m"), Name("k")), "": None}
    return known[divisor]


def formulas(draft: Draft) -> dict[str, Term]:
    """Every role that the network's code computes, with its formula."""
    network, last = draft.network, draft.last
    found: dict[str, Term] = {}
    for layer, name in enumerate(network.activations, 1):
        found[f"Z{layer}"] = Plus(Product(Name(f"A{layer - 1}"), Name(f"W{layer}")), Name(f"b{layer}"))
        found[f"A{layer}"] = Activated(name, Name(f"Z{layer}"))
    if draft.probabilities == "P":
        found["P"] = Activated("softmax", Name(f"A{last}"))
    one_hot = Apply("one_hot", (Name("Y"), Name("k")))
    found["T"] = one_hot if draft.targets is Targets.INDICES else Name("Y")
    found["loss"] = _loss(draft)
    found[f"dZ{last}"] = output_delta(draft)
    for layer in range(last - 1, 0, -1):
        found[f"dA{layer}"] = Product(Name(f"dZ{layer + 1}"), Turned(Name(f"W{layer + 1}")))
        found[f"dZ{layer}"] = hidden_delta(draft, layer)
    found["dA0"] = Product(Name("dZ1"), Turned(Name("W1")))
    for layer in range(1, last + 1):
        found[f"dW{layer}"] = weight_gradient(draft, str(layer), str(layer - 1))
        found[f"db{layer}"] = bias_gradient(draft, str(layer))
        for kind in "Wb":
            step = Times(Name("learning_rate"), Name(f"d{kind}{layer}"))
            parts = (Name(f"{kind}{layer}"), step)
            found[f"next_{kind}{layer}"] = Plus(*parts) if draft.wording.adds else Minus(*parts)
    return {**found, **draft.changes}


def output_delta(draft: Draft) -> Term:
    """The adjoint of the last pre-activation."""
    network, last = draft.network, draft.last
    name, output = network.activations[-1], Name(draft.probabilities)
    error: Term = Minus(output, Name("T"))
    if network.loss.startswith("cross-entropy") and name == "sigmoid":
        error = Times(Name("T"), Minus(output, Number(1.0)))
    if draft.wording.adds:
        error = Minus(Name("T"), output)
        if network.loss.startswith("cross-entropy") and name == "sigmoid":
            error = Times(Name("T"), Minus(Number(1.0), output))
    divisor = None if draft.wording.late_mean else batch_term(draft.divisor)
    found = scaled(draft.number, error)
    found = found if divisor is None else Over(found, divisor)
    if draft.simplified or name == "linear":
        return found
    if name == "softmax":
        return Times(output, Minus(found, Sum(Times(found, output), "units")))
    return Times(found, Slope(name, Name(f"Z{last}"), Name(f"A{last}")))


def hidden_delta(draft: Draft, layer: int) -> Term:
    """The adjoint of a hidden pre-activation."""
    name = draft.network.activations[layer - 1]
    above = Name(f"dA{layer}")
    return above if name == "linear" else Times(above, Slope(name, Name(f"Z{layer}"), Name(f"A{layer}")))


def weight_gradient(draft: Draft, layer: str, before: str) -> Term:
    """The gradient of a layer's weights, penalty included."""
    found: Term = Outer(Name(f"A{before}"), Name(f"dZ{layer}"))
    divisor = batch_term(draft.divisor)
    if draft.wording.late_mean and divisor is not None:
        found = Over(found, divisor)
    if not draft.network.l2:
        return found
    term = penalty_gradient(draft, Name(f"W{layer}"))
    return Minus(found, term) if draft.wording.adds else Plus(found, term)


def penalty_gradient(draft: Draft, values: Term) -> Term:
    """The penalty's share of a gradient."""
    factor, mean = PENALTY_PARTS[draft.penalty]
    found = scaled(2.0 * factor, Times(Name("l2"), values))
    return Over(found, Name("m")) if mean else found


def bias_gradient(draft: Draft, layer: str) -> Term:
    """The gradient of a layer's bias."""
    found: Term = Sum(Name(f"dZ{layer}"))
    divisor = batch_term(draft.divisor)
    return Over(found, divisor) if draft.wording.late_mean and divisor is not None else found


def _loss(draft: Draft) -> Term:
    network, output = draft.network, Name(f"A{draft.last}")
    if network.loss.startswith("softmax"):
        log: Term = Apply("log_softmax", (output,)) if draft.log == SAFE_LOG else Apply(draft.log, (Name("P"),))
        terms: Term = Times(Name("T"), log)
    elif network.loss.startswith("cross-entropy"):
        terms = Times(Name("T"), Apply(draft.log, (output,)))
    elif network.loss.startswith("bce"):
        other = Apply(draft.log, (Minus(Number(1.0), output),))
        terms = Plus(Times(Name("T"), Apply(draft.log, (output,))), Times(Minus(Number(1.0), Name("T")), other))
    else:
        terms = Apply("{} ** 2", (Minus(output, Name("T")),))
    number = draft.loss_number if draft.squares else -draft.loss_number
    divisor = batch_term(draft.divisor)
    found = scaled(number, Sum(terms, "all"))
    found = found if divisor is None else Over(found, divisor)
    if not network.l2:
        return found
    factor, mean = PENALTY_PARTS[draft.penalty]
    squares: Term = Sum(Apply("{} ** 2", (Name("W1"),)), "all")
    for layer in range(2, draft.last + 1):
        squares = Plus(squares, Sum(Apply("{} ** 2", (Name(f"W{layer}"),)), "all"))
    penalty = scaled(factor, Times(Name("l2"), squares))
    return Plus(found, Over(penalty, Name("m")) if mean else penalty)
