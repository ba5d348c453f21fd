"""A proposed change: splices with what they mean. Writers for the usual forms keep what was typed around them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import libcst as cst

from gradcheck.diagnosis.edit import Edit, EditKind, Role
from gradcheck.diagnosis.repair.names import DERIVATIVE_NAME, GRADIENT_NAME
from gradcheck.diagnosis.repair.scope import Scope
from gradcheck.diagnosis.repair.splices import Splice, apply
from gradcheck.diagnosis.repair.syntax import PRODUCT, UNARY, Statement, Tree, level

__all__ = ["Change", "Setting", "dropped", "number", "replaced", "role_of", "scaled", "wrapped"]

MOVED = 3
LOSS_NAME = re.compile(r"loss|cost|error_?sum|mse", re.IGNORECASE)
UPSTREAM = re.compile(r"\.T\b|\.dot|@|np\.dot|matmul|transpose")
TOKEN = re.compile(r"\w+|[^\w\s]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What proposals are made from.

    Attributes
    ----------
    tree : Tree
    scope : Scope
    blocks : tuple of str
        The parameters' names.
    shapes : tuple of tuple of int
        Their shapes.
    """

    tree: Tree
    scope: Scope
    blocks: tuple[str, ...] = ()
    shapes: tuple[tuple[int, ...], ...] = ()

    @property
    def scalars(self) -> bool:
        """Whether the network is written in single numbers, by its parameters or for want of any arrays."""
        return all(shape == () for shape in self.shapes) or self.scope.plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One proposed edit.

    Attributes
    ----------
    kind : EditKind
    role : Role
    splices : tuple of Splice
    line : int
    detail : str
    tier : int
        How unusual it is: 0 for what learners get wrong most.
    layer : int or None
    """

    kind: EditKind
    splices: tuple[Splice, ...]
    statement: Statement = field(repr=False)
    detail: str = ""
    tier: int = 1
    role: Role = Role.OTHER

    @property
    def line(self) -> int:
        """Line of the statement that it belongs to."""
        return self.statement.line

    def edit(self, tree: Tree) -> Edit:
        """The record of it."""
        start = min(splice.start for splice in self.splices)
        first, last = self._lines(tree)
        before = tree.text[tree.line_start(first) : tree.line_end(last)]
        inner = [Splice(s.start - tree.line_start(first), s.end - tree.line_start(first), s.new) for s in self.splices]
        after = apply(before, inner)
        line = self.statement.line if self.statement.line <= tree.line_number(start) <= self.statement.last else first
        shown = _first_difference(before, after)
        return Edit(
            kind=self.kind,
            role=self.role,
            line=line + shown if shown and line == self.statement.line == first else line,
            before=before.strip(),
            after=after.strip(),
            text=apply(tree.text, self.splices),
            cost=self.cost(tree),
            detail=self.detail,
            layer=layer_of(self.statement, tree),
        )

    def cost(self, tree: Tree) -> int:
        """Tokens that it changes; a statement that only moves counts as a few."""
        if self.kind is EditKind.MOVE:
            return MOVED
        total = 0
        for splice in self.splices:
            old, new = TOKEN.findall(tree.text[splice.start : splice.end]), TOKEN.findall(splice.new)
            blocks = difflib.SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
            kept = sum(block.size for block in blocks)
            total += max(len(old), len(new)) - kept
        return max(total, 1)

    def _lines(self, tree: Tree) -> tuple[int, int]:
        first = tree.line_number(min(splice.start for splice in self.splices))
        last = tree.line_number(max(splice.end for splice in self.splices))
        end = max(splice.end for splice in self.splices)
        if last > first and end == tree.line_start(last):
            last -= 1
        return first, last


def _first_difference(before: str, after: str) -> int:
    """How many lines two texts share at their start."""
    pairs = zip(before.split("\n"), after.split("\n"), strict=False)
    for shared, (old, new) in enumerate(pairs):
        if old != new:
            return shared
    return 0


def replaced(tree: Tree, node: cst.CSTNode, new: str) -> tuple[Splice, ...]:
    """``new`` in place of a node."""
    start, end = tree.span(node)
    return (Splice(start, end, new),)


def wrapped(tree: Tree, node: cst.BaseExpression, before: str, after: str) -> tuple[Splice, ...]:
    """A node with something put around it."""
    start, end = tree.span(node)
    return tuple(Splice(place, place, new) for place, new in ((start, before), (end, after)) if new)


def scaled(tree: Tree, node: cst.BaseExpression, operator: str, factor: str) -> tuple[Splice, ...]:
    """A node multiplied (``*``) or divided (``/``) by a factor; a bare number goes in front."""
    loose = level(node) < PRODUCT or (
        operator == "*" and "@" in tree.code(node) and level(node) == PRODUCT and not number(factor)
    )
    if operator == "*" and number(factor):
        opening = f"{factor} * (" if level(node) < PRODUCT else f"{factor} * "
        return wrapped(tree, node, opening, ")" if level(node) < PRODUCT else "")
    if loose and level(node) == PRODUCT:
        # ``A @ B * f`` reads from the left: as wanted for an elementwise factor of the product
        loose = False
    return wrapped(tree, node, "(" if loose else "", f"{')' if loose else ''} {operator} {factor}")


def dropped(tree: Tree, node: cst.BinaryOperation, *, keep_left: bool) -> tuple[Splice, ...]:
    """A binary operation with one operand taken out, parentheses and white space of the other kept."""
    start, end = tree.span(node)
    inner_left, inner_right = tree.span(node.left), tree.span(node.right)
    if keep_left:
        return (Splice(inner_left[1], inner_right[1], ""),)
    if isinstance(node.operator, (cst.Divide, cst.Subtract)):
        return (Splice(start, end, f"-{tree.code(node.right)}"),) if isinstance(node.operator, cst.Subtract) else ()
    return (Splice(inner_left[0], inner_right[0], ""),)


def number(text: str) -> bool:
    """Whether a text is a literal number."""
    return re.fullmatch(r"-?\d+\.?\d*", text) is not None


def target_text(statement: Statement, tree: Tree) -> str:
    """What a statement assigns to, as typed; what a dictionary's or call's text says otherwise is not looked at."""
    match statement.node:
        case cst.Assign(targets=[first, *_rest]):
            return tree.code(first.target)
        case cst.AugAssign(target=target) | cst.AnnAssign(target=target):
            return tree.code(target)
    return ""


def role_of(statement: Statement, setting: Setting) -> Role:  # noqa: PLR0911 (one return a role)
    """What a statement computes, by its target's name and its text."""
    tree = setting.tree
    name = target_text(statement, tree)
    function = statement.function.rpartition(".")[2]
    code = tree.text[statement.start : statement.end]
    if setting.scope.is_helper(statement):
        return Role.DERIVATIVE if DERIVATIVE_NAME.search(function) or _flagged(code) else Role.ACTIVATION
    if LOSS_NAME.search(name) and not re.search(r"^d|delta|grad", name, re.IGNORECASE):
        return Role.LOSS
    if _updates(statement, setting, name):
        return Role.UPDATE
    if re.match(r"(self\.)?(d_?b|grad_?b|nabla_b|g_?b|db|delta_b|bias_grad)", name, re.IGNORECASE) or re.search(
        r"\[['\"]d?b\w*['\"]\]$|d_?bias|grad_?bias", name
    ):
        return Role.BIAS_GRADIENT
    if re.match(r"(self\.)?(d_?W|grad_?[wW]|nabla_w|dw|g_?W|delta_w|theta\d?_?grad)", name) or re.search(
        r"\[['\"]d?W\w*['\"]\]$|d_?weights?|grad_?weight", name, re.IGNORECASE
    ):
        return Role.WEIGHT_GRADIENT
    if re.search(r"delta|error|err\b|d_?z|d_?a|grad|d_?h|d_?out|upstream|dscores|\be\d?$|^d\d+$", name, re.IGNORECASE):
        below = UPSTREAM.search(code) or _takes_upstream(statement, tree, code)
        return Role.HIDDEN_DELTA if below else Role.OUTPUT_DELTA
    return Role.OTHER


