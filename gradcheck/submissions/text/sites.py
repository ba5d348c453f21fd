"""Places in a submission's text that are watched while it runs, and what its text says about them."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

__all__ = [
    "ACCURACY_NAME",
    "GRADIENT_NAME",
    "LOSS_NAME",
    "PARAMETER_NAME",
    "RATE_NAME",
    "TOTAL_NAME",
    "WEAK_RATE_NAME",
    "Loop",
    "Site",
    "added_to_itself",
    "completes_loss",
    "function_names",
    "is_only_shown",
    "is_recorded",
]

# Hints, never requirements: English abbreviations and the usual Chinese words.
LOSS_NAME = re.compile(
    r"loss|cost|err|mse|sse|rmse|bce|entropy|nll|likelihood|objective|criterion|energy|verlust|kosten|fehler|abweichung|perte|co[uû]t|p[eé]rdida|perda|cost[oe]|custo|sunshi|daijia|wucha|损失|代价|误差|成本|(^|[^a-z])[jle]$",
    re.IGNORECASE,
)
ACCURACY_NAME = re.compile(
    r"acc|correct|score|r2|mape|precision|recall|准确|正确|val(?!(ue)?s?([^a-z]|$)|ue)|(^|[^a-z])(val([^a-z]|$)|test)|dev_|"
    r"验证|测试",
    re.IGNORECASE,
)
RATE_NAME = re.compile(
    r"(^|[^a-z])(lr|l_r|eta|rate|step_?size|alpha|gamma)([^a-z]|$)|learn|lern|lrate|schrittweite|^taux|taux_?d|^pas$|^tasa|^taxa|^tasso|学习率|步长|^α$|^η$|^step$",
    re.IGNORECASE,
)
# Names that are also given to slopes and penalties: a learning rate only if nothing is named better.
WEAK_RATE_NAME = re.compile(r"(^|[^a-z])(alpha|gamma)([^a-z]|$)|^α$|drop|decay|reg|momentum", re.IGNORECASE)
TOTAL_NAME = re.compile(
    f"{LOSS_NAME.pattern}|{ACCURACY_NAME.pattern}|total|sum|count|epoch|hits|running|average|avg|moving|smooth|baseline|mittel|moyen|总",
    re.IGNORECASE,
)
PARAMETER_NAME = re.compile(
    r"^[wbvu][a-z]{0,2}(?![a-z])|^(weight|bias|theta|syn|param|coef|intercept|gewicht|poids|biais|权重|偏置|参数)",
    re.IGNORECASE,
)
GRADIENT_NAME = re.compile(r"grad|nabla|delta|adjoint|(^|[^a-z])d(?=[A-Z_\d]|[wbz]\d*([^a-z]|$))|梯度", re.ASCII)
# The mean or sum of something that has a name: ``np.mean(losses)``, ``losses.sum() / n``.
REDUCED = re.compile(
    r"(?:float\()?(?:(?:np\.)?(?:mean|sum|average)\(([\w.]+)[,)]|([\w.]+)\.(?:mean|sum)\(|([\w.]+) ?/)"
)
LITERAL = r"(?=.*[.eE])[\d_]*\.?[\d_]*([eE][+-]?\d+)?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One watched expression.

    ``kind`` is assign, append, store (into an attribute or item), accumulate, return, print, subtract, squared or rate;
    ``name`` is the name or function that it belongs to; ``recorded`` says that its value is kept, returned or decides
    something, not only shown; ``owner`` is the update that a factor belongs to (-1: none); ``shown`` says that a sum is
    printed and used for nothing else.
    """

    kind: str
    function: str
    name: str
    text: str
    line: int
    recorded: bool = False
    owner: int = -1
    shown: bool = False

    @property
    def is_literal(self) -> bool:
        """Whether it is a number with a point or an exponent, as rates are typed; 2 is a factor of a formula."""
        return self.kind == "rate" and re.fullmatch(LITERAL, self.text) is not None

    @property
    def names(self) -> tuple[str, ...]:
        """What its value is called: the name that it is given; who returns it, and what it is a mean of."""
        if self.kind != "return":
            return (self.name,)
        reduced = REDUCED.match(self.text)
        return (
            self.name,
            self.function.split(".")[-1],
            *(part for part in (reduced.groups() if reduced else ()) if part),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """One loop that may train: where it is, and whether loops that may train lie inside it."""

    function: str
    line: int
    nested: bool
    while_loop: bool
    last: int  # line


def function_names(tree: ast.AST) -> dict[str, list[ast.FunctionDef]]:
    """Every function and method of a file by its bare name (several may share one)."""
    found: dict[str, list[ast.FunctionDef]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            found.setdefault(node.name, []).append(node)
    return found


def is_recorded(scope: ast.AST, name: str) -> bool:
    """Whether a name's value is returned, handed out, kept in a container, or compared to stop early, in a scope."""
    return any(_uses_as_record(node, name) for node in ast.walk(scope))


def is_only_shown(scope: ast.AST, target: ast.expr) -> bool:
    r"""Whether a name is printed somewhere in a scope, and read nowhere else but where something is added to it.

    Examples
    --------
    >>> e = ast.Name("e")
    >>> is_only_shown(ast.parse("e += x\nprint('error', e / n)"), e), is_only_shown(ast.parse("e += x\nlog(e)"), e)
    (True, False)
    >>> is_only_shown(ast.parse("e = e + x\nprint('error', e / n)"), e)
    True
    """
    if not isinstance(target, ast.Name):
        return False
    shown = [
        part
        for node in ast.walk(scope)
        if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Call) and _is_name(node.func, "print"))
        for part in ast.walk(node)
    ]
    printed = {id(part) for part in shown}
    reads = [
        node
        for node in ast.walk(scope)
        if isinstance(node, ast.Name) and node.id == target.id and isinstance(node.ctx, ast.Load)
    ]
    sums = [node.value for node in ast.walk(scope) if isinstance(node, ast.Assign) and added_to_itself(node)]
    own = printed | {id(value.left) for value in sums if isinstance(value, ast.BinOp)}
    return any(id(node) in printed for node in reads) and all(id(node) in own for node in reads)


