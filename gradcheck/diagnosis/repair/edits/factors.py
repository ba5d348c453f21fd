"""Constant factors: the 2 of a square, the batch, the outputs, the rate; put in, taken out, exchanged."""

from __future__ import annotations

import re
from collections.abc import Iterator

import libcst as cst
import numpy as np

from gradcheck.diagnosis.edit import EditKind, Role
from gradcheck.diagnosis.repair.change import Change, Setting, dropped, number, replaced, role_of, scaled, target_text
from gradcheck.diagnosis.repair.edits.numbers import lengths_of_means, lengths_that_fit, numbers_that_fit
from gradcheck.diagnosis.repair.edits.places import values
from gradcheck.diagnosis.repair.edits.regularisation import is_penalty
from gradcheck.diagnosis.repair.splices import Splice
from gradcheck.diagnosis.repair.syntax import Statement, level

__all__ = ["fitting", "propose"]

SIZES = ("batch", "outputs", "features")
AGREEMENT = 1e-6
# Rates of other updates that an update may take.
MOST_RATES = 3


def propose(setting: Setting, statement: Statement) -> Iterator[Change]:
    """Factors that are there dropped or exchanged; the usual constants put on."""
    role = role_of(statement, setting)
    for splices, kind, detail, tier in (*_taken_out(setting, statement), *_exchanged(setting, statement)):
        yield Change(kind=kind, splices=splices, statement=statement, detail=detail, tier=tier, role=role)
    for node in values(setting, statement):
        for operator, factor, detail in _usual(setting, statement):
            if _undoes(setting.tree.text[statement.start : statement.end], operator, factor):
                continue
            splices = scaled(setting.tree, node, operator, factor)
            yield Change(kind=EditKind.SCALE, splices=splices, statement=statement, detail=detail, tier=5, role=role)


def fitting(setting: Setting, statement: Statement, factor: float) -> Iterator[Change]:
    """What multiplies a value of the statement by ``factor``, in the code's own names."""
    role = role_of(statement, setting)
    tree = setting.tree
    ways = list(_expressions(setting, statement, factor))
    ways += [((each,), each[1]) for each in numbers_that_fit(setting, statement, factor)]
    yield from _afterwards(setting, statement, ways)
    for node, text in lengths_that_fit(setting, statement, factor):
        other = replaced(tree, node, text)
        yield Change(kind=EditKind.RESCALE, splices=other, statement=statement, detail="batch", tier=0, role=role)
    for node in values(setting, statement):
        for rank, (suffixes, detail) in enumerate(ways):
            if any(_undoes(tree.text[statement.start : statement.end], *suffix) for suffix in suffixes):
                continue
            if len(suffixes) == 1 and _is_there(setting, statement, *suffixes[0]):
                continue
            splices: tuple[Splice, ...] = ()
            for operator, text in suffixes:
                splices = (*splices, *scaled(tree, node, operator, text))
            if len(suffixes) > 1:
                splices = _together(setting, node, suffixes)
            yield Change(
                kind=EditKind.SCALE, splices=splices, statement=statement, detail=detail, tier=min(rank, 2), role=role
            )


def _afterwards(
    setting: Setting, statement: Statement, ways: list[tuple[tuple[tuple[str, str], ...], str]]
) -> Iterator[Change]:
    """The whole array scaled behind ``delta[rows, labels] -= 1``, which changes some of its entries only."""
    tree = setting.tree
    target = target_text(statement, tree)
    base, bracket, _index = target.partition("[")
    shape = setting.scope.shape(base, statement) if bracket and statement.solo else None
    if shape is None or shape == () or base in setting.blocks:
        return
    place = tree.line_end(statement.last)
    for rank, (suffixes, detail) in enumerate(ways):
        text = "; ".join(f"{base} {operator}= {factor}" for operator, factor in suffixes)
        yield Change(
            kind=EditKind.SCALE, splices=(Splice(place, place, f"{tree.indentation(statement)}{text}{tree.newline}"),),
            statement=statement, detail=detail, tier=min(rank, 2), role=role_of(statement, setting),
        )  # fmt: skip


