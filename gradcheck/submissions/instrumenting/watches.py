"""Puts calls to ``__gradcheck__`` around expressions of interest, and numbers the places that they report from."""

from __future__ import annotations

import ast
import dataclasses
import re
from typing import Any

from gradcheck.submissions.text.sites import RATE_NAME, Site
from gradcheck.submissions.text.updates import RUNTIME_NAME, copied, is_hook, is_same, last_name, rate_name, read_again

__all__ = ["Watches", "may_be_read_again"]

# What an index may call and be evaluated twice.
PURE = frozenset({"arange", "argmax", "astype", "flatten", "int", "len", "range", "ravel", "reshape", "squeeze"})
# What leads to a part of an object, and may be called twice.
ACCESS = frozenset({"getattr", "vars", "view"})
# Calls that only give a number another type: of ``np.float32(0.1) * gradient`` the rate is what is handed in.
CASTS = frozenset({"float", "float16", "float32", "float64", "double", "single", "half", "dtype"})
# The same under a name of the text's own: ``F = np.float32``, ``from numpy import float32 as F``.
OWN_CAST = re.compile(
    r"(?:^|;)\s*(\w+)\s*=\s*(?:np\.|numpy\.)?({0})\s*(?:[;#]|$)|\b({0}) as (\w+)".format("|".join(CASTS))
)


