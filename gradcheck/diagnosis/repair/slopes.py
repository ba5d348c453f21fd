"""Activations that a file computes, and how their derivatives can be written at a line of it."""

from __future__ import annotations

import itertools
import re
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import libcst as cst
import numpy as np

from gradcheck.diagnosis.programs.program import Array
from gradcheck.diagnosis.repair.activations import ACTIVATIONS, Part
from gradcheck.diagnosis.repair.bindings import elements
from gradcheck.diagnosis.repair.names import ELEMENT, fingerprint, keyed, shifted
from gradcheck.diagnosis.repair.syntax import Statement, Tree

__all__ = ["Active", "Slopes"]

# Activations that are told by their values alone.
SQUASHING = ("sigmoid", "tanh", "relu")
# An element of a list, counted from its beginning.
NUMBERED = re.compile(r"([\w.]+)\[(\d+)\]")
# Numbers below zero that must be alike for one to be a leaky rectifier of the other, and how alike (relative).
ENOUGH, ROUND_OFF = 2, 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Active:
    """A variable that holds an activation: its name in the code, its kind, its pre-activation where that is named."""

    name: str
    kind: str
    argument: str | None = None
    leak: float = 0.0


class Slopes(ABC):
    """What a scope says of activations: it is one itself."""

    tree: Tree
    helpers: Mapping[str, tuple[Part, ...]]
    callees: Mapping[str, tuple[str, ...]]
    actives: tuple[Active, ...]
    intermediates: tuple[Array, ...]
    _anywhere: dict[str, Array]
    _values: dict[tuple[str, str], list[tuple[int, int, Array]]]

    @property
    def plain(self) -> bool:
        """Whether the file computes in lists and numbers, without arrays."""
        return re.search(r"^\s*(import|from)\s+numpy\b", self.tree.text, re.MULTILINE) is None

    @abstractmethod
    def names(self, statement: Statement) -> tuple[str, ...]:
        """Variables that could be written in a statement."""

    @abstractmethod
    def value(self, text: str, statement: Statement) -> Array | None:
        """The value of an expression at a statement."""

    @abstractmethod
    def lists(self, statement: Statement) -> tuple[str, ...]:
        """Variables whose elements are used in the statement's function."""

    @abstractmethod
    def indices(self, statement: Statement) -> tuple[str, ...]:
        """Indices that the statement itself uses."""

    def slopes(self, statement: Statement, shape: tuple[int, ...] | None) -> Iterator[tuple[str, str]]:
        """Expressions of activations' derivatives that fit a shape, with their kind: helpers called, then formulas."""
        names = set(map(keyed, self.names(statement)))
        lists = self.lists(statement)
        names |= {keyed(f"{name}[{index}]") for name in lists for index in self.indices(statement)}
        names |= {
            keyed(active.argument)
            for active in self._in_scope(statement, names)
            if active.argument is not None and active.argument.partition("[")[0] in lists
        }
        seen: set[str | bytes] = set()
        ways = [
            (t, active.kind)
            for active in self._in_scope(statement, names)
            for t in self._ways(active, statement, names)
        ]
        for text, kind in sorted(ways, key=lambda way: way[0].startswith("(")):
            value = self.value(text, statement)
            known = text if value is None else fingerprint(value)
            if known not in seen and (shape is None or value is None or value.shape == shape):
                seen.add(known)
                yield text, kind

    def _in_scope(self, statement: Statement, names: set[str]) -> Iterator[Active]:
        for active in self.actives:
            if active.name in names or (active.argument is not None and active.argument in names):
                yield active
        listed = {
            (active.name.partition("[")[0], (active.argument or "").partition("[")[0], active.kind, active.leak)
            for active in self.actives
            if ELEMENT.match(active.name)
        }
        shifts = _shifts(self.actives)
        for outputs, inputs, kind, leak in sorted(listed):  # elements of lists, with the indices that the code uses
            for index in self.indices(statement):
                for shift in shifts.get((outputs, inputs), (0,)):
                    pair = f"{outputs}[{index}]", f"{inputs}[{shifted(index, shift)}]" if inputs else None
                    yield Active(name=pair[0], kind=kind, argument=pair[1], leak=leak)
            for name, base in elements(self.tree, statement).items():  # ``for o, t in zip(outputs, targets)``
                if base and base in (outputs, inputs):
                    pair = (name, None) if base == outputs else ("", name)
                    yield Active(name=pair[0], kind=kind, argument=pair[1], leak=leak)

    def _ways(self, active: Active, statement: Statement, names: set[str]) -> Iterator[str]:  # noqa: C901
        active = Active(
            name=keyed(active.name),
            kind=active.kind,
            argument=None if active.argument is None else keyed(active.argument),
            leak=active.leak,
        )
        inputs = [active.argument] if active.argument is not None and active.argument in names else []
        outputs = [active.name] if active.name in names else []
        for helper, parts in self.helpers.items():
            for part in parts:
                if part.kind == active.kind and part.what in ("slope", "at_output"):
                    for argument in inputs if part.what == "slope" else outputs:
                        yield part.call.replace("{f}", self.callee(helper, statement)).replace("{}", argument)
        kind = ACTIVATIONS.get(active.kind)
        if kind is None:
            if active.kind == "leaky-relu":
                for argument in inputs + outputs:
                    yield f"np.where({argument} > 0, 1, {active.leak:g})"
            return
        for argument in outputs:
            yield from (f"({formula.replace('{}', argument)})" for formula in kind.formulas_of_output)
        if not outputs:
            for argument in inputs:
                for formula in kind.formulas_of_input:
                    text = self.formula(formula, active.kind, argument, statement)
                    if text is not None:
                        yield f"({text})"

    def formula(self, formula: str, kind: str, argument: str, statement: Statement) -> str | None:
        """A formula with its argument, and the file's own activation, filled in; None where the file has none."""
        if "{f}" in formula:
            own = [
                name for name, parts in self.helpers.items() if any(p.kind == kind and p.what == "value" for p in parts)
            ]
            if not own:
                return None
            formula = formula.replace("{f}", self.callee(own[0], statement))
        return formula.replace("{}", argument)

    def callee(self, helper: str, statement: Statement) -> str:
        """How a helper is called from a statement."""
        forms = self.callees.get(helper, ())
        for form in forms:
            if not form.startswith("self.") or statement.owner:
                return form
        qualified = next((name for name in self.tree.definitions if name.rpartition(".")[2] == helper), helper)
        return f"self.{helper}" if "." in qualified and statement.owner else helper

    def _actives(self) -> Iterator[Active]:
        for statement in self.tree.statements:
            if isinstance(statement.node, cst.Assign) and len(statement.node.targets) == 1:
                target = statement.node.targets[0].target
                if isinstance(target, (cst.Name, cst.Attribute, cst.Subscript)):
                    yield from self._activation_of(keyed(self.tree.code(target)), statement.node.value)
                    inner = statement.node.value
                    if isinstance(inner, cst.ListComp):  # h = [tanh(z) for z in zs]
                        yield from self._activation_of(f"{keyed(self.tree.code(target))}[0]", inner.elt)
            match statement.node:
                case cst.Expr(
                    value=cst.Call(func=cst.Attribute(value=owner, attr=cst.Name(value="append")), args=[argument])
                ):
                    yield from self._activation_of(f"{keyed(self.tree.code(owner))}[0]", argument.value)
        yield from self._by_value()
        for statement in self.tree.statements:  # np.hstack([ones, sigmoid(z)]): an activation without a name
            for node in self.tree.expressions(statement):
                if isinstance(node, cst.Call) and self.tree.parent(node) is not None:
                    yield from self._activation_of("", node)

    def _activation_of(self, name: str, value: cst.BaseExpression) -> Iterator[Active]:
        match value:
            case cst.Call(func=func, args=[first, *_rest]):
                callee = self.tree.code(func)
                short = callee.rpartition(".")[2]
                argument = keyed(self.tree.code(first.value))
                for part in self.helpers.get(short, ()):
                    if part.what == "value" and part.kind != "linear":
                        yield Active(name=name, kind=part.kind, argument=argument, leak=part.leak)
                if callee in ("np.tanh", "numpy.tanh", "math.tanh", "tanh") and callee not in self.helpers:
                    yield Active(name=name, kind="tanh", argument=argument)
                if callee in ("np.maximum", "numpy.maximum", "maximum", "max"):
                    texts = [keyed(self.tree.code(item.value)) for item in value.args]
                    others = [text for text in texts if text not in ("0", "0.0")]
                    if len(others) == 1:
                        yield Active(name=name, kind="relu", argument=others[0])
            case cst.BinaryOperation(operator=cst.Divide()):
                text = re.sub(r"\s", "", self.tree.code(value))
                match = re.fullmatch(
                    r"1\.?0?/\((?:1\.?0?\+(?:(?:np|numpy|math)\.)?exp\(-(.+)\)|(?:(?:np|numpy|math)\.)?exp\(-(.+)\)\+1\.?0?)\)",
                    text,
                )
                if match:
                    argument = match.group(1) or match.group(2)
                    yield Active(name=name, kind="sigmoid", argument=keyed(argument))

    def _by_value(self) -> Iterator[Active]:
        """Pairs of variables of which one is an activation of the other."""
        least = 1 if self.plain else 2
        arrays = {name: value for name, value in self._anywhere.items() if value.size >= least and name != "return"}
        index: dict[bytes, list[str]] = defaultdict(list)
        for name, value in arrays.items():
            index[fingerprint(value)].append(name)
        for name, value in arrays.items():
            for kind, activation in ACTIVATIONS.items():
                if kind == "linear" or (kind == "relu" and value.size == 1):  # of half of all numbers that is zero
                    continue
                with np.errstate(all="ignore"):
                    image = activation.value(value)
                if not np.all(np.isfinite(image)) or np.array_equal(image, value):
                    continue
                for other in index.get(fingerprint(image), ()):
                    if other != name:
                        yield Active(name=other, kind=kind, argument=name)
        yield from _leaky_pairs(arrays)
        yield from self._of_unnamed(index)
        yield from self._handed_back()

    def _handed_back(self) -> Iterator[Active]:
        """What a method hands back as the activation of what it keeps: ``self.x = x; return np.log1p(np.exp(x))``."""
        for (function, name), events in self._values.items():
            results = self._values.get((function, "return"))
            if not name.startswith("self.") or not results or events[-1][2].shape != results[-1][2].shape:
                continue
            result = fingerprint(results[-1][2])
            for kind, activation in ACTIVATIONS.items():
                with np.errstate(all="ignore"):
                    image = activation.value(events[-1][2])
                if kind != "linear" and fingerprint(image) == result and not np.array_equal(image, events[-1][2]):
                    yield Active(name="", kind=kind, argument=name)

    def _of_unnamed(self, index: Mapping[bytes, list[str]]) -> Iterator[Active]:
        """Activations of what the forward pass computes without giving it a name."""
        for value, kind in itertools.product(self.intermediates, SQUASHING):
            with np.errstate(all="ignore"):
                image = ACTIVATIONS[kind].value(value)
            if not np.array_equal(image, value):
                for name in index.get(fingerprint(image), ()):
                    yield Active(name=name, kind=kind)