def _takes_upstream(statement: Statement, tree: Tree, code: str) -> bool:
    """Whether an operand was last bound by a product with weights: ``dz1 = da1 * slope``, of ``da1 = dz2 @ W2.T``."""
    bound = {
        target_text(other, tree): tree.text[other.start : other.end]
        for other in tree.statements
        if other.function == statement.function and other.line < statement.line
    }
    computed = code.partition("=")[2]
    return any(
        name
        and GRADIENT_NAME.search(name)
        and UPSTREAM.search(text)
        and re.search(rf"(?<![\w.]){re.escape(name)}\b", computed)
        for name, text in bound.items()
    )


def layer_of(statement: Statement, tree: Tree) -> int | None:
    """The layer that a target's number speaks of, from 0."""
    match = re.search(r"(\d+)['\"\]]*$", target_text(statement, tree))
    return int(match.group(1)) - 1 if match and int(match.group(1)) > 0 else None


def _updates(statement: Statement, setting: Setting, name: str) -> bool:
    if not name:
        return False
    if name in setting.blocks or name.rpartition(".")[2] in setting.blocks:
        return True
    code = setting.tree.text[statement.start : statement.end]
    rates = re.search(r"\b(self\.)?(lr|eta|alpha|learning_?rate|rate|LR)\b", code)
    if rates is not None:
        return isinstance(statement.node, cst.AugAssign) or code.count(name) > 1
    return _steps_by_a_number(statement, setting.tree, name)


def _steps_by_a_number(statement: Statement, tree: Tree, name: str) -> bool:
    """Whether it is a step whose rate is written out: ``p[name] -= 0.1 * grads[name]``."""
    match statement.node:
        case cst.AugAssign(operator=cst.AddAssign() | cst.SubtractAssign(), value=value):
            by = re.search(r"(?<![\w.])(0?\.\d+|\d+(\.\d*)?e-\d+)(?!\w)", tree.code(value))
            taken = (tree.code(node) for node in operands(list(tree.expressions(statement))))
            return by is not None and not GRADIENT_NAME.match(name) and any(map(GRADIENT_NAME.match, taken))
    return False


def _flagged(code: str) -> bool:
    return code.startswith("return") and ("* (1" in code or "*(1" in code or "** 2" in code or "**2" in code)


def operands(nodes: Sequence[cst.BaseExpression]) -> list[cst.BaseExpression]:
    """Only names, attributes and elements."""
    return [node for node in nodes if isinstance(node, (cst.Name, cst.Attribute, cst.Subscript))]


def tight(tree: Tree, node: cst.BaseExpression) -> str:
    """An expression in parentheses where a product would tear it apart."""
    return tree.code(node) if level(node) >= UNARY else f"({tree.code(node)})"