class Watches:
    """The watched places of a text.

    Parameters
    ----------
    text : str
        Quoted in messages.
    sites : list of Site
        Numbering goes on from these; new ones are added to it.

    Attributes
    ----------
    names : list of str
        Of the classes and functions around the statement at hand, outermost first.
    """

    def __init__(self, text: str, sites: list[Site]) -> None:
        self.sites = sites
        self.names: list[str] = []
        self._lines = text.split("\n")
        self._casts = CASTS | {
            name for found in map(OWN_CAST.search, self._lines) if found for name in found.group(1, 4)
        }

    def squares(self, value: ast.expr) -> ast.expr:
        """Let what is squared in a sum of products report: ``beta * v + (1 - beta) * g ** 2``."""
        if isinstance(value, ast.BinOp) and isinstance(value.op, (ast.Add, ast.Mult)):
            last = (
                value.left.right if isinstance(value.left, ast.BinOp) and isinstance(value.left.op, ast.Mult) else None
            )
            if isinstance(value.op, ast.Mult) and any(
                is_same(value.right, part) for part in (value.left, last) if part
            ):
                value.right = self._squared(value.right)
                return value
            value.left, value.right = self.squares(value.left), self.squares(value.right)
        elif isinstance(value, ast.BinOp) and isinstance(value.op, ast.Pow) and _is_two(value.right):
            value.left = self._squared(value.left)
        elif isinstance(value, ast.Call) and value.args:
            two = len(value.args) == 2 and last_name(value.func) == "power" and _is_two(value.args[1])
            product = last_name(value.func) == "multiply" and len(value.args) == 2 and is_same(*value.args)
            if last_name(value.func) == "square" or two or product:
                value.args[0] = self._squared(value.args[0])
        return value

    def _squared(self, value: ast.expr) -> ast.expr:
        number = self.site("squared", self.source(value), value)
        return ast.copy_location(self.call("squared", ast.Constant(number), value), value)

    def averages(self, node: ast.BinOp) -> ast.BinOp:
        """Let what enters a moving average report: ``beta * v + (1 - beta) * g``, ``0.9 * v + 0.1 * g``."""
        sides = [side for side in (node.left, node.right) if isinstance(side, ast.BinOp)]
        products = [side for side in sides if isinstance(side.op, ast.Mult)]
        shares = [number for side in products for number in (_typed(side.left),) if number is not None]
        whole = isinstance(node.op, ast.Add) and len(shares) == 2 and abs(sum(shares) - 1.0) < 1e-12
        for side in products:
            self.entering(side, whole=whole)
        return node

    def entering(self, product: ast.expr, *, whole: bool = False) -> None:
        """The same of ``(1 - beta) * g`` alone; ``whole``: of any factor."""
        if isinstance(product, ast.BinOp) and isinstance(product.op, ast.Mult):
            if whole or _is_rest(product.left):
                product.right = self.call("averaged", product.right)
            elif _is_rest(product.right):
                product.left = self.call("averaged", product.left)

    def kept_average(self, difference: ast.expr, entering: ast.expr) -> None:
        """The same of ``m += 0.1 * (g - m)``: what enters is no output, and 0.1 no rate."""
        assert isinstance(difference, ast.BinOp)
        difference.left = self.call("averaged", entering)

    def labels(self, node: ast.AugAssign, target: ast.Subscript) -> ast.AST | list[ast.stmt]:
        """``p[range(n), y] -= 1``: the output delta of a softmax whose targets are class numbers."""
        parts = list(ast.walk(target))
        if any(isinstance(part, (ast.Call, ast.Slice)) for part in ast.walk(target.value)) or any(
            isinstance(part, (ast.Slice, ast.NamedExpr))
            or (isinstance(part, ast.Call) and last_name(part.func) not in PURE)
            for part in parts
        ):
            return node
        number = self.site("subtract", self.source(target.value), node)
        index = copied(target.slice)
        hooked = self.call("labels", ast.Constant(number), read_again(target.value), index, node.value)
        return [ast.copy_location(ast.Expr(hooked), node), node]

    def printed(self, argument: ast.expr) -> ast.expr:
        """Watch what is shown, through ``"loss: %f" % x``, ``"loss: " + str(x)``, ``round(x, 4)``."""
        if isinstance(argument, (ast.Constant, ast.JoinedStr)):
            return argument
        if isinstance(argument, ast.Tuple):
            argument.elts = [self.printed(part) for part in argument.elts]
            return argument
        if isinstance(argument, ast.BinOp) and isinstance(argument.op, ast.Mod):
            argument.right = self.printed(argument.right)
            return argument
        if is_hook(argument, "add") and _is_text(argument):
            assert isinstance(argument, ast.Call)
            argument.args[1:] = [self.printed(part) for part in argument.args[1:]]
            return argument
        if isinstance(argument, ast.Call) and last_name(argument.func) in ("str", "round", "float", "format"):
            argument.args = [part if isinstance(part, ast.Starred) else self.printed(part) for part in argument.args]
            return argument
        return self.watch("print", self.source(argument), argument)

    def named_factors(self, node: ast.BinOp) -> ast.BinOp:
        """Factors named like a learning rate report wherever they stand: ``step = lr * gradient``."""
        sides = ("left",) if isinstance(node.op, ast.Div) else ("left", "right")
        for side in sides:
            value = getattr(node, side)
            if RATE_NAME.search(rate_name(value)):
                setattr(node, side, self.factor(value, -1))
        return node

    def sum(self, node: ast.expr, kind: str, left: ast.expr, right: ast.expr) -> ast.Call:
        """Let a sum or difference report its operands, and the factors of them."""
        number = self.site(kind, self.source(left), node)
        hooked = self.call(kind, ast.Constant(number), self.rated(left, number), self.rated(right, number))
        return ast.copy_location(hooked, node)

    def part_of_sum(self, node: ast.Assign, name: str, part: ast.expr, *, shown: bool) -> None:
        """Let what ``total = total + part`` adds report, as of ``total += part``; its operands may report by now."""
        number = self.site("accumulate", name, part, recorded=True, shown=shown)
        if isinstance(node.value, ast.BinOp):
            node.value.right = self.call("note", ast.Constant(number), node.value.right)
        elif is_hook(node.value, "add"):
            assert isinstance(node.value, ast.Call)
            node.value.args[2] = self.call("note", ast.Constant(number), node.value.args[2])

    def sum_call(self, node: ast.Call, kind: str) -> ast.Call:
        """The same of ``np.subtract(a, b)``, which is still what is called: it may be told where the result goes."""
        hooked = self.sum(node, kind, *node.args[:2])
        hooked.args += [node.func, *node.args[2:]]
        hooked.keywords = node.keywords
        return hooked

    def rated(self, value: ast.expr, owner: int) -> ast.expr:
        """Let every factor of a product report: one of them may be the learning rate."""
        if isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.USub):
            value.operand = self.factor(value.operand, owner)
        elif isinstance(value, ast.BinOp) and isinstance(value.op, (ast.Mult, ast.MatMult)):
            value.left, value.right = self.factor(value.left, owner), self.factor(value.right, owner)
        elif isinstance(value, ast.BinOp) and isinstance(value.op, ast.Div):
            value.left = self.factor(value.left, owner)
        elif is_hook(value, "rate"):
            self._own(value, owner)
        return value

    def factor(self, value: ast.expr, owner: int) -> ast.expr:
        """Let a factor of an update report; ``owner`` is the update's number, -1 where that is not known."""
        if isinstance(value, (ast.Name, ast.Attribute, ast.Subscript, ast.Constant)):
            number = self.site("rate", rate_name(value) or self.source(value), value, owner=owner)
            return ast.copy_location(self.call("rate", ast.Constant(number), value), value)
        if isinstance(value, ast.Call) and last_name(value.func) in self._casts and len(value.args) == 1:
            value.args = [self.factor(value.args[0], owner)]
            return value
        if _is_schedule(value):
            number = self.site("rate", self.source(value), value, owner=owner)
            return ast.copy_location(self.call("rate", ast.Constant(number), value), value)
        return self.rated(value, owner)

    def _own(self, hooked: ast.expr, owner: int) -> None:
        """A factor that reports already belongs to this update."""
        assert isinstance(hooked, ast.Call)
        assert isinstance(hooked.args[0], ast.Constant)
        number = hooked.args[0].value
        assert isinstance(number, int)
        self.sites[number] = dataclasses.replace(self.sites[number], owner=owner)

    def watch(self, kind: str, name: str, value: ast.expr, *, recorded: bool = False) -> ast.expr:
        """Let a value report that may be the loss."""
        if isinstance(value, (ast.Constant, ast.List, ast.Dict, ast.Lambda, ast.Starred)):
            return value
        number = self.site(kind, name, value, recorded=recorded)
        return ast.copy_location(self.call("note", ast.Constant(number), value), value)

    def site(self, kind: str, name: str, node: ast.AST, *, negated: bool = False, **about: Any) -> int:
        """The number of a new place, which is told with a minus if it is ``negated``; ``about``: other fields of it."""
        line, text = getattr(node, "lineno", 0), self.source(node)
        if negated and text:
            several = isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub))
            text = f"-({text})" if several else f"-{text}"
        self.sites.append(Site(kind=kind, function=self.where, name=name, text=text, line=line, **about))
        return len(self.sites) - 1

    @property
    def where(self) -> str:
        """The function at hand, with what it is in."""
        return ".".join(self.names)

    def source(self, node: ast.AST) -> str:
        """What stands in the text, on one line."""
        first, last = getattr(node, "lineno", None), getattr(node, "end_lineno", None)
        if first is None or last is None or last > len(self._lines):
            return ""
        lines = [line.encode() for line in self._lines[first - 1 : last]]  # columns count bytes
        lines[-1] = lines[-1][: getattr(node, "end_col_offset", 0)]
        lines[0] = lines[0][getattr(node, "col_offset", 0) :]
        return " ".join(b"\n".join(lines).decode("utf-8", "replace").split())

    def call(self, method: str, *arguments: ast.expr) -> ast.Call:
        """A call of the runtime."""
        function = ast.Attribute(ast.Name(RUNTIME_NAME, ast.Load()), method, ast.Load())
        return ast.Call(func=function, args=list(arguments), keywords=[])


