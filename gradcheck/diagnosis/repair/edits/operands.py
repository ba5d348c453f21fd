"""Other variables: an operand, an argument, an index, a key, a function exchanged for one in scope."""

from __future__ import annotations

import re
from collections.abc import Iterator

import libcst as cst

from gradcheck.diagnosis.edit import EditKind
from gradcheck.diagnosis.repair.bindings import elements, siblings
from gradcheck.diagnosis.repair.change import Change, Setting, replaced, role_of, tight
from gradcheck.diagnosis.repair.names import keyed, shifted
from gradcheck.diagnosis.repair.splices import Splice
from gradcheck.diagnosis.repair.syntax import Statement

__all__ = ["propose"]

MAX_NAMES, MAX_DIFFERENCES = 16, 4
# How far from any name an expression without one is.
UNNAMED = 3
OTHER_END = {
    "[:,:-1]": "[:, 1:]",
    "[:,1:]": "[:, :-1]",
    "[:-1]": "[1:]",
    "[1:]": "[:-1]",
    "[:-1,:]": "[1:, :]",
    "[1:,:]": "[:-1, :]",
}
# Functions of one variable that are each other's look-alike.
ALIKE = {"np.sign": "np.tanh", "np.tanh": "np.sign"}


def propose(setting: Setting, statement: Statement) -> Iterator[Change]:
    """Every operand replaced by what fits its shape, likely ones first."""
    role = role_of(statement, setting)
    for splices, kind, detail, tier in (
        *_indices(setting, statement),
        *_keys(setting, statement),
        *_functions(setting, statement),
        *_members(setting, statement),
        *_names(setting, statement),
        *_everywhere(setting, statement),
        *_slices(setting, statement),
        *_summed(setting, statement),
    ):
        yield Change(kind=kind, splices=splices, statement=statement, detail=detail, tier=tier, role=role)


def _names(  # noqa: C901 (each condition rules a name out)
    setting: Setting, statement: Statement
) -> Iterator[tuple[tuple[Splice, ...], EditKind, str, int]]:
    tree = setting.tree
    names = setting.scope.names(statement)
    handed = tree.definitions.get(statement.function, (0, 0, ()))[2]  # parameters, whose values are often not known
    differences = _differences(setting, statement)
    for node in tree.expressions(statement):
        compound = _is_compound_operand(setting, node) or _is_difference_of_entries(setting, statement, node)
        if not _is_operand(setting, node) and not compound:
            continue
        code = tree.code(node)
        shape = setting.scope.shape(code, statement)
        single = setting.scalars or _is_difference_of_entries(setting, statement, node)
        if setting.scope.is_number(code, statement) and not single:
            continue
        reduced = _is_reduced(setting, node)
        argument = isinstance(tree.parent(node), cst.Arg) and not _of_numpy(setting, node)
        kind = EditKind.REPLACE_ARGUMENT if argument else EditKind.REPLACE_OPERAND
        fitting = []
        seen: set[bytes] = set()
        for name in names:
            if name == code or name in ("_", "i", "j", "l", "epoch"):
                continue
            found = setting.scope.shape(name, statement)
            known = shape is not None and found is not None
            fitting += [(_distance(code, name), part) for part in _without_bias(name, found, shape)]
            if found is None and setting.scope.ran is not None and name.isidentifier() and name not in handed:
                continue
            if known and found != shape and not (reduced and set(enumerate(found or ())) & set(enumerate(shape or ()))):
                continue
            if setting.scope.is_number(name, statement) and not setting.scalars:
                continue
            value, other = setting.scope.value(code, statement), setting.scope.value(name, statement)
            if other is not None and not re.search(r"W|w|weight|theta|old|prev", name):
                same = value is not None and value.shape == other.shape and bool((value == other).all())
                if same or other.tobytes() in seen:
                    continue
                seen.add(other.tobytes())
            fitting.append((_distance(code, name) + (0 if known else 2), name))
        if isinstance(node, cst.BinaryOperation) and single:  # ``d[k]`` for ``(o[k] - t[k])``
            places = dict.fromkeys(re.findall(r"\[(\w+)\]", code))
            fitting += [(0, f"{base}[{place}]") for base in setting.scope.lists(statement) for place in places]
        fitting += [(UNNAMED, text) for text, found in differences if shape is not None and found == shape]
        for rank, (_distance_of, name) in enumerate(sorted(fitting)[:MAX_NAMES]):
            usual = argument and _of_slope(setting, node)
            yield replaced(tree, node, name), kind, name, rank // 5 if usual else 1 + rank // 4


