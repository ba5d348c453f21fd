"""What a text shows or keeps of its training, each number as one expression; and what a loop's turn mentions."""

from __future__ import annotations

import ast
import functools
import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeGuard

from gradcheck.submissions.text.sites import ACCURACY_NAME, LOSS_NAME, is_recorded
from gradcheck.submissions.text.updates import copied, last_name, read_again

__all__ = [
    "Report",
    "exchanged",
    "is_called_loss",
    "is_metric",
    "loop_at",
    "mentioned",
    "parsed",
    "reports",
    "spelled_out",
]

SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
SHOWING = frozenset({"print", "write", "info", "set_description", "append"})
# What only makes a number readable: ``round(x, 4)``, ``f"{x:.3f}"``, ``float(x)``.
DRESSING = frozenset({"round", "float", "str", "item", "format", "around"})
# Definitions that are followed, one inside the other.
DEPTH = 4


@dataclass(frozen=True, slots=True)
class Report:
    """A number that a text shows, keeps or compares: its expression, and the function (or module) that it stands in.

    ``kept`` says that it is put into a record or decides something, and is not only shown.
    """

    value: ast.expr
    scope: ast.AST
    kept: bool

    @property
    def line(self) -> int:
        """Where it stands."""
        return self.value.lineno


@functools.lru_cache(maxsize=4)
def parsed(text: str) -> ast.Module | None:
    """A text as a tree, None for one that is no Python."""
    try:
        return ast.parse(text)
    except SyntaxError:
        return None


def loop_at(tree: ast.AST, line: int, *, while_loop: bool) -> ast.For | ast.While | None:
    """The loop that begins in a line."""
    kind = ast.While if while_loop else ast.For
    return next((node for node in ast.walk(tree) if isinstance(node, kind) and node.lineno == line), None)


def reports(tree: ast.Module) -> list[Report]:
    r"""Every number that a text shows, keeps or compares, and every one that is called a loss; first sums of parts.

    Examples
    --------
    >>> tree = ast.parse("loss = f(w)\nprint('%d: %.3f' % (k, g(w).round(2)), f'{h(w):.2f}')\nkept.append(float(j(w)))")
    >>> [ast.unparse(report.value) for report in reports(tree)]
    ['f(w)', 'k', 'g(w)', 'h(w)', 'j(w)']
    >>> tree = ast.parse("fit, penalty = terms(w)\nprint(fit, penalty)")
    >>> [ast.unparse(report.value) for report in reports(tree)]
    ['fit + penalty', 'fit', 'penalty']
    """
    found: list[Report] = []
    _collect(tree, tree, found)
    return [*_sums(found), *found]


def _sums(found: list[Report]) -> Iterator[Report]:
    """What is shown in one line as parts that one call gave, ``rec, kl = terms(...)``, added up."""
    for (scope, line), together in itertools.groupby(found, lambda report: (report.scope, report.line)):
        names = {report.value.id: report for report in together if isinstance(report.value, ast.Name)}
        for node in _own(scope):
            if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Call) or node.lineno > line:
                continue
            parts = node.targets[0]
            if not isinstance(parts, ast.Tuple):
                continue
            bound = [part.id for part in parts.elts if isinstance(part, ast.Name) and part.id in names]
            if len(bound) > 1:
                whole = functools.reduce(_added, (names[name].value for name in bound))
                yield Report(whole, scope, any(names[name].kept for name in bound))


def _added(left: ast.expr, right: ast.expr) -> ast.expr:
    return ast.copy_location(ast.BinOp(left, ast.Add(), right), left)


def _collect(node: ast.AST, scope: ast.AST, found: list[Report]) -> None:
    scope = node if isinstance(node, SCOPES) else scope
    if isinstance(node, ast.Call) and last_name(node.func) in SHOWING:
        kept = last_name(node.func) == "append"
        found += [Report(part, scope, kept) for argument in node.args for part in _numbers(argument)]
    elif isinstance(node, ast.If) and isinstance(node.test, ast.Compare) and not _is_piecewise(node):
        found += [Report(part, scope, kept=True) for part in _numbers(node.test.left)]
    elif isinstance(node, ast.Assign) and LOSS_NAME.search(last_name(node.targets[0])):
        kept = is_recorded(scope, last_name(node.targets[0]))
        found += [Report(part, scope, kept) for part in _numbers(node.value)]
    for child in ast.iter_child_nodes(node):
        _collect(child, scope, found)