def _undoes(code: str, operator: str, factor: str) -> bool:
    """Whether a factor would only take back what is there: ``/ m`` is dropped, never followed by ``* m``."""
    inverse = "/" if operator == "*" else r"\*"
    before = "" if operator == "*" else rf"|(?<![\w./]){re.escape(factor)}\s*\*"
    return re.search(rf"{inverse}\s*\(?{re.escape(factor)}(?![\w.\[]){before}", code) is not None


def _is_there(setting: Setting, statement: Statement, operator: str, factor: str) -> bool:
    """Whether the statement divides by that very number, under whatever name, where it would be multiplied by it."""
    value = setting.scope.value(factor, statement)
    if operator != "*" or value is None or number(factor):
        return False
    for node in setting.tree.expressions(statement):
        if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Divide):
            other = setting.scope.value(setting.tree.code(node.right), statement)
            if other is not None and other.ndim == 0 and value.ndim == 0 and _equal(float(other), float(value)):
                return True
    return False


def _together(setting: Setting, node: cst.BaseExpression, suffixes: tuple[tuple[str, str], ...]) -> tuple[Splice, ...]:
    front = "".join(f"{text} * " for operator, text in suffixes if operator == "*")
    back = "".join(f" / {text}" for operator, text in suffixes if operator == "/")
    start, end = setting.tree.span(node)
    loose = level(node) < 10
    return (
        Splice(start, start, f"{front}(" if loose else front),
        Splice(end, end, f"){back}" if loose else back),
    )


def _expressions(
    setting: Setting, statement: Statement, factor: float
) -> Iterator[tuple[tuple[tuple[str, str], ...], str]]:
    sizes = {name: value for name, value in setting.scope.sizes.items() if value and value != 1}
    for literal, value in (("2", 2.0), ("0.5", 0.5)):
        if _equal(factor, value):
            yield ((("*", literal),) if literal == "2" else (("/", "2"),)), literal
    for wanted, value in sizes.items():
        names = setting.scope.constants(statement, wanted)[:3]
        for text in names:
            if _equal(factor, 1 / value):
                yield (("/", text),), wanted
            elif _equal(factor, value) and wanted != "regularisation":
                yield (("*", text),), wanted
            elif _equal(factor, 2 / value):
                yield (("*", "2"), ("/", text)), f"2 / {wanted}"
            elif _equal(factor, 0.5 / value):
                yield (("/", f"(2 * {text})"),), f"1 / (2 {wanted})"
    if "batch" in sizes and "outputs" in sizes:
        yield from _products(setting, statement, factor, sizes)


def _products(
    setting: Setting, statement: Statement, factor: float, sizes: dict[str, float]
) -> Iterator[tuple[tuple[tuple[str, str], ...], str]]:
    entries = sizes["batch"] * sizes["outputs"]
    whole = [name for name in setting.scope.names(statement) if re.fullmatch(r"[Yy]\w*|targets?|labels?", name)]
    batch = setting.scope.constants(statement, "batch")[:1]
    outputs = setting.scope.constants(statement, "outputs")[:1]
    texts = [f"{name}.size" for name in whole[:2]] or [f"({a} * {b})" for a in batch for b in outputs]
    for text in texts:
        for numerator, front in ((1.0, ()), (2.0, (("*", "2"),))):
            if _equal(factor, numerator / entries):
                yield (*front, ("/", text)), "batch outputs"
            if _equal(factor, entries) and numerator == 1.0:
                yield (("*", text),), "batch outputs"


def _usual(setting: Setting, statement: Statement) -> Iterator[tuple[str, str, str]]:
    yield "*", "2", "2"
    yield "/", "2", "0.5"
    for wanted in ("batch", "outputs"):
        for text in setting.scope.constants(statement, wanted)[:1]:
            yield "/", text, wanted
            yield "*", text, wanted
    for text in lengths_of_means(setting, statement):
        yield "/", text, text


