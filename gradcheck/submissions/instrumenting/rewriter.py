"""Rewrites a submission so that its own training loop can be stopped, and one step of it run again and again.

Every loop that may train gets a function beside it that is one step, with the loop's own variables (closure cells, or
the module's globals), so that Python's own scoping decides what the step reads and changes::

    def __gradcheck_step_0__(item):             # nonlocal: every name that the body binds
        for i in (item,): BODY                  # break and continue keep their meaning
    for i in __gradcheck__.loop(0, ITERABLE, __gradcheck_step_0__): BODY

and expressions of interest report to ``__gradcheck__`` (``runtime.Runtime``), which passes their values on unchanged:
scalars that may be the loss, differences that may be the output delta, factors that may be the learning rate.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from gradcheck.submissions.instrumenting import comprehensions
from gradcheck.submissions.instrumenting.comprehensions import COMPREHENSIONS, Comprehension
from gradcheck.submissions.instrumenting.sampling import watch_chances
from gradcheck.submissions.instrumenting.stepping import (
    declarations,
    given_as_item,
    is_part_of_turn,
    received_first,
    step_function,
    yields_only,
)
from gradcheck.submissions.instrumenting.watches import Watches, may_be_read_again
from gradcheck.submissions.text.sites import (
    RATE_NAME,
    Loop,
    Site,
    added_to_itself,
    completes_loss,
    function_names,
    is_only_shown,
    is_recorded,
)
from gradcheck.submissions.text.updates import (
    bound_names,
    by_element,
    called_names,
    copied,
    is_number,
    is_sum_call,
    kept_average,
    last_name,
    rate_name,
    read_again,
    swapped,
    updates,
)

__all__ = ["Rewritten", "rewritten"]

# Functions that multiply: a factor of theirs may be the learning rate.
PRODUCTS = ("multiply", "dot", "matmul", "outer")
# A step is a copy of its loop's body: copies double with every level of nesting.
MAX_NESTING = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewritten:
    """A tree, sites and loops before each statement (and member of its last class), and which loops are watched."""

    tree: ast.Module
    starts: list[tuple[int, int]]
    members: list[tuple[int, int]]
    watched: tuple[bool, ...]


def rewritten(
    tree: ast.Module,
    text: str,
    updating: set[str],
    sites: list[Site],
    loops: list[Loop],
    *,
    brief: bool = False,
    chosen: Sequence[bool] | None = None,
) -> Rewritten:
    """Rewrite a copy of a tree; its sites and loops are added to those of before.

    ``text`` is quoted in messages, functions in ``updating`` update, ``chosen`` loops are watched whether or not they
    look as if they trained; ``brief``: what is only said of sites and loops, and changes no code, is left out.
    """
    rewriter = _Rewriter(text, updating, sites, loops, brief=brief, chosen=chosen)
    made = rewriter.rewrite(watch_chances(copied(tree)))
    return Rewritten(tree=made, starts=rewriter.starts, members=rewriter.members, watched=tuple(rewriter.watched))


class _Rewriter(ast.NodeTransformer):
    def __init__(
        self,
        text: str,
        updating: set[str],
        sites: list[Site],
        loops: list[Loop],
        *,
        brief: bool = False,
        chosen: Sequence[bool] | None = None,
    ) -> None:
        self._brief, self._chosen = brief, chosen
        self.watched: list[bool] = []
        self._watches = Watches(text, sites)
        self._sites, self._loops = sites, loops
        self._updating = updating
        self._scopes: list[ast.AST] = []
        self._nesting = 0
        self._collected = ""  # the name that the comprehension at hand is given
        self._recorded: dict[tuple[int, str], bool] = {}
        self._held: list[ast.AST] = []
        self.starts: list[tuple[int, int]] = []
        self.members: list[tuple[int, int]] = []  # the same, of the last class

    def rewrite(self, tree: ast.Module) -> ast.Module:
        self._scopes.append(tree if self._brief else copied(tree))
        body: list[ast.stmt] = []
        for statement in tree.body:
            self.starts.append((len(self._sites), len(self._loops)))
            body += self._block([statement])
        self.starts.append((len(self._sites), len(self._loops)))
        tree.body = body
        return ast.fix_missing_locations(tree)

    # --- scopes -------------------------------------------------------------------------------------------------

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self._scopes.append(node if self._brief else copied(node))
        self._watches.names.append(node.name)
        nesting, self._nesting = self._nesting, 0
        node.body = self._block(node.body)
        self._nesting = nesting
        self._watches.names.pop()
        self._scopes.pop()
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        self._scopes.append(node)
        self._watches.names.append(node.name)
        members, body = [], []
        for statement in node.body:
            members.append((len(self._sites), len(self._loops)))
            body += self._block([statement])
        node.body, self.members = body, [*members, (len(self._sites), len(self._loops))]
        self._watches.names.pop()
        self._scopes.pop()
        return node

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        node.body = self._watches.watch("return", "lambda", self.visit(node.body))
        return node

    def _block(self, body: list[ast.stmt]) -> list[ast.stmt]:
        out: list[ast.stmt] = []
        for statement in body:
            result = self.visit(statement)
            out.extend(result if isinstance(result, list) else [result])
        return out

    # --- loops --------------------------------------------------------------------------------------------------

    def visit_For(self, node: ast.For) -> ast.AST | list[ast.stmt]:
        return self._loop(node)

    def visit_While(self, node: ast.While) -> ast.AST | list[ast.stmt]:
        return self._loop(node)

    def _loop(self, node: ast.For | ast.While) -> ast.AST | list[ast.stmt]:
        place = len(self.watched)
        watched = self._may_train(node) if self._chosen is None else place < len(self._chosen) and self._chosen[place]
        self.watched.append(watched)
        bound = bound_names(node)
        in_test = isinstance(node, ast.While) and is_part_of_turn(node.test, self._updating)
        number = before = len(self._loops)
        received = received_first(node) if watched else None
        if watched:
            self._loops.append(self._describe(node))
        if received is not None:
            node.body = node.body[1:]
        self._nesting += 1
        self.generic_visit(node)
        self._nesting -= 1
        if not watched:
            return node
        if len(self._loops) > before + 1:
            self._loops[number] = self._describe(node, nested=True)
        step = f"__gradcheck_step_{number}__"
        define = step_function(step, node, declarations(self._scopes[-1], bound), with_test=in_test)
        if received is not None:
            given_as_item(define, received)
            told = self._watches.call("received", ast.Constant(number), received.value, ast.Name(step, ast.Load()))
            received.value = ast.copy_location(told, received.value)
            node.body.insert(0, received)
            return [define, node]
        if isinstance(node, ast.For):
            node.iter = self._watches.call("loop", ast.Constant(number), node.iter, ast.Name(step, ast.Load()))
            return [define, node]
        ticket = f"__gradcheck_ticket_{number}__"
        opened = ast.Assign(
            targets=[ast.Name(ticket, ast.Store())],
            value=self._watches.call("ticket", ast.Constant(number), ast.Name(step, ast.Load())),
        )
        turn = self._watches.call("turn", ast.Name(ticket, ast.Load()))
        node.test = ast.BoolOp(op=ast.And(), values=[turn, node.test] if in_test else [node.test, turn])
        return [define, ast.copy_location(opened, node), node]

    def _comprehension(self, node: Comprehension) -> ast.AST:
        name, self._collected = self._collected, ""
        in_class = isinstance(self._scopes[-1], ast.ClassDef)
        if in_class or self._nesting >= MAX_NESTING or not comprehensions.may_train(node, self._updating):
            self.generic_visit(node)
            return node
        calls_loops, first = self._calls_loops(node), len(self._loops)
        last = len(node.generators) - 1
        for depth in range(last + 1):
            self._loops.append(self._describe(node, nested=calls_loops or depth < last))
        self._nesting += 1
        self.generic_visit(node)
        self._nesting -= 1
        comprehensions.watch_elements(node, lambda element: self._watches.watch("append", name, element, recorded=True))
        for number, (generator, step) in zip(
            range(first + last, first - 1, -1), comprehensions.steps(node), strict=True
        ):
            generator.iter = self._watches.call("loop", ast.Constant(number), generator.iter, step)
        return node

    def _map(self, node: ast.Call) -> ast.AST:
        number = len(self._loops)
        self._loops.append(self._describe(node))
        self._nesting += 1
        self.generic_visit(node)
        self._nesting -= 1
        node.args[1] = self._watches.call("loop", ast.Constant(number), node.args[1], comprehensions.map_step(node))
        return node

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension  # noqa: N815 (of ast)

    def _describe(self, node: ast.For | ast.While | ast.Call | Comprehension, *, nested: bool = False) -> Loop:
        nested = nested or (not self._brief and self._calls_loops(node))
        lines = {"line": node.lineno, "last": node.end_lineno or node.lineno}
        return Loop(function=self._watches.where, nested=nested, while_loop=isinstance(node, ast.While), **lines)

    def _calls_loops(self, node: ast.AST) -> bool:
        """Whether functions that the loop calls hold loops with updates in them, or it holds such loops itself."""
        functions = function_names(self._scopes[0])
        called = [f for name in called_names(node) & self._updating for f in functions.get(name, [])]
        inner = [part for child in ast.iter_child_nodes(node) for part in ast.walk(child)]
        inner += [part for function in called for part in ast.walk(function)]
        return any(comprehensions.is_training_loop(part, self._updating) for part in inner)

    def _may_train(self, node: ast.For | ast.While) -> bool:
        if isinstance(self._scopes[-1], ast.ClassDef) or self._nesting >= MAX_NESTING or by_element(node):
            return False
        inside = [part for child in (*node.body, *node.orelse) for part in ast.walk(child)]
        if any(isinstance(part, (ast.YieldFrom, ast.Await, ast.AsyncFor, ast.AsyncWith)) for part in inside):
            return False
        if not yields_only(node) or any(isinstance(part, ast.Name) and part.id == "super" for part in inside):
            return False
        turn = [*node.body, node.test] if isinstance(node, ast.While) else node.body
        return any(updates(child) for child in node.body) or any(called_names(child) & self._updating for child in turn)

    # --- watched expressions ------------------------------------------------------------------------------------

    def visit_Assign(self, node: ast.Assign) -> ast.AST | list[ast.stmt]:
        if isinstance(node.value, ast.BinOp) and isinstance(node.value.op, ast.Add):
            node.value = self._watches.squares(node.value)
        target = node.targets[0]
        self._collected = last_name(target) if isinstance(node.value, COMPREHENSIONS) else ""
        part = added_to_itself(node)
        self.generic_visit(node)
        if isinstance(target, ast.Name):
            if part is not None:
                shown = not self._brief and is_only_shown(self._scopes[-1], target)
                self._watches.part_of_sum(node, target.id, part, shown=shown)
            node.value = self._watches.watch("assign", target.id, node.value, recorded=self._is_recorded(target.id))
        elif isinstance(target, (ast.Attribute, ast.Subscript)):
            node.value = self._watches.watch("store", self._watches.source(target), node.value, recorded=True)
        elif isinstance(target, ast.Tuple) and not isinstance(self._scopes[-1], ast.ClassDef):
            notes: list[ast.stmt] = [
                ast.copy_location(
                    ast.Expr(
                        self._watches.watch(
                            "assign", element.id, read_again(element), recorded=self._is_recorded(element.id)
                        )
                    ),
                    node,
                )
                for element in target.elts
                if isinstance(element, ast.Name) and element.id != "_"
            ]
            return [node, *notes]
        return node

    def visit_NamedExpr(self, node: ast.NamedExpr) -> ast.AST:
        self.generic_visit(node)
        name = node.target.id
        node.value = self._watches.watch("assign", name, node.value, recorded=self._is_recorded(name))
        return node

    def visit_Yield(self, node: ast.Yield) -> ast.AST:
        self.generic_visit(node)
        if node.value is not None:
            name = self._watches.names[-1] if self._watches.names else ""
            node.value = self._watches.watch("append", name, node.value, recorded=True)
        return node

    def _is_recorded(self, name: str) -> bool:
        if self._brief:
            return False
        scope = self._scopes[-1]
        key = (id(scope), name)
        if key not in self._recorded:
            self._held.append(scope)  # so that no other gets its id
            self._recorded[key] = is_recorded(scope, name)
        return self._recorded[key]

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST | list[ast.stmt]:
        average = kept_average(self._scopes[-1], node)
        if average is not None:
            self._watches.kept_average(average, self.visit(self._watches.squares(average.left)))
            return node
        if isinstance(node.op, ast.Add):
            node.value = self._watches.squares(node.value)
        self.generic_visit(node)
        if isinstance(node.op, (ast.Add, ast.Sub)):
            self._watches.entering(node.value)
        if isinstance(node.op, ast.Sub) and isinstance(node.target, ast.Subscript) and is_number(node.value):
            return self._watches.labels(node, node.target)
        if not isinstance(node.op, (ast.Add, ast.Sub)) or not may_be_read_again(node.target):
            return node
        shown = not self._brief and is_only_shown(self._scopes[-1], node.target)
        name = self._watches.source(node.target)
        less = isinstance(node.op, ast.Sub)  # of a loss that is summed by `loss -= ...`
        number = self._watches.site("accumulate", name, node.value, negated=less, recorded=True, shown=shown)
        node.value = self._watches.rated(node.value, number)
        sign = [ast.Constant(-1)] if less else []
        node.value = self._watches.call("increment", ast.Constant(number), read_again(node.target), node.value, *sign)
        if isinstance(node.target, ast.Name) and completes_loss(self._scopes[-1], node):
            whole = self._watches.watch("assign", name, read_again(node.target), recorded=True)
            return [node, ast.copy_location(ast.Expr(whole), node)]
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.op, (ast.Mult, ast.Div, ast.MatMult)):
            return self._watches.named_factors(node)
        if not isinstance(node.op, (ast.Add, ast.Sub)) or is_number(node.left):
            return node
        node = self._watches.averages(swapped(node))
        simple = isinstance(node.left, (ast.Name, ast.Attribute, ast.Subscript, ast.Constant))
        if isinstance(node.op, ast.Sub) or simple or isinstance(node.right, (ast.Name, ast.Attribute, ast.Subscript)):
            return self._watches.sum(node, "subtract" if isinstance(node.op, ast.Sub) else "add", node.left, node.right)
        return node

    def visit_Return(self, node: ast.Return) -> ast.AST:
        self.generic_visit(node)
        name = self._watches.names[-1] if self._watches.names else ""
        if isinstance(node.value, ast.Tuple):
            node.value.elts = [
                element if isinstance(element, ast.Starred) else self._watches.watch("return", name, element)
                for element in node.value.elts
            ]
        elif node.value is not None:
            node.value = self._watches.watch("return", name, node.value)
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        in_class = isinstance(self._scopes[-1], ast.ClassDef)
        if comprehensions.map_trains(node, self._updating) and not in_class and self._nesting < MAX_NESTING:
            return self._map(node)
        self.generic_visit(node)
        called = last_name(node.func)
        if called == "append" and len(node.args) == 1 and isinstance(node.func, ast.Attribute):
            owner = self._watches.source(node.func.value)
            node.args[0] = self._watches.watch("append", owner, node.args[0], recorded=True)
        elif is_sum_call(node):
            return self._watches.sum_call(node, called)
        elif called in PRODUCTS:
            node.args = [
                self._watches.factor(part, -1) if RATE_NAME.search(rate_name(part)) else part for part in node.args
            ]
        elif called in ("print", "write", "info", "set_description"):
            node.args = [
                argument if isinstance(argument, ast.Starred) else self._watches.printed(argument)
                for argument in node.args
            ]
        return node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                part.value = self._watches.watch("print", self._watches.source(part.value), self.visit(part.value))
        return node