def added_to_itself(node: ast.Assign) -> ast.expr | None:
    """What a name's new value has beside the old one, in their sum.

    Examples
    --------
    >>> texts = ("total = total + part(w)", "total = part(w) + rest", "total = total * 2 + part(w)")
    >>> nodes = [ast.parse(text).body[0] for text in texts]
    >>> parts = [added_to_itself(node) for node in nodes if isinstance(node, ast.Assign)]
    >>> [part and ast.unparse(part) for part in parts]
    ['part(w)', None, None]
    """
    target, value = node.targets[0], node.value
    if not isinstance(value, ast.BinOp) or not isinstance(value.op, ast.Add):
        return None
    itself = isinstance(target, ast.Name) and isinstance(value.left, ast.Name) and value.left.id == target.id
    return value.right if itself else None


def completes_loss(scope: ast.AST, node: ast.AugAssign) -> bool:
    r"""Whether a loss that was computed before has something added to it: ``loss = f(p, y)``, ``loss += penalty``.

    Examples
    --------
    >>> scopes = [ast.parse(text) for text in ("loss = f(p)\nloss += r", "loss = 0.0\nloss += f(p)")]
    >>> [completes_loss(scope, scope.body[1]) for scope in scopes if isinstance(scope.body[1], ast.AugAssign)]
    [True, False]
    """
    if not isinstance(node.target, ast.Name) or not LOSS_NAME.search(node.target.id):
        return False
    return any(
        isinstance(part, ast.Assign)
        and part.lineno < node.lineno
        and not isinstance(part.value, ast.Constant)
        and any(isinstance(target, ast.Name) and target.id == node.target.id for target in part.targets)
        for part in ast.walk(scope)
    )


def _uses_as_record(node: ast.AST, name: str) -> bool:
    if isinstance(node, (ast.Return, ast.Yield)) and node.value is not None:
        elements = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
        return any(_is_name(element, name) for element in elements)
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("append", "add", "update")
    ):
        return any(_is_name(argument, name) for argument in node.args)
    if isinstance(node, ast.While) or (
        isinstance(node, ast.If) and not all(map(_only_prints, [*node.body, *node.orelse]))
    ):
        compared = [node.test, *ast.walk(node.test)]
        return any(isinstance(part, ast.Compare) and _is_name(part.left, name) for part in compared)
    if isinstance(node, ast.Assign):
        stored = any(isinstance(target, (ast.Attribute, ast.Subscript)) for target in node.targets)
        return stored and _is_name(node.value, name)
    return False


def _only_prints(statement: ast.stmt) -> bool:
    """``if loss > last: print(...)``: nothing is decided by that."""
    call = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(call, ast.Call) and _is_name(call.func, "print")


def _is_name(node: ast.AST, name: str) -> bool:
    if isinstance(node, ast.Call) and len(node.args) == 1 and not node.keywords:  # float(loss), np.abs(loss), ...
        return _is_name(node.args[0], name)
    return isinstance(node, ast.Name) and node.id == name