def _shifts(actives: Sequence[Active]) -> dict[tuple[str, str], tuple[int, ...]]:
    """How far apart an output and its input stand in their lists: ``a[1]`` is of ``z[0]`` where ``a[0]`` is the data.

    From the end, as ``a[-1]`` and ``z[-1]``, they stand side by side.
    """
    found: dict[tuple[str, str], dict[int, None]] = {}
    for active in actives:
        pair = [NUMBERED.fullmatch(text or "") for text in (active.name, active.argument)]
        if pair[0] is not None and pair[1] is not None:
            own = found.setdefault((pair[0].group(1), pair[1].group(1)), {})
            own[int(pair[1].group(2)) - int(pair[0].group(2))] = None
    return {lists: tuple(dict.fromkeys((*shifts, 0))) for lists, shifts in found.items()}


def _leaky_pairs(arrays: Mapping[str, Array]) -> Iterator[Active]:
    """Pairs of which one is the other with all that is below zero made smaller by one factor."""
    for (name, value), (other, image) in itertools.permutations(arrays.items(), 2):
        left = value < 0
        alike = value.shape == image.shape and np.array_equal(value[~left], image[~left])
        if not alike or np.count_nonzero(left) < ENOUGH:
            continue
        shares = image[left] / value[left]
        if 0 < shares[0] < 1 and np.allclose(shares, shares[0], rtol=ROUND_OFF, atol=0.0):
            yield Active(name=other, kind="leaky-relu", argument=name, leak=float(f"{shares[0]:.9g}"))