def _members(setting: Setting, statement: Statement) -> Iterator[tuple[tuple[Splice, ...], EditKind, str, int]]:
    """Another attribute of the same object, as its own class has them: ``layer.z`` for ``layer.a``."""
    tree = setting.tree
    for node in tree.expressions(statement):
        if not isinstance(node, cst.Attribute) or not _is_operand(setting, node) or tree.code(node.value) == "self":
            continue
        shape, owner = setting.scope.shape(tree.code(node), statement), tree.code(node.value)
        for other in siblings(tree, node.attr.value):
            found = setting.scope.shape(f"{owner}.{other}", statement)
            if shape is not None and found is not None and found != shape:
                continue
            yield replaced(tree, node.attr, other), EditKind.REPLACE_OPERAND, f"{owner}.{other}", 1


def _differences(setting: Setting, statement: Statement) -> list[tuple[str, tuple[int, ...]]]:
    """What other lines of the function subtract from each other, without a name of its own: ``(output - target)``."""
    tree = setting.tree
    texts = [
        f"({tree.code(node).strip('()')})"
        for other in tree.statements
        if other is not statement and (other.owner, other.function) == (statement.owner, statement.function)
        for node in tree.expressions(other)
        if isinstance(node, cst.BinaryOperation)
        and isinstance(node.operator, cst.Subtract)
        and all(isinstance(side, (cst.Name, cst.Attribute, cst.Subscript)) for side in (node.left, node.right))
    ]
    shapes = [(text, setting.scope.shape(text, statement)) for text in dict.fromkeys(texts)]
    return [(text, shape) for text, shape in shapes if shape is not None][:MAX_DIFFERENCES]


def _everywhere(setting: Setting, statement: Statement) -> Iterator[tuple[tuple[Splice, ...], EditKind, str, int]]:
    """One variable for another wherever the statement has it: ``z * (1 - z)`` to ``a * (1 - a)``."""
    tree = setting.tree
    places: dict[str, list[cst.BaseExpression]] = {}
    for node in tree.expressions(statement):
        if _is_operand(setting, node):
            places.setdefault(tree.code(node), []).append(node)
    for code, nodes in places.items():
        if len(nodes) < 2 or setting.scope.is_number(code, statement):
            continue
        shape = setting.scope.shape(code, statement)
        names = [
            (_distance(code, name), name)
            for name in setting.scope.names(statement)
            if name != code and (shape is None or setting.scope.shape(name, statement) in (shape, None))
        ]
        for _far, name in sorted(names)[:6]:
            splices = tuple(splice for node in nodes for splice in replaced(tree, node, name))
            yield splices, EditKind.REPLACE_OPERAND, name, 1


def _slices(setting: Setting, statement: Statement) -> Iterator[tuple[tuple[Splice, ...], EditKind, str, int]]:
    """The other end left out: the column of biases is the first, or the last."""
    tree = setting.tree
    for node in tree.expressions(statement):
        if not isinstance(node, cst.Subscript):
            continue
        start, end = tree.span(node.value)[1], tree.span(node)[1]
        code = re.sub(r"\s", "", tree.text[start:end])
        if code in OTHER_END:
            detail = f"without the bias: {OTHER_END[code]}"
            yield (Splice(start, end, OTHER_END[code]),), EditKind.REPLACE_OPERAND, detail, 0


def _summed(setting: Setting, statement: Statement) -> Iterator[tuple[tuple[Splice, ...], EditKind, str, int]]:
    """One element, by the index of a loop, of what is summed: ``w[k][j]`` for ``sum(w[k])``."""
    tree = setting.tree
    turns = [target for _first, _last, target in statement.loops if target.isidentifier()]
    for node in tree.expressions(statement):
        match node:
            case cst.Call(func=func, args=[argument]) if tree.code(func) in ("sum", "np.sum"):
                code = tree.code(argument.value)
                for turn in reversed(turns):
                    if isinstance(argument.value, (cst.Name, cst.Attribute, cst.Subscript)) and f"[{turn}]" not in code:
                        yield replaced(tree, node, f"{code}[{turn}]"), EditKind.REPLACE_OPERAND, f"{code}[{turn}]", 1


def _is_operand(setting: Setting, node: cst.BaseExpression) -> bool:  # noqa: PLR0911 (each rules a form out)
    if not isinstance(node, (cst.Name, cst.Attribute, cst.Subscript)):
        return False
    tree = setting.tree
    parent = tree.parent(node)
    code = tree.code(node)
    if code in ("np", "numpy", "self", "True", "False", "None", "math") or code.startswith(("np.", "numpy.", "math.")):
        return False
    if isinstance(node, cst.Attribute) and node.attr.value in ("T", "shape", "size"):
        return False
    if ".shape[" in code:
        return False
    if isinstance(parent, cst.Attribute):
        return parent.value is node and parent.attr.value in ("T", "dot", "sum", "mean", "copy", "reshape")
    if isinstance(parent, cst.Call) and parent.func is node:
        return False
    if isinstance(parent, cst.Arg):
        call = tree.parent(parent)
        if parent.keyword is node or (isinstance(call, cst.Call) and tree.code(call.func) in ("len", "range", "print")):
            return False
    if isinstance(parent, cst.Subscript):
        return False
    return not isinstance(parent, cst.Index)