def _taken_out(setting: Setting, statement: Statement) -> Iterator[tuple[tuple[Splice, ...], EditKind, str, int]]:
    tree = setting.tree
    for node in tree.expressions(statement):
        if not isinstance(node, cst.BinaryOperation):
            continue
        if is_penalty(setting, node) and any(number(tree.code(side)) for side in (node.left, node.right)):
            continue  # a factor of the penalty is the regularisation's
        if isinstance(node.operator, (cst.Multiply, cst.Divide)) and _scalar(setting, statement, node.right):
            yield dropped(tree, node, keep_left=True), EditKind.UNSCALE, _detail(setting, statement, node.right), 0
        if isinstance(node.operator, cst.Multiply) and _scalar(setting, statement, node.left):
            yield dropped(tree, node, keep_left=False), EditKind.UNSCALE, _detail(setting, statement, node.left), 0
        if isinstance(node.operator, cst.Divide) and tree.code(node.left) in ("1", "1.0", "1."):
            start, end = tree.span(node)
            yield (Splice(start, end, "1"),), EditKind.UNSCALE, _detail(setting, statement, node.right), 2


def _exchanged(  # noqa: C901, PLR0912 (one branch a form)
    setting: Setting, statement: Statement
) -> Iterator[tuple[tuple[Splice, ...], EditKind, str, int]]:
    tree = setting.tree
    for node in tree.expressions(statement):
        code = tree.code(node)
        match = re.fullmatch(r"(.+)\.shape\[(-?\d)\]", code)
        if match and isinstance(node, cst.Subscript):
            other = {"0": "1", "1": "0", "-1": "0"}.get(match.group(2))
            if other is not None:
                place = tree.span(node)[1] - 1 - len(match.group(2))
                detail = f"{match.group(1)}.shape[{other}]"
                tier = 5 if _is_batch(setting, statement, code) else 0
                yield (Splice(place, place + len(match.group(2)), other),), EditKind.RESCALE, detail, tier
        added = isinstance(statement.node, cst.AugAssign) and node is statement.node.value
        if not _is_factor(tree.parent(node), node) and not (added and isinstance(node, (cst.Integer, cst.Float))):
            continue
        if isinstance(node, (cst.Integer, cst.Float)) and float(code) != 0:
            for other in ("1", "2", "0.5"):
                if float(other) != float(code):
                    yield replaced(tree, node, other), EditKind.RESCALE, other, 1
            for other in _rates_beside(setting, statement) if isinstance(node, cst.Float) else ():
                if float(other) != float(code):
                    yield replaced(tree, node, other), EditKind.RESCALE, "learning_rate", 0
            if float(code) > 2:
                for wanted in SIZES:
                    for text in setting.scope.constants(statement, wanted)[:2]:
                        yield replaced(tree, node, text), EditKind.RESCALE, wanted, 0
        elif _names_a_size(setting, statement, node):
            whole = _all_entries(setting, statement, code)
            if whole is not None:
                yield replaced(tree, node, whole), EditKind.RESCALE, "batch outputs", 0
            for wanted in SIZES:
                for text in setting.scope.constants(statement, wanted)[:3]:
                    if text != code:
                        tier = 1 if wanted == "batch" else 3 + 2 * _is_batch(setting, statement, code)
                        yield replaced(tree, node, text), EditKind.RESCALE, wanted, tier


def _all_entries(setting: Setting, statement: Statement, code: str) -> str | None:
    """``out.size`` for ``len(out)`` and ``out.shape[0]``, or a name for it, where that is another number."""
    match = re.fullmatch(r"len\((?P<called>[\w.\[\]'\"]+)\)|(?P<shaped>.+)\.shape\[-?\d\]", code)
    if match is None:
        return _entries_of_rows(setting, statement, code)
    name = match["called"] or match["shaped"]
    shape = setting.scope.shape(name, statement)
    return f"{name}.size" if shape is not None and len(shape) > 1 and max(shape[1:]) > 1 else None


def _entries_of_rows(setting: Setting, statement: Statement, code: str) -> str | None:
    """``out.size`` for ``n``, which is as many as ``out`` has rows (or columns), where the line reads ``out``."""
    number = setting.scope.value(code, statement)
    if number is None or number.ndim:
        return None
    for node in setting.tree.expressions(statement):
        name = setting.tree.code(node) if isinstance(node, (cst.Name, cst.Attribute)) else ""
        shape = setting.scope.shape(name, statement) if name and name != code else None
        if shape is not None and len(shape) == 2 and min(shape) > 1 and float(number) in shape:
            return f"{name}.size"
    return None


