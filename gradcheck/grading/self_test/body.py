"""The lines of one function: what is asked for is traced back to what the function is given."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from gradcheck.errors import GradingError
from gradcheck.grading.self_test.draft import Draft, bias_gradient, formulas, weight_gradient
from gradcheck.grading.self_test.library import Library
from gradcheck.grading.self_test.rendering import Renderer, is_turned, kind_of
from gradcheck.grading.self_test.terms import (
    Minus,
    Name,
    Plus,
    Product,
    Slope,
    Term,
    Times,
    Turned,
    changed,
)
from gradcheck.submissions.declared.forms import Form
from gradcheck.submissions.declared.interface import Targets

__all__ = ["Body", "UnwritableError", "variable"]

FORWARD = re.compile(r"[ZA][1-9]\d*")
GRADIENT = re.compile(r"d[Wb][1-9]\d*")
# What stands in for a number that no argument gives; the penalty's factor is the network's.
CONSTANTS = {"learning_rate": "0.1", "epochs": "100", "seed": "0"}
# Arrays that tell how many samples there are, the likeliest first.
SIZED = ("Y", "X", "output")


class UnwritableError(GradingError):
    """No program can be written: a function would need what nothing gives it."""


class Body:
    """Lines, and what is known after them.

    Parameters
    ----------
    draft : Draft
    form : Form
    library : Library
        Functions that can be called from here.
    given : mapping of str to str
        Roles to variables.
    reach : mapping of str to str
        Roles to expressions from which a variable is made when one is needed.
    kept : mapping of str to str
        The same of what an earlier call has left: used where the author does, or where there is no other way.
    """

    def __init__(
        self,
        draft: Draft,
        form: Form,
        library: Library,
        given: Mapping[str, str],
        reach: Mapping[str, str],
        kept: Mapping[str, str],
    ) -> None:
        self.draft, self.form, self._library = draft, form, library
        self.have, self.reach, self.kept = dict(given), dict(reach), dict(kept)
        self.lines: list[str] = []
        self._formulas = formulas(draft)
        self._pending: set[str] = set()
        self._renderer = Renderer(form, draft.wording, self.need, library.activated, self._slope_text, library.use)

    def need(self, role: str) -> str:
        """The variable of a role, computed where it has to be.

        Raises
        ------
        UnwritableError
            If it cannot be had from what the function is given.
        """
        role = self._alias(role)
        if role in self.have:
            return self.have[role]
        if role in self._pending:
            raise UnwritableError(f"{role} would have to be known to compute it")
        self._pending.add(role)
        try:
            return self._found(role)
        finally:
            self._pending.discard(role)

    def can(self, role: str) -> bool:
        """Whether a role can be had; nothing is written."""
        written, have = len(self.lines), dict(self.have)
        try:
            self.need(role)
        except UnwritableError:
            return False
        finally:
            del self.lines[written:]
            self.have = have
        return True

    def assign(self, role: str, text: str) -> str:
        """Give a role a variable, and the variable a value."""
        name = variable(role, self.draft)
        if text != name:
            self.lines.append(f"{name} = {text}")
        self.have[role] = name
        return name

    def text(self, term: Term, role: str) -> str:
        """A term in the layout of a role."""
        return self._renderer.text(term, turned=is_turned(role, self.form))

    def formula(self, role: str) -> Term:
        """What a role is."""
        return self._formulas[role]

    def _alias(self, role: str) -> str:
        if role == "A0":
            return "X"
        if role == "output":
            return f"A{self.draft.last}"
        plain = role == "T" and self._formulas["T"] == Name("Y")
        return "Y" if plain else role

    def _found(self, role: str) -> str:
        if role in self.reach:
            return self.assign(role, self.reach[role])
        if role in self.kept and (self.draft.wording.cached or not self._computes(role)):
            return self.assign(role, self.kept[role])
        if role in ("m", "k"):
            return self._size(role)
        if role == "l2" or role in CONSTANTS:
            return CONSTANTS.get(role, repr(self.draft.network.l2))
        if role not in self._formulas:
            raise UnwritableError(f"no argument gives {role}")
        if self.draft.wording.layers and not self.draft.changes and self._looped(role):
            return self.have[role]
        return self.assign(role, self.text(self._formulas[role], role))

    def _computes(self, role: str) -> bool:
        """Whether a role can be had without what an earlier call has left."""
        kept, self.kept = self.kept, {}
        self._pending.discard(role)
        try:
            return self.can(role)
        finally:
            self.kept = kept
            self._pending.add(role)

    def _size(self, role: str) -> str:
        """The number of samples, or of outputs."""
        if role == "k":
            return self.assign("k", f"{self.need('output')}.shape[{0 if self.form.columns else 1}]")
        at_hand = {**self.kept, **self.reach, **self.have}
        sized = [*map(self._alias, SIZED), *(each for each in at_hand if kind_of(each) == "samples")]
        first = next((each for each in sized if each in at_hand), None)
        if first is None:
            raise UnwritableError("no argument tells how many samples there are")
        array = self.need(first)
        indices = first == "Y" and self.draft.targets is Targets.INDICES
        return self.assign("m", f"{array}.shape[{1 if self.form.columns and not indices else 0}]")

    def _slope_text(self, term: Slope, render: Callable[[Term], str]) -> str:
        sides = {"z": term.before, "a": term.after}
        usable = {side: each for side, each in sides.items() if each is not None and all(map(self.can, _roles(each)))}
        made = {side: functools.partial(render, each) for side, each in usable.items()}
        return self._library.slope(term.name, made)

    # --- loops over layers --------------------------------------------------------------------------------------------

    def _looped(self, role: str) -> bool:
        """Write the loop that gives a role among others; whether there is one."""
        weights = [f"{kind}{layer}" for kind in "Wb" for layer in range(1, self.draft.last + 1)]
        if FORWARD.fullmatch(role) and all(map(self.can, (*weights, "X"))):
            self._forward_loop()
            return True
        inputs = [f"A{layer}" for layer in range(self.draft.last)]
        linear = "linear" in self.draft.network.activations[:-1]
        if GRADIENT.fullmatch(role) and not linear and all(map(self.can, (*weights[: self.draft.last], *inputs))):
            self._backward_loop()
            return role in self.have
        return False

    def _list(self, roles: Iterable[str]) -> str:
        return "[" + ", ".join(self.need(role) for role in roles) + "]"

    def _generic(self, term: Term, role: str, names: Mapping[str, str]) -> str:
        """A term of the layer that a loop is at."""
        before = dict(self.have)
        self.have.update(names)
        text = self.text(term, role)
        for name in names:
            self.have.pop(name)
        self.have.update(before)
        return text

    def _forward_loop(self) -> None:
        count = range(1, self.draft.last + 1)
        weights, biases = self._list(f"W{n}" for n in count), self._list(f"b{n}" for n in count)
        functions = [self._library.function(name) for name in self.draft.network.activations]
        term = Plus(Product(Name("A#"), Name("W#")), Name("b#"))
        affine = self._generic(term, "Z#", {"A#": "values[-1]", "W#": "weights", "b#": "bias"})
        self.lines += [
            f"sums, values = [], [{self.need('X')}]",
            f"for weights, bias, function in zip({weights}, {biases}, [{', '.join(functions)}]):",
            f"    sums.append({affine})",
            "    values.append(function(sums[-1]))",
        ]
        self._unpacked([f"Z{n}" for n in count], "sums")
        self._unpacked([f"A{n}" for n in count], "values[1:]")

    def _unpacked(self, roles: Sequence[str], source: str) -> None:
        names = [variable(role, self.draft) for role in roles]
        self.lines.append(f"{', '.join(names)}{',' if len(names) == 1 else ''} = {source}")
        self.have.update(zip(roles, names, strict=True))

    def _backward_loop(self) -> None:
        last, draft = self.draft.last, self.draft
        layers = range(1, last + 1)
        first = self.need(f"dZ{last}")
        inputs, weights = self._list(f"A{n - 1}" for n in layers), self._list(f"W{n}" for n in layers)
        slopes = [
            self.text(Slope(name, Name(f"Z{n}"), Name(f"A{n}")), f"Z{n}")
            for n, name in enumerate(draft.network.activations[:-1], 1)
        ]
        names = {"A#": "inputs[n]", "dZ#": "delta", "W#": "weights[n]", "S#": "slopes[n - 1]"}
        of_weights = self._generic(weight_gradient(draft, "#", "#"), "dW#", names)
        of_bias = self._generic(bias_gradient(draft, "#"), "db#", names)
        below = Times(Product(Name("dZ#"), Turned(Name("W#"))), Name("S#"))
        self.lines += [
            f"inputs, weights, slopes = {inputs}, {weights}, [{', '.join(slopes)}]",
            f"of_weights, of_biases, delta = [None] * {last}, [None] * {last}, {first}",
            f"for n in reversed(range({last})):",
            f"    of_weights[n] = {of_weights}",
            f"    of_biases[n] = {of_bias}",
            "    if n > 0:",
            f"        delta = {self._generic(below, 'dZ#', names)}",
        ]
        self._unpacked([f"dW{n}" for n in layers], "of_weights")
        self._unpacked([f"db{n}" for n in layers], "of_biases")

    def step(self, role: str, target: str, *, whole: bool) -> str:
        """The line that makes one step of a parameter.

        Parameters
        ----------
        role : str
            The parameter.
        target : str
            What is assigned to.
        whole : bool
            Whether a new array is assigned; otherwise the array is changed in place, where the formula allows that.
        """
        term = self._formulas[f"next_{role}"]
        if not whole and isinstance(term, Minus | Plus) and term.left == Name(role):
            return f"{target} {'-' if isinstance(term, Minus) else '+'}= {self.text(term.right, role)}"
        return f"{target} = {self.text(term, role)}"


def variable(role: str, draft: Draft) -> str:
    """What an author calls a role's value."""
    if role in ("T", "P"):
        return {"T": "targets", "P": "probabilities"}[role]
    if role.startswith("next_"):
        return variable(role.removeprefix("next_"), draft)
    return role.lower() if draft.wording.lower and FORWARD.fullmatch(role.removeprefix("d")) else role


def _roles(term: Term) -> set[str]:
    found: set[str] = set()

    def note(each: Term) -> None:
        if isinstance(each, Name):
            found.add(each.role)

    changed(term, note)
    return found