def may_be_read_again(target: ast.expr) -> bool:
    """Whether what an update changes can be evaluated once more, beside the update: no call in it does anything."""
    calls = [part for part in ast.walk(target) if isinstance(part, ast.Call)]
    return all(last_name(part.func) in PURE | ACCESS for part in calls)


def _typed(node: ast.AST) -> float | None:
    """A number with a point that is typed."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, float) else None


def _is_rest(node: ast.AST) -> bool:
    """``1 - beta``."""
    if not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.Sub):
        return False
    return isinstance(node.left, ast.Constant) and node.left.value in (1, 1.0)


def _is_schedule(node: ast.AST) -> bool:
    """``0.5 - 0.3 * epoch / 40``: a sum of numbers, one of which has a point, and of what is counted."""
    if not isinstance(node, ast.BinOp) or not isinstance(node.op, (ast.Add, ast.Sub)):
        return False
    if _typed(node.left) is None:
        return False
    pending, kinds = [node.right], (ast.Constant, ast.Name, ast.Attribute)
    while pending:
        part = pending.pop()
        if isinstance(part, ast.BinOp):
            pending += [part.left, part.right]
        elif not isinstance(part, kinds) and not is_hook(part, "rate"):  # what is counted may be called a step
            return False
    return True


def _is_two(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value in (2, 2.0)


def _is_text(node: ast.expr) -> bool:
    """Whether a sum puts texts together, and does not add numbers up."""
    if is_hook(node, "add"):
        assert isinstance(node, ast.Call)
        return any(_is_text(part) for part in node.args[1:])
    if isinstance(node, ast.Call):
        return last_name(node.func) in ("str", "repr", "format", "join")
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, ast.Mod) and _is_text(node.left)
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))