def _is_piecewise(node: ast.If) -> bool:
    """Whether one name is given a value either way: what is compared chooses the formula, as in a Huber loss."""
    either = [
        {part.id for one in side for part in ast.walk(one) if _is_stored(part)} for side in (node.body, node.orelse)
    ]
    return bool(either[0] & either[1])


def _is_stored(node: ast.AST) -> TypeGuard[ast.Name]:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)


def _numbers(node: ast.expr) -> Iterator[ast.expr]:
    """What is shown, without what makes it readable."""
    if isinstance(node, ast.JoinedStr):
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                yield from _numbers(part.value)
    elif isinstance(node, (ast.Tuple, ast.List)):
        for element in node.elts:
            yield from _numbers(element)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        yield from _numbers(node.right)
    elif isinstance(node, ast.Call) and last_name(node.func) in DRESSING:
        for part in _undressed(node):
            yield from _numbers(part)
    elif isinstance(node, (ast.Name, ast.Call, ast.BinOp, ast.UnaryOp, ast.Subscript, ast.Attribute)):
        yield node


def _undressed(call: ast.Call) -> list[ast.expr]:
    """``x`` of ``float(x)``, ``np.round(x, 4)`` and ``x.round(4)``; all that is put into a text."""
    if not isinstance(call.func, ast.Attribute) or last_name(call.func) == "format":
        return call.args if isinstance(call.func, ast.Attribute) else call.args[:1]
    first = call.args[:1]
    return first if first and not isinstance(first[0], ast.Constant) else [call.func.value]


def is_called_loss(node: ast.expr) -> bool:
    """Whether anything in an expression is called a loss."""
    names = [last_name(part) for part in ast.walk(node) if isinstance(part, (ast.Name, ast.Attribute))]
    return any(LOSS_NAME.search(name) for name in names)


def is_metric(node: ast.expr) -> bool:
    """Whether what is called to compute a number is called an accuracy, whatever its data are called."""
    called = [last_name(part.func) for part in ast.walk(node) if isinstance(part, ast.Call)]
    return any(ACCURACY_NAME.search(name) for name in called)


def spelled_out(report: Report, reaches: Callable[[str], bool]) -> ast.expr:
    r"""A report's expression, with the definitions of those names in it that are made of parameters.

    Parameters
    ----------
    report : Report
    reaches : callable
        ``reaches(name)``: whether a variable leads to parameters. What does not, and is made of nothing that does, are
        data.

    Examples
    --------
    >>> tree = ast.parse("rest = f(net, X) - Y\nprint(np.mean(rest ** 2))")
    >>> ast.unparse(spelled_out(reports(tree)[0], lambda name: name == "net"))
    'np.mean((f(net, X) - Y) ** 2)'
    """
    definitions = _without_bound(_definitions(report.scope, report.line), report.value)
    spelled = _Speller(definitions, reaches, DEPTH).visit(copied(report.value))
    assert isinstance(spelled, ast.expr)
    return spelled


def _without_bound(definitions: Mapping[str, ast.expr], expression: ast.expr) -> dict[str, ast.expr]:
    """Those of names that an expression does not bind itself, as ``r`` of ``sum(r for *_, r in steps)``."""
    names = [part for part in ast.walk(expression) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)]
    bound = {part.id for part in names}
    return {name: value for name, value in definitions.items() if name not in bound}


