"""Terms as Python, in the layout that the code has: transposes come of where each array lies turned."""

from __future__ import annotations

import re
from collections.abc import Callable

from gradcheck.grading.self_test.draft import Wording
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
)
from gradcheck.submissions.declared.forms import Form
from gradcheck.submissions.declared.interface import Biases

__all__ = ["Renderer", "is_turned", "kind_of"]

KIND = re.compile(r"(?:next_)?d?([XYZATPWb])(?:\d+|#|$)")
# Binding of operators, loosest first.
SUM, PRODUCT, ATOM = 1, 2, 3
OPERATORS = {Times: ("*", PRODUCT), Over: ("/", PRODUCT), Plus: ("+", SUM), Minus: ("-", SUM)}
CALLED = re.compile(r"(?<![\w.])([a-z_]+)\(")
PLAIN = re.compile(r"[\w.]+(\[[^\[\]]*\]|\([^()]*\))*")


def kind_of(role: str) -> str:
    """``W``, ``b``, ``samples``, or nothing for a number."""
    found = KIND.fullmatch(role)
    return "" if found is None else found[1] if found[1] in "Wb" else "samples"


def is_turned(role: str, form: Form) -> bool:
    """Whether an array lies the other way round than the canonical one."""
    return {"": False, "W": form.turned, "b": form.columns, "samples": form.columns}[kind_of(role)]


class Renderer:
    """Writes terms.

    Parameters
    ----------
    form : Form
    wording : Wording
    named : callable
        ``named(role)`` gives the expression of a role's value, in the layout that it has.
    activated : callable
        ``activated(name, text)`` gives the call of an activation.
    slope : callable
        ``slope(term, render)`` gives that of a derivative.
    helper : callable
        ``helper(name)`` notes that a helper is used; whether there is one of that name.
    """

    def __init__(
        self,
        form: Form,
        wording: Wording,
        named: Callable[[str], str],
        activated: Callable[[str, str], str],
        slope: Callable[[Slope, Callable[[Term], str]], str],
        helper: Callable[[str], bool],
    ) -> None:
        self._form, self._wording, self._named = form, wording, named
        self._activated, self._slope, self._helper = activated, slope, helper

    def text(self, term: Term, *, turned: bool) -> str:
        """A term in the layout that is asked for."""
        return self._written(term, turned=turned)[0]

    def _written(self, term: Term, *, turned: bool) -> tuple[str, int]:
        """Its text, and how closely that binds."""
        if isinstance(term, Times | Over | Plus | Minus):
            return self._operation(term, turned=turned)
        if isinstance(term, Turned):
            return self._written(term.inner, turned=not turned)
        if isinstance(term, Product):
            return self._product(term, turned=turned)
        if isinstance(term, Outer):
            return self._outer(term, turned=turned)
        return self._applied(term, turned=turned) if isinstance(term, Apply) else self._atom(term, turned=turned)

    def _atom(self, term: Term, *, turned: bool) -> tuple[str, int]:
        text, level = "", ATOM
        match term:
            case Name(role):
                other = bool(kind_of(role)) and turned != is_turned(role, self._form)
                text = self._named(role) + (".T" if other else "")
            case Number(value):
                text, level = f"{value:g}", ATOM if value >= 0 else PRODUCT
            case Sum():
                text = self._sum(term, turned=turned)
            case Activated(name, inner):
                text = self._activated(name, self.text(inner, turned=turned))
            case Slope():
                text = self._slope(term, lambda inner: self.text(inner, turned=turned))
        return text, level

    def _at(self, term: Term, least: int, *, turned: bool) -> str:
        text, level = self._written(term, turned=turned)
        return text if level >= least else f"({text})"

    def _operation(self, term: Times | Over | Plus | Minus, *, turned: bool) -> tuple[str, int]:
        if isinstance(term, Times) and term.left == Number(-1.0):
            return f"-{self._at(term.right, PRODUCT, turned=turned)}", PRODUCT
        sign, level = OPERATORS[type(term)]
        left = self._at(term.left, level, turned=turned)
        return f"{left} {sign} {self._at(term.right, level + 1, turned=turned)}", level

    def _product(self, term: Product, *, turned: bool) -> tuple[str, int]:
        left, right = (term.right, term.left) if turned else (term.left, term.right)
        if self._wording.dot:
            return f"np.dot({self.text(left, turned=turned)}, {self.text(right, turned=turned)})", ATOM
        return f"{self._at(left, PRODUCT, turned=turned)} @ {self._at(right, ATOM, turned=turned)}", PRODUCT

    def _outer(self, term: Outer, *, turned: bool) -> tuple[str, int]:
        parts = (term.inputs, term.delta)
        if not (self._wording.samples and all(isinstance(part, Name) for part in parts)):
            return self._product(Product(Turned(term.inputs), term.delta), turned=turned)
        chosen = [self.text(part, turned=self._form.columns) for part in parts]
        entry = "[:, i]" if self._form.columns else "[i]"
        first, second = reversed(chosen) if turned else chosen
        length = f"{first}.shape[1]" if self._form.columns else f"len({first})"
        return f"sum(np.outer({first}{entry}, {second}{entry}) for i in range({length}))", ATOM

    def _sum(self, term: Sum, *, turned: bool) -> str:
        inner = self.text(term.inner, turned=turned)
        verb = "mean" if term.mean else "sum"
        options = ""
        if term.over != "all":
            axis = int(turned) if term.over == "samples" else int(not turned)
            flat = self._form.biases is Biases.FLAT and term.over == "samples" and not turned
            options = f"axis={axis}" + ("" if flat else ", keepdims=True")
        if self._wording.methods and PLAIN.fullmatch(inner):
            return f"{inner}.{verb}({options})"
        return f"np.{verb}({inner}{', ' if options else ''}{options})"

    def _applied(self, term: Apply, *, turned: bool) -> tuple[str, int]:
        given = [self.text(each, turned=turned) for each in term.arguments]
        if "{" not in term.text:
            self._helper(term.text)
            return f"{term.text}({', '.join(given)})", ATOM
        for name in CALLED.findall(term.text):
            self._helper(name)
        opens = term.text.startswith("{}")  # an operator binds its left side: a ** 2
        given = [each if not opens or PLAIN.fullmatch(each) else f"({each})" for each in given]
        return term.text.format(*given), ATOM if not opens or term.text.startswith("{}.") else PRODUCT
