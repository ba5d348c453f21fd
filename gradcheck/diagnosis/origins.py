"""Where a text gives something its value: a parameter, the targets, a rate; followed through calls and loops."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from gradcheck.diagnosis.repair.names import NAMES_OF, last_part

__all__ = ["Origins"]

RATE = re.compile(NAMES_OF["learning_rate"], re.IGNORECASE)
# How often a value may be handed on: through functions, slices and other names.
MAX_STEPS = 8
# A product of one of these makes a value: what is only cut, or taken out of a list, keeps it.
KEEPS = (ast.Name, ast.Attribute, ast.Subscript)
PRODUCT = re.compile(r"@|\bdot\(|\bmatmul\(|\bmm\(")
# Functions without a slope.
FLAT = frozenset({"argmax", "argmin", "sign", "round", "rint", "floor", "ceil", "heaviside", "around"})

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class _Bound:
    """A name, key or attribute that is given a value; ``place`` where one of several targets takes an element."""

    name: str
    value: ast.expr
    line: int
    function: Function | None
    place: int | None = None
    loop: bool = False


class Origins:
    """The bindings and calls of one text.

    Parameters
    ----------
    text : str
        Python; of a text that is none nothing is known.
    """

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines()
        self._bound: dict[str, list[_Bound]] = defaultdict(list)
        self._calls: dict[str, list[tuple[ast.Call, Function | None]]] = defaultdict(list)
        self._functions: dict[str, Function] = {}
        self._classes: dict[str, str] = {}  # of the constructor's name, which is called by that of its class
        self._nodes: list[tuple[ast.AST, Function | None]] = []
        try:
            self._walk(ast.parse(text), None, "")
        except (SyntaxError, ValueError):
            return

    def of(self, name: str) -> tuple[int, ...]:
        """Lines at which what a name, key or attribute holds is made; updates are none of them."""
        base = last_part(re.sub(r"\[-?\d+\]$", "", name))
        found: dict[int, None] = {}
        for bound in self._bound.get(base, ()):
            if not bound.loop and not _mentions(bound.value, base):
                found[self._followed(bound, MAX_STEPS)] = None
        return tuple(found)

    def last(self, name: str) -> int | None:
        """The line that gives a name its last value before training, through the functions that it is handed to."""
        base = last_part(name)
        handed = [function for function in self._functions.values() if base in _parameters(function)]
        lines = [line for function in handed if (line := self._argument(function, base, MAX_STEPS)) is not None]
        if lines:
            return lines[0]
        bound = [item for item in self._bound.get(base, ()) if item.name == base]
        return self._followed(bound[-1], MAX_STEPS) if bound else None

    def rate(self, value: float | None) -> int | None:
        """The line where the learning rate is set: one with its value, where that is known."""
        named = list(self._rates())
        fitting = [line for line, number in named if value is None or number == value]
        if fitting:
            return fitting[0]
        literal = (
            node.lineno
            for node, _function in self._nodes
            if isinstance(node, ast.BinOp)
            and isinstance(node.op, ast.Mult)
            and value is not None
            and value in (_number(node.left), _number(node.right))
        )
        return next(literal, None)

    def product(self, name: str) -> int | None:
        """The first line that multiplies matrices and names one of them."""
        word = re.compile(rf"\b{re.escape(last_part(name))}\b")
        matching = (i for i, line in enumerate(self._lines, 1) if word.search(line) and PRODUCT.search(line))
        return next(matching, None)

    def flat(self) -> int | None:
        """The first line that calls a function without a slope, outside of what only counts hits."""
        for node, function in self._nodes:
            counts = function is not None and re.search(r"accura|predict|score|eval|plot", function.name)
            if isinstance(node, ast.Call) and _called(node) in FLAT and not counts:
                return node.lineno
        return None

    # --- reading ----------------------------------------------------------------------------------------------------

    def _walk(self, node: ast.AST, function: Function | None, owner: str) -> None:
        for child in ast.iter_child_nodes(node):
            self._nodes.append((child, function))
            self._read(child, function)
            if isinstance(child, Function):
                name = owner if child.name == "__init__" and owner else child.name
                self._functions[name] = child
                self._walk(child, child, "")
            else:
                self._walk(child, function, child.name if isinstance(child, ast.ClassDef) else "")

    def _read(self, node: ast.AST, function: Function | None) -> None:
        match node:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    self._bind(target, value, node.lineno, function)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self._bind(target, value, node.lineno, function)
            case ast.For(target=target, iter=value) | ast.comprehension(target=target, iter=value):
                self._bind(target, value, value.lineno, function, loop=True)
            case ast.Dict(keys=keys, values=values):
                for key, value in zip(keys, values, strict=True):
                    if isinstance(key, ast.Constant):
                        self._add(str(key.value), value, value.lineno, function)
            case ast.Call():
                self._calls[_called(node)].append((node, function))
                for keyword in node.keywords if _called(node) == "dict" else ():
                    self._add(keyword.arg or "", keyword.value, keyword.value.lineno, function)

    def _bind(
        self, target: ast.expr, value: ast.expr, line: int, function: Function | None, *, loop: bool = False
    ) -> None:
        if isinstance(target, (ast.Tuple, ast.List)):
            parts = value.elts if isinstance(value, (ast.Tuple, ast.List)) and not loop else []
            for place, element in enumerate(target.elts):
                if len(parts) == len(target.elts):
                    self._bind(element, parts[place], line, function)
                else:
                    self._add(_name(element), value, line, function, place, loop=loop)
        else:
            self._add(_name(target), value, line, function, loop=loop)

    def _add(
        self,
        name: str,
        value: ast.expr,
        line: int,
        function: Function | None,
        place: int | None = None,
        *,
        loop: bool = False,
    ) -> None:
        if name:
            self._bound[name].append(_Bound(name, value, line, function, place, loop))

    # --- following --------------------------------------------------------------------------------------------------

    def _followed(self, bound: _Bound, steps: int) -> int:
        """The line of a binding, or of what it hands on."""
        value = bound.value
        if bound.place is not None:  # ``for x, t in zip(X, T)``, or in batches that a function makes of both
            returned = self._returned(bound)
            if returned is not None and steps > 0:
                return self._followed(returned, steps - 1)
            arguments = value.args if isinstance(value, ast.Call) else []
            if len(arguments) <= bound.place:
                return bound.line
            value = arguments[bound.place]
        while isinstance(value, ast.Subscript) and not _is_key(value.slice):
            value = value.value
        if steps <= 0 or not isinstance(value, KEEPS):
            return bound.line
        found = self._before(_name(value), bound.line, bound.function, steps - 1)
        return bound.line if found is None else found

    def _returned(self, bound: _Bound) -> _Bound | None:
        """What a function of the text returns in the place of ``y`` in ``X, y = make_data()``."""
        function = self._functions.get(_called(bound.value)) if isinstance(bound.value, ast.Call) else None
        if function is None or bound.loop or bound.place is None:
            return None
        for node in ast.walk(function):
            if (
                isinstance(node, ast.Return)
                and isinstance(node.value, ast.Tuple)
                and bound.place < len(node.value.elts)
            ):
                return _Bound(bound.name, node.value.elts[bound.place], node.lineno, function)
        return None

    def _before(self, name: str, line: int, function: Function | None, steps: int) -> int | None:
        """Where a name got the value that it has at a line of a function."""
        if steps <= 0:
            return None
        all_bound = [item for item in self._bound.get(name, ()) if item.line != line]
        own = [item for item in all_bound if item.function is function]
        above = [item for item in own if item.line < line] or own
        if above:
            return self._followed(above[-1], steps)
        if function is not None and name in _parameters(function):
            return self._argument(function, name, steps)
        outer = [item for item in all_bound if item.function is None]
        return self._followed(outer[-1], steps) if outer else None

    def _argument(self, function: Function, name: str, steps: int) -> int | None:
        """Where the callers of a function take what they hand in by that name."""
        called = next(called for called, item in self._functions.items() if item is function)
        parameters = _parameters(function)
        for call, caller in self._calls.get(called, ()):
            keywords = {keyword.arg: keyword.value for keyword in call.keywords}
            place = parameters.index(name)
            value = keywords.get(name, call.args[place] if place < len(call.args) else None)
            while isinstance(value, ast.Subscript) and not _is_key(value.slice):
                value = value.value
            if isinstance(value, KEEPS):
                found = self._before(_name(value), call.lineno, caller, steps - 1)
                if found is not None:
                    return found
            elif value is not None:
                return value.lineno
        return None

    def _rates(self) -> Iterator[tuple[int, float]]:
        """Lines at which something named like a rate is set, and to what: in the code before in defaults."""
        for name, value in (*self._bound_values(), *self._handed_in(), *self._defaults()):
            number = _number(value)
            if RATE.fullmatch(name) and number is not None:
                yield value.lineno, number

    def _bound_values(self) -> Iterator[tuple[str, ast.expr]]:
        for name, items in self._bound.items():
            yield from ((name, item.value) for item in items if item.place is None)

    def _handed_in(self) -> Iterator[tuple[str, ast.expr]]:
        for called, calls in self._calls.items():
            function = self._functions.get(called)
            for call, _caller in calls:
                yield from ((keyword.arg or "", keyword.value) for keyword in call.keywords)
                if function is not None:
                    yield from zip(_parameters(function), call.args, strict=False)

    def _defaults(self) -> Iterator[tuple[str, ast.expr]]:
        for function in self._functions.values():
            names, given = [argument.arg for argument in function.args.args], function.args.defaults
            yield from zip(names[len(names) - len(given) :], given, strict=True)


def _parameters(function: Function) -> list[str]:
    return [argument.arg for argument in function.args.args if argument.arg not in ("self", "cls")]


def _name(node: ast.expr) -> str:
    """A name, an attribute, or a key, by its last part; ``W[:] = ...`` fills what was there."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.Subscript(slice=ast.Constant(value=str() as name)):
            return name
        case ast.Subscript(value=owner):
            return _name(owner)
    return ""


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _is_key(index: ast.expr) -> bool:
    return isinstance(index, ast.Constant) and isinstance(index.value, str)


def _number(node: ast.expr) -> float | None:
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            return float(value)
    return None


def _mentions(value: ast.expr, name: str) -> bool:
    """Whether it is made of what it replaces: an update."""
    return any(
        (isinstance(node, (ast.Name, ast.Attribute)) and _name(node) == name)
        or (isinstance(node, ast.Constant) and node.value == name)
        for node in ast.walk(value)
    )