def _definitions(scope: ast.AST, line: int) -> dict[str, ast.expr]:
    """The last value that each name of a scope is given before a line; of what is added up the term."""
    found: dict[str, tuple[bool, int, ast.expr]] = {}
    for node in _own(scope):
        if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add) and isinstance(node.target, ast.Name):
            pairs = [(node.target.id, node.value)]
        elif isinstance(node, ast.Assign) and len(node.targets) == 1:
            pairs = list(_bound(node.targets[0], node.value))
        else:
            continue
        for name, value in pairs:
            key = (node.lineno <= line, node.lineno, value)
            if not isinstance(value, ast.Constant) and (name not in found or key[:2] >= found[name][:2]):
                found[name] = key
    return {name: value for name, (_, _, value) in found.items()}


def _bound(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(target, ast.Name):
        yield target.id, value
    elif isinstance(target, (ast.Tuple, ast.List)) and not any(isinstance(e, ast.Starred) for e in target.elts):
        for position, element in enumerate(target.elts):
            if isinstance(value, (ast.Tuple, ast.List)) and len(value.elts) == len(target.elts):
                yield from _bound(element, value.elts[position])
            else:
                part = ast.Subscript(value, ast.Constant(position), ast.Load())
                yield from _bound(element, ast.copy_location(part, value))


def _own(scope: ast.AST) -> Iterator[ast.AST]:
    pending: list[ast.AST] = list(ast.iter_child_nodes(scope))
    while pending:
        node = pending.pop()
        yield node
        if not isinstance(node, SCOPES):
            pending.extend(ast.iter_child_nodes(node))


class _Speller(ast.NodeTransformer):
    def __init__(self, definitions: dict[str, ast.expr], reaches: Callable[[str], bool], depth: int) -> None:
        self._definitions, self._reaches, self._depth = definitions, reaches, depth

    def visit_Name(self, node: ast.Name) -> ast.AST:
        value = self._definitions.get(node.id)
        if value is None or self._depth == 0 or self._reaches(node.id):
            return node
        others = {name: other for name, other in self._definitions.items() if name != node.id}
        others = _without_bound(others, value)
        inner = _Speller(others, self._reaches, self._depth - 1).visit(copied(value))
        names = {part.id for part in ast.walk(inner) if isinstance(part, ast.Name)}
        return inner if any(map(self._reaches, names)) else node


def exchanged(expression: ast.expr, chosen: Mapping[str, str]) -> ast.expr:
    """An expression with others in the place of some of its parts, all by their text.

    Examples
    --------
    >>> ast.unparse(exchanged(ast.parse("cost(w, X[:9], Y)", mode="eval").body, {"X[:9]": "x", "Y": "y[k]"}))
    'cost(w, x, y[k])'
    """
    made = _Exchange(chosen).visit(copied(expression))
    assert isinstance(made, ast.expr)
    return made


class _Exchange(ast.NodeTransformer):
    def __init__(self, chosen: Mapping[str, str]) -> None:
        self._chosen = {old: ast.parse(new, mode="eval").body for old, new in chosen.items()}

    def visit(self, node: ast.AST) -> ast.AST:
        if isinstance(node, (ast.Name, ast.Subscript, ast.Attribute)) and isinstance(node.ctx, ast.Load):
            new = self._chosen.get(ast.unparse(node))
            if new is not None:
                return copied(new)
        return self.generic_visit(node)


def mentioned(loop: ast.For | ast.While) -> list[ast.expr]:
    r"""Names, parts and attributes that one turn of a loop mentions, each once, in order.

    Examples
    --------
    >>> loop = ast.parse("for k in order:\n    step(net, X[k], y)").body[0]
    >>> [ast.unparse(part) for part in mentioned(loop)]
    ['k', 'step', 'net', 'X[k]', 'X', 'y']
    """
    found: dict[str, ast.expr] = {}
    parts: list[ast.AST] = [loop.target, *loop.body] if isinstance(loop, ast.For) else [*loop.body]
    pending = parts[::-1]
    while pending:
        node = pending.pop()
        if isinstance(node, (ast.Name, ast.Subscript, ast.Attribute)):
            read = read_again(node)
            found.setdefault(ast.unparse(read), read)
        if not isinstance(node, SCOPES):
            pending.extend(list(ast.iter_child_nodes(node))[::-1])
    return list(found.values())
