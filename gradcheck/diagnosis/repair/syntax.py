"""A file as a tree whose nodes know which characters they are: statements with the place and scope that each has."""

from __future__ import annotations

import ast
import bisect
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider, WhitespaceInclusivePositionProvider

from gradcheck.language import tr

__all__ = ["Statement", "Tree", "level"]

NEWLINE = re.compile(r"\r\n?|\n")
# Binding strength, as in the language reference.
ATOM, POWER, UNARY, PRODUCT, SUM, COMPARISON = 13, 12, 11, 10, 9, 4
OPERATOR_LEVELS: dict[type[cst.CSTNode], int] = {
    cst.Power: POWER,
    cst.Multiply: PRODUCT,
    cst.Divide: PRODUCT,
    cst.FloorDivide: PRODUCT,
    cst.Modulo: PRODUCT,
    cst.MatrixMultiply: PRODUCT,
    cst.Add: SUM,
    cst.Subtract: SUM,
    cst.BitAnd: 7,
    cst.BitXor: 6,
    cst.BitOr: 5,
}


def level(node: cst.BaseExpression) -> int:  # noqa: PLR0911 (one case a kind of expression)
    """How strongly an expression holds together; 13 for what never needs parentheses."""
    if node.lpar:
        return ATOM
    match node:
        case cst.BinaryOperation(operator=operator):
            return OPERATOR_LEVELS.get(type(operator), 8)
        case cst.UnaryOperation(operator=cst.Not()):
            return 3
        case cst.UnaryOperation():
            return UNARY
        case cst.Comparison():
            return COMPARISON
        case cst.BooleanOperation() | cst.IfExp() | cst.Lambda() | cst.NamedExpr() | cst.Tuple():
            return 1
    return ATOM


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """One simple statement, or the condition of a compound one.

    Attributes
    ----------
    node : SmallStatement or If
    roots : tuple of expression
        What it computes: right-hand sides, returned values, conditions.
    start, end : int
        Its characters, without its line's indentation and end.
    line, last : int
    function, owner : str
        Qualified name of the function around it, and the class around that; empty at the module's level.
    suite, place : int
        Which run of statements it belongs to, and where in it.
    solo : bool
        Whether its lines hold nothing else.
    loops : tuple of (int, int, str)
        First and last line, and target, of the loops around it in the same function, outermost first.
    """

    node: cst.CSTNode
    roots: tuple[cst.BaseExpression, ...]
    start: int
    end: int
    line: int
    last: int
    function: str
    owner: str
    suite: int
    place: int
    solo: bool
    loops: tuple[tuple[int, int, str], ...] = ()


@dataclass(slots=True)
class _Around:
    function: str = ""
    owner: str = ""
    loops: tuple[tuple[int, int, str], ...] = field(default=())