def _rates_beside(setting: Setting, statement: Statement) -> tuple[str, ...]:
    """Numbers with a point that other updates of the function are multiplied by, where this one is an update."""
    if role_of(statement, setting) is not Role.UPDATE:
        return ()
    tree = setting.tree
    found = [
        tree.code(node)
        for other in tree.statements
        if other.function == statement.function and other is not statement and role_of(other, setting) is Role.UPDATE
        for node in tree.expressions(other)
        if isinstance(node, cst.Float) and _is_factor(tree.parent(node), node)
    ]
    return tuple(dict.fromkeys(found))[:MOST_RATES]


def _is_batch(setting: Setting, statement: Statement, code: str) -> bool:
    """Whether an expression is the number of samples already, as far as is known."""
    value, batch = setting.scope.value(code, statement), setting.scope.sizes.get("batch")
    return value is not None and batch is not None and value.ndim == 0 and float(value) == batch


def _is_factor(parent: cst.CSTNode | None, node: cst.BaseExpression) -> bool:
    return (isinstance(parent, cst.BinaryOperation) and isinstance(parent.operator, (cst.Multiply, cst.Divide))) or (
        parent is None and isinstance(node, (cst.Name, cst.Attribute, cst.Call))
    )


def _names_a_size(setting: Setting, statement: Statement, node: cst.BaseExpression) -> bool:
    code = setting.tree.code(node)
    if isinstance(node, cst.Call):
        return code.startswith("len(")
    if isinstance(node, cst.Attribute) and node.attr.value == "size":
        return True
    if ".shape[" in code:
        return isinstance(node, cst.Subscript)
    if not isinstance(node, (cst.Name, cst.Attribute, cst.Subscript)):
        return False
    value = setting.scope.value(code, statement)
    return value is not None and value.ndim == 0 and float(value).is_integer()


def _scalar(setting: Setting, statement: Statement, node: cst.BaseExpression) -> bool:
    """Whether a factor is one number, or may be: a size, a rate, a literal."""
    code = setting.tree.code(node)
    if isinstance(node, (cst.Integer, cst.Float)):
        return True
    value = setting.scope.value(code, statement)
    if value is not None:
        return value.size == 1 and value.ndim == 0
    if re.fullmatch(
        r"\(?\s*\d[\d./ ()]*\)?|.*\.shape\[-?\d\]\)?|len\(.*\)|.*\.size|\(?1\.?0?\s*/\s*\w+\)?|np\.linalg\.norm\(.*\)",
        code,
    ):
        return True
    return bool(
        re.fullmatch(r"(self\.)?(lr|eta|alpha|learning_?rate|rate|m|n|N|batch_size|lam\w*|lambd\w*|reg\w*|scale)", code)
    )


def _detail(setting: Setting, statement: Statement, node: cst.BaseExpression) -> str:
    code = _bare(setting.tree.code(node))
    value = setting.scope.value(code, statement)
    plain = re.fullmatch(r"[\d.]+", code)
    for wanted in ("batch", "outputs", "features", "learning_rate", "regularisation"):
        if plain is None and code in setting.scope.constants(statement, wanted):
            return wanted
        size = setting.scope.sizes.get(wanted)
        if plain is None and value is not None and value.ndim == 0 and size is not None and _equal(float(value), size):
            return wanted
    return code


def _equal(first: float, second: float) -> bool:
    return bool(np.isclose(first, second, rtol=AGREEMENT, atol=0.0))


def _bare(code: str) -> str:
    """Without the brackets around it; those of a call stay: ``len(X)`` of ``(len(X))``."""
    bare = code.strip()
    while bare.startswith("(") and bare.endswith(")") and _closes(bare) == len(bare) - 1:
        bare = bare[1:-1].strip()
    return bare


def _closes(code: str) -> int:
    """Where the bracket with which a text begins is closed."""
    depth = 0
    for place, character in enumerate(code):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth == 0:
            return place
    return -1