def _is_reduced(setting: Setting, node: cst.BaseExpression) -> bool:
    """Whether an operand is summed at once: then only the axis that stays must fit."""
    parent = setting.tree.parent(node)
    if isinstance(parent, cst.Attribute):
        return parent.attr.value in ("sum", "mean")
    call = setting.tree.parent(parent) if isinstance(parent, cst.Arg) else None
    return isinstance(call, cst.Call) and setting.tree.code(call.func) in ("np.sum", "np.mean")


def _without_bias(name: str, found: tuple[int, ...] | None, shape: tuple[int, ...] | None) -> list[str]:
    """A variable without its column of ones, where that makes it fit."""
    if found is None or not shape or len(found) != 2 or found != (*shape[:-1], shape[-1] + 1):
        return []
    return [f"{name}[:, :-1]", f"{name}[:, 1:]"]


def _is_compound_operand(setting: Setting, node: cst.BaseExpression) -> bool:
    """An expression that is an operand of a matrix product: a variable may be meant."""
    if not isinstance(node, cst.BinaryOperation):
        return False
    parent = setting.tree.parent(node)
    if isinstance(parent, cst.BinaryOperation):
        products = (cst.MatrixMultiply, cst.Multiply) if setting.scalars else (cst.MatrixMultiply,)
        return isinstance(parent.operator, products) and bool(node.lpar)
    if isinstance(parent, cst.Attribute):
        return parent.attr.value == "dot"
    call = setting.tree.parent(parent) if isinstance(parent, cst.Arg) else None
    return isinstance(call, cst.Call) and setting.tree.code(call.func).rpartition(".")[2] in ("dot", "matmul", "outer")


def _is_difference_of_entries(setting: Setting, statement: Statement, node: cst.BaseExpression) -> bool:
    """``(t[k] - o[k])``, one number, where a product takes it: an entry of another array may be meant."""
    parent = setting.tree.parent(node)
    return (
        isinstance(node, cst.BinaryOperation)
        and isinstance(node.operator, cst.Subtract)
        and isinstance(node.left, cst.Subscript)
        and isinstance(node.right, cst.Subscript)
        and isinstance(parent, cst.BinaryOperation)
        and isinstance(parent.operator, cst.Multiply)
        and setting.scope.is_number(setting.tree.code(node), statement)
    )


def _of_numpy(setting: Setting, node: cst.BaseExpression) -> bool:
    argument = setting.tree.parent(node)
    call = setting.tree.parent(argument) if argument is not None else None
    return isinstance(call, cst.Call) and (
        setting.tree.code(call.func).startswith(("np.", "numpy.")) or setting.tree.code(call.func).endswith(".dot")
    )


def _of_slope(setting: Setting, node: cst.BaseExpression) -> bool:
    """Whether an argument is that of an activation's derivative."""
    argument = setting.tree.parent(node)
    call = setting.tree.parent(argument) if argument is not None else None
    return isinstance(call, cst.Call) and setting.tree.code(call.func).rpartition(".")[2] in setting.scope.helpers


def _distance(first: str, second: str) -> int:
    """How unlike two names are: the same stem with another number first, then the same number, then others."""
    stem = re.sub(r"\d|_|'|\"|\[|\]|self\.|old|prev", "", first), re.sub(r"\d|_|'|\"|\[|\]|self\.|old|prev", "", second)
    digits = re.sub(r"\D", "", first), re.sub(r"\D", "", second)
    if stem[0].lower() == stem[1].lower():
        return 0
    if digits[0] and digits[0] == digits[1]:
        return 1
    return 2 + (stem[0][:1].lower() != stem[1][:1].lower())


def _indices(setting: Setting, statement: Statement) -> Iterator[tuple[tuple[Splice, ...], EditKind, str, int]]:
    tree = setting.tree
    for node in tree.expressions(statement):
        match node:
            case cst.Subscript(slice=[cst.SubscriptElement(slice=cst.Index(value=index))]):
                pass
            case _:
                continue
        code = tree.code(index)
        if ".shape" in tree.code(node.value):
            continue
        if not isinstance(index, cst.SimpleString):
            turns = [target for _first, _last, target in statement.loops if target.isidentifier() and target != code]
            yield from _other_lists(setting, statement, node, code, turns)
        for other in _neighbours(code):
            yield replaced(tree, index, other), EditKind.REPLACE_OPERAND, f"{tree.code(node.value)}[{other}]", 0