class Tree:
    """A parsed file.

    Raises
    ------
    ValueError
        If the text is not Python that can be written back character by character.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        try:
            module = cst.parse_module(text)
        except cst.ParserSyntaxError as error:
            raise ValueError(tr("not Python: {error}", error=error.message)) from None
        if module.code != text:
            raise ValueError(tr("the text cannot be written back as it was"))
        wrapper = MetadataWrapper(module, unsafe_skip_copy=True)
        self._inner = wrapper.resolve(PositionProvider)
        self._outer = wrapper.resolve(WhitespaceInclusivePositionProvider)
        self._starts = [0, *(match.end() for match in NEWLINE.finditer(text))]
        self._parents: dict[cst.CSTNode, cst.CSTNode] = {}
        self._found: dict[cst.CSTNode, tuple[cst.BaseExpression, ...]] = {}
        self._suites = itertools.count()
        self.definitions: dict[str, tuple[int, int, tuple[str, ...]]] = {}  # first line, last line, parameters
        self.statements: tuple[Statement, ...] = tuple(self._walk(module.body, _Around()))
        self.functions = _functions(text)

    def span(self, node: cst.CSTNode) -> tuple[int, int]:
        """First character and the one after the last, parentheses of its own included."""
        return self._characters(self._outer[node])

    def code(self, node: cst.CSTNode) -> str:
        """The expression as typed."""
        start, end = self.span(node)
        return self.text[start:end].strip()

    def parent(self, node: cst.CSTNode) -> cst.CSTNode | None:
        """The node around this one, within its statement."""
        return self._parents.get(node)

    def expressions(self, statement: Statement) -> Iterator[cst.BaseExpression]:
        """Every expression that a statement computes, outer ones first; what a comprehension binds is none."""
        for root in statement.roots:
            if root not in self._found:  # every generator of edits asks for them
                self._found[root] = tuple(self._expressions(root))
            yield from self._found[root]

    def function_at(self, line: int) -> str:
        """Qualified name of the innermost function that holds a line."""
        holding = [
            (first, name) for name, (first, last, _parameters) in self.definitions.items() if first <= line <= last
        ]
        return max(holding)[1] if holding else ""

    def line_start(self, line: int) -> int:
        """The first character of a line."""
        return self._starts[line - 1]

    def line_end(self, line: int) -> int:
        """The character after a line and its end."""
        return self._starts[line] if line < len(self._starts) else len(self.text)

    def line_number(self, place: int) -> int:
        """The line that holds a character."""
        return bisect.bisect_right(self._starts, place)

    @property
    def newline(self) -> str:
        """How the file ends its lines."""
        match = NEWLINE.search(self.text)
        return match.group() if match else "\n"

    def indentation(self, statement: Statement) -> str:
        """The white space before a statement's line."""
        start = self.line_start(statement.line)
        line = self.text[start : statement.start]
        return line[: len(line) - len(line.lstrip())]

    def _expressions(self, node: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
        yield node
        stack: list[cst.CSTNode] = [node]
        while stack:
            current = stack.pop()
            for child in current.children:
                self._parents[child] = current
                if isinstance(current, cst.CompFor) and child is current.target:
                    continue
                if isinstance(child, cst.BaseExpression):
                    yield from self._expressions(child)
                else:
                    stack.append(child)

    def _characters(self, found: Any) -> tuple[int, int]:
        start = self._starts[found.start.line - 1] + found.start.column
        return start, self._starts[found.end.line - 1] + found.end.column

    def _walk(self, body: Any, around: _Around) -> Iterator[Statement]:
        suite, place = next(self._suites), 0
        for node in body:
            if isinstance(node, cst.SimpleStatementLine):
                for small in node.body:
                    yield self._simple(small, around, suite, place, solo=len(node.body) == 1)
                    place += 1
            elif isinstance(node, cst.BaseSmallStatement):
                yield self._simple(node, around, suite, place, solo=False)
                place += 1
            else:
                yield from self._compound(node, around, suite, place)
                place += 1

    def _compound(self, node: Any, around: _Around, suite: int, place: int) -> Iterator[Statement]:
        first, last = self._inner[node].start.line, self._inner[node].end.line
        inner = around
        if isinstance(node, cst.FunctionDef):
            prefix = around.function or around.owner
            name = f"{prefix}.{node.name.value}" if prefix else node.name.value
            parameters = tuple(
                item.name.value
                for item in (*node.params.posonly_params, *node.params.params, *node.params.kwonly_params)
            )
            self.definitions[name] = (first, last, parameters)
            inner = _Around(name, around.owner)
        elif isinstance(node, cst.ClassDef):
            inner = _Around("", f"{around.owner}.{node.name.value}" if around.owner else node.name.value)
        elif isinstance(node, (cst.For, cst.While)):
            target = self.code(node.target) if isinstance(node, cst.For) else ""
            inner = _Around(around.function, around.owner, (*around.loops, (first, last, target)))
        elif isinstance(node, cst.If):
            start, end = self._characters(self._inner[node.test])
            yield Statement(
                node, (node.test,), start, end, first, self.line_number(end), around.function, around.owner, suite,
                place, solo=False, loops=around.loops,
            )  # fmt: skip
        for part in (
            node,
            getattr(node, "orelse", None),
            getattr(node, "finalbody", None),
            *getattr(node, "handlers", ()),
        ):
            if part is None:
                continue
            if part is not node and isinstance(part, cst.If):
                yield from self._compound(part, inner, suite, place)
            elif hasattr(part, "body") and hasattr(part.body, "body"):
                yield from self._walk(part.body.body, inner)

    def _simple(
        self, node: cst.BaseSmallStatement, around: _Around, suite: int, place: int, *, solo: bool
    ) -> Statement:
        found = self._inner[node]
        start, end = self._characters(found)
        alone = solo and not self.text[self.line_start(found.start.line) : start].strip()
        return Statement(
            node, _roots(node), start, end, found.start.line, found.end.line, around.function, around.owner, suite,
            place, solo=alone, loops=around.loops,
        )  # fmt: skip


def _roots(node: cst.BaseSmallStatement) -> tuple[cst.BaseExpression, ...]:
    match node:
        case cst.Assign(targets=[first, *_rest], value=value):
            return (value, *_conditions(first.target))
        case cst.AugAssign(target=target, value=value):
            return (value, *_conditions(target))
        case cst.Expr(value=value):
            return () if isinstance(value, (cst.SimpleString, cst.ConcatenatedString)) else (value,)
        case cst.AnnAssign(value=cst.BaseExpression() as value) | cst.Return(value=cst.BaseExpression() as value):
            return (value,)
    return ()


def _conditions(target: cst.BaseExpression) -> list[cst.BaseExpression]:
    """``z <= 0`` of ``d[z <= 0] = 0``."""
    if not isinstance(target, cst.Subscript):
        return []
    indices = [element.slice.value for element in target.slice if isinstance(element.slice, cst.Index)]
    return [index for index in indices if isinstance(index, cst.Comparison)]


def _functions(text: str) -> dict[str, ast.FunctionDef]:
    """The functions of a file by their own name; methods among them."""
    tree = ast.parse(text)
    return {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