def _other_lists(
    setting: Setting, statement: Statement, node: cst.Subscript, code: str, turns: list[str]
) -> Iterator[tuple[tuple[Splice, ...], EditKind, str, int]]:
    """An element of another list: the same one, its neighbour where that has the shape, that of another loop."""
    tree = setting.tree
    shape = setting.scope.shape(tree.code(node), statement)
    for base in setting.scope.lists(statement):
        if base != tree.code(node.value):
            yield replaced(tree, node.value, base), EditKind.REPLACE_OPERAND, f"{base}[{code}]", 1
            for other in (f"{base}[{near}]" for near in _neighbours(code)):
                if shape is not None and setting.scope.shape(other, statement) == shape:
                    yield replaced(tree, node, other), EditKind.REPLACE_OPERAND, other, 1
        for turn in turns:
            yield replaced(tree, node, f"{base}[{turn}]"), EditKind.REPLACE_OPERAND, f"{base}[{turn}]", 2


def _neighbours(code: str) -> tuple[str, ...]:
    if re.fullmatch(r"-?\d+", code):
        number = int(code)
        return tuple(str(other) for other in (number - 1, number + 1) if (other < 0) == (number < 0))
    match = re.fullmatch(r"(-?\w+)(?:\s*[+-]\s*\d+)?", code)
    if not match or not re.search(r"[A-Za-z]", match.group(1)):
        return ()
    return shifted(code, -1), shifted(code, 1)


def _keys(setting: Setting, statement: Statement) -> Iterator[tuple[tuple[Splice, ...], EditKind, str, int]]:
    tree = setting.tree
    turns = elements(tree, statement)
    known = set(re.findall(r"\[(['\"][A-Za-z_]\w*['\"])\]", tree.text))
    for node in tree.expressions(statement):
        match node:
            case cst.Subscript(slice=[cst.SubscriptElement(slice=cst.Index(value=cst.SimpleString() as key))]):
                pass
            case _:
                continue
        code = tree.code(key)
        shape = setting.scope.shape(tree.code(node), statement)
        present = set(map(keyed, setting.scope.names(statement)))
        base = tree.code(node.value)
        for other in sorted(known, key=lambda item: _distance(code, item)):
            name = f"{base}[{other}]"
            if other.strip("'\"") == code.strip("'\"") or keyed(name) in present:
                continue
            found = setting.scope.shape(name, statement)
            unseen = found is None and shape is None and ("]" in base or base in turns)
            if unseen or (found is not None and (shape is None or found == shape)):
                quoted = f"{code[0]}{other[1:-1]}{code[0]}"
                yield replaced(tree, key, quoted), EditKind.REPLACE_OPERAND, f"{base}[{quoted}]", 1


def _functions(setting: Setting, statement: Statement) -> Iterator[tuple[tuple[Splice, ...], EditKind, str, int]]:
    tree = setting.tree
    for node in tree.expressions(statement):
        if not isinstance(node, cst.Call) or len(node.args) != 1:
            continue
        callee = tree.code(node.func)
        short = callee.rpartition(".")[2]
        if callee in ALIKE:
            yield replaced(tree, node.func, ALIKE[callee]), EditKind.REPLACE_FUNCTION, ALIKE[callee], 1
        if short not in setting.scope.helpers and callee not in ("np.tanh", "np.exp"):
            continue
        if any(part.what == "value" for part in setting.scope.helpers.get(short, ())) or callee == "np.tanh":
            inner = tight(tree, node.args[0].value)
            yield replaced(tree, node, inner), EditKind.REPLACE_FUNCTION, f"{short} dropped", 0
        for other, parts in setting.scope.helpers.items():
            if other != short and other != statement.function.rpartition(".")[2]:
                tier = 0 if any(part.what != "value" for part in parts) else 2
                prefix = callee[: len(callee) - len(short)]
                text = f"{prefix}{other}" if prefix not in ("np.", "") else setting.scope.callee(other, statement)
                yield replaced(tree, node.func, text), EditKind.REPLACE_FUNCTION, other, tier
            for part in parts:
                if other == short and "=" in part.call:  # a flag that asks for the derivative
                    end = tree.span(node.args[0].value)[1]
                    flag = part.call.partition(", ")[2].rstrip(")")
                    yield (Splice(end, end, f", {flag}"),), EditKind.REPLACE_FUNCTION, flag, 0
