"""The penalty's gradient: added, dropped, changed."""

from __future__ import annotations

import re
from collections.abc import Iterator

import libcst as cst

from gradcheck.diagnosis.edit import EditKind, Role
from gradcheck.diagnosis.repair.change import Change, Setting, dropped, replaced, role_of, target_text, tight
from gradcheck.diagnosis.repair.edits.places import values
from gradcheck.diagnosis.repair.splices import Splice, conflict
from gradcheck.diagnosis.repair.syntax import ATOM, SUM, Statement, Tree, level

__all__ = ["is_penalty", "propose", "turned_decay"]

TWO = ("2", "2.0", "2.")
# Weights without the biases among them: a part to be added to, and the whole with zeros in their place.
WITHOUT_BIAS = {
    "[:, 1:]": "np.c_[np.zeros(len({0})), {0}[:, 1:]]",
    "[1:]": "np.r_[0.0, {0}[1:]]",
    "[:, :-1]": "np.c_[{0}[:, :-1], np.zeros(len({0}))]",
    "[:-1]": "np.r_[{0}[:-1], 0.0]",
}
STRENGTH = re.compile(r"\b(?:self\.)?(?:lam\w*|lmb\w*|reg\w*|l[12]\w*|weight_decay|wd|decay|penal\w*|ridge\w*)\b")


def propose(setting: Setting, statement: Statement) -> Iterator[Change]:
    """Terms with the regularisation's strength."""
    role = role_of(statement, setting)
    for splices, detail, tier in (
        *_changed(setting, statement),
        *_added(setting, statement, role),
        *_sliced(setting, statement),
        *_inserted(setting, statement),
    ):
        yield Change(
            kind=EditKind.REGULARISATION, splices=splices, statement=statement, detail=detail, tier=tier, role=role
        )


def _changed(setting: Setting, statement: Statement) -> Iterator[tuple[tuple[Splice, ...], str, int]]:
    tree = setting.tree
    for node in tree.expressions(statement):
        match node:
            case cst.BinaryOperation(left=left, operator=cst.Add() | cst.Subtract(), right=right):
                if is_penalty(setting, right):
                    yield _turned(setting, node), "sign", 0
                if STRENGTH.search(tree.code(right)) and tree.code(left) in ("1", "1.0", "1."):
                    yield _without_decay(setting, node), "dropped", 0
                    yield from _factors(setting, statement, right)
                elif STRENGTH.search(tree.code(right)):
                    yield dropped(tree, node, keep_left=True), "dropped", 0
                    yield from _factors(setting, statement, right)
                elif STRENGTH.search(tree.code(left)):
                    yield dropped(tree, node, keep_left=False), "dropped", 0
                    yield from _factors(setting, statement, left)
            case cst.Call(func=cst.Attribute(attr=cst.Name(value="sign" | "abs")), args=[argument]) if STRENGTH.search(
                tree.text[statement.start : statement.end]
            ):
                plain = replaced(tree, node, tight(tree, argument.value))
                yield plain, "norm", 2
                start = tree.span(_whole(tree, node))[0]
                if start < tree.span(node)[0]:
                    yield (Splice(start, start, "2 * "), *plain), "norm", 2
    if isinstance(statement.node, cst.AugAssign) and STRENGTH.search(tree.code(statement.node.value)):
        yield from _factors(setting, statement, statement.node.value)


def _without_decay(setting: Setting, node: cst.BinaryOperation) -> tuple[Splice, ...]:
    """``w`` of ``(1 - rate * lam) * w``."""
    tree, product = setting.tree, setting.tree.parent(node)
    if isinstance(product, cst.BinaryOperation) and isinstance(product.operator, cst.Multiply):
        return replaced(tree, product, tree.code(product.right if product.left is node else product.left))
    return dropped(tree, node, keep_left=True)


def is_penalty(setting: Setting, node: cst.CSTNode) -> bool:
    """Whether an expression is a factor of a product with the strength: ``2`` of ``2 * lam * W``."""
    tree = setting.tree
    return any(STRENGTH.fullmatch(tree.code(factor)) for factor in _product(_whole(tree, node)))


def _whole(tree: Tree, node: cst.CSTNode) -> cst.CSTNode:
    """The product that an expression is a factor of; itself where it is of none."""
    top, above = node, tree.parent(node)
    while isinstance(above, cst.BinaryOperation) and isinstance(above.operator, (cst.Multiply, cst.Divide)):
        top, above = above, tree.parent(above)
    return top


def _turned(setting: Setting, node: cst.BinaryOperation) -> tuple[Splice, ...]:
    """The other sign between two terms."""
    sign, other = ("+", "-") if isinstance(node.operator, cst.Add) else ("-", "+")
    place = setting.tree.text.index(sign, setting.tree.span(node.left)[1])
    return (Splice(place, place + 1, other),)


def _product(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, (cst.Multiply, cst.Divide)):
        yield from _product(node.left)
        yield from _product(node.right)
    else:
        yield node


def turned_decay(setting: Setting, change: Change) -> Iterator[Change]:
    """``1 - rate * lam`` for ``1 + rate * lam``, and the reverse, where a change takes the decay out of an update."""
    tree, statement = setting.tree, change.statement
    for node in tree.expressions(statement):
        if not isinstance(node, cst.BinaryOperation) or not isinstance(node.operator, (cst.Add, cst.Subtract)):
            continue
        term = tree.span(node.right)
        if not STRENGTH.search(tree.text[slice(*term)]) or STRENGTH.search(tree.code(node.left)):
            continue
        if any(splice.start <= term[0] and term[1] <= splice.end for splice in change.splices):
            yield Change(
                kind=EditKind.REGULARISATION, splices=_turned(setting, node), statement=statement,
                detail="sign", tier=0, role=role_of(statement, setting),
            )  # fmt: skip


def _factors(
    setting: Setting, statement: Statement, term: cst.BaseExpression
) -> Iterator[tuple[tuple[Splice, ...], str, int]]:
    """A term times or over 2, the batch; its weights by their sign."""
    start, end = setting.tree.span(term)
    if level(term) <= SUM:
        return
    twos = list(_twos(setting, term))
    yield from ((splices, "2" if divides else "0.5", 0) for splices, divides in twos)
    yield (Splice(start, start, "2 * "),), "2", int(any(divides for _splices, divides in twos))
    yield (Splice(end, end, " / 2"),), "0.5", int(any(not divides for _splices, divides in twos))
    for text in setting.scope.constants(statement, "batch")[:2]:
        yield (Splice(end, end, f" / {text}"),), "1 / batch", 0
        yield (Splice(start, start, "2 * "), Splice(end, end, f" / {text}")), "2 / batch", 1
    for node in _weights(term):
        signed = replaced(setting.tree, node, f"np.sign({setting.tree.code(node)})")
        yield signed, "sign", 2
        yield from (((*splices, *signed), "sign", 2) for splices, _divides in twos if not conflict(splices, signed))


def _twos(
    setting: Setting, term: cst.BaseExpression, *, divides: bool = False
) -> Iterator[tuple[tuple[Splice, ...], bool]]:
    """A 2 of a term taken out, and whether the term is divided by it: the other factor of a square's derivative."""
    tree = setting.tree
    if not isinstance(term, cst.BinaryOperation) or not isinstance(term.operator, (cst.Multiply, cst.Divide)):
        return
    over = isinstance(term.operator, cst.Divide)
    for two, kept, keep_left in ((term.left, term.right, False), (term.right, term.left, True)):
        if tree.code(two) in TWO and (keep_left or not over):
            bare = term.lpar and level(kept) >= ATOM  # ``m`` of ``(2 * m)``
            splices = replaced(tree, term, tree.code(kept)) if bare else dropped(tree, term, keep_left=keep_left)
            yield splices, divides is not (over and keep_left)
    yield from _twos(setting, term.left, divides=divides)
    yield from _twos(setting, term.right, divides=divides is not over)


def _added(setting: Setting, statement: Statement, role: Role) -> Iterator[tuple[tuple[Splice, ...], str, int]]:
    if role not in (Role.WEIGHT_GRADIENT, Role.UPDATE, Role.BIAS_GRADIENT, Role.OTHER) or isinstance(
        statement.node, cst.If
    ):
        return
    tree = setting.tree
    strengths = setting.scope.constants(statement, "regularisation")[:2]
    if not strengths:
        return
    late = 3 * bool(STRENGTH.search(tree.text[statement.start : statement.end]))
    early = 0 if late else 2 * _is_the_odd_one_out(setting, statement)
    for node in values(setting, statement):
        code = tree.code(node)
        if STRENGTH.search(code):
            continue
        end = tree.span(node)[1]
        for weight in _candidates(setting, statement, code):
            for strength in strengths:
                texts = [f" + {strength} * {weight}", f" + 2 * {strength} * {weight}"]
                texts += [f" + {strength} / {m} * {weight}" for m in setting.scope.constants(statement, "batch")[:1]]
                texts.append(f" + {strength} * np.sign({weight})")
                for rank, text in enumerate(texts):
                    if level(node) >= SUM:
                        yield (Splice(end, end, text),), f"added: {text[3:]}", 1 + rank // 2 + late - early


def _sliced(setting: Setting, statement: Statement) -> Iterator[tuple[tuple[Splice, ...], str, int]]:
    """A term without the column, or row, of biases."""
    tree = setting.tree
    grown = _grown(tree, statement)
    term = grown[-1] if grown else _added_term(tree, statement)
    if term is None or not STRENGTH.search(tree.code(term)):
        return
    own = setting.scope.shape(target_text(statement, tree), statement)
    alike = [node for node in _product(term) if own and _shape(setting, statement, node) == own]
    weights = alike or list(_weights(term))
    places = [tree.span(node)[1] for node in (*grown[:-1], *weights)]
    for index, filled in WITHOUT_BIAS.items():
        detail = f"without the bias: {index}"
        if grown:
            yield tuple(Splice(place, place, index) for place in places), detail, 1
        elif own is not None and len(own) == 1 + index.count(",") and re.search(r"\bnp\b", tree.text):
            for node in weights:
                yield replaced(tree, node, filled.format(tree.code(node))), detail, 2


def _grown(tree: Tree, statement: Statement) -> tuple[cst.BaseExpression, ...]:
    """Where an array is named that a statement adds a term to, and the term; nothing where it does something else."""
    match statement.node:
        case cst.AugAssign(target=target, value=term):
            return (target, term)
        case cst.Assign(targets=[cst.AssignTarget(target=target)], value=cst.BinaryOperation(left=left, right=term)):
            return (target, left, term) if tree.code(target) == tree.code(left) else ()
    return ()


def _added_term(tree: Tree, statement: Statement) -> cst.BaseExpression | None:
    """The penalty's term of a sum."""
    for node in tree.expressions(statement):
        match node:
            case cst.BinaryOperation(left=left, operator=cst.Add() | cst.Subtract(), right=right):
                if STRENGTH.search(tree.code(right)) and not STRENGTH.search(tree.code(left)):
                    return right
    return None


def _shape(setting: Setting, statement: Statement, node: cst.CSTNode) -> tuple[int, ...] | None:
    return setting.scope.shape(setting.tree.code(node), statement)


def _inserted(setting: Setting, statement: Statement) -> Iterator[tuple[tuple[Splice, ...], str, int]]:
    """A statement of its own where the penalty is on a part of the weights: ``grad[:, 1:] += lam * W[:, 1:]``."""
    tree = setting.tree
    target = target_text(statement, tree)
    if not statement.solo or not isinstance(statement.node, cst.Assign) or not target:
        return
    strengths = setting.scope.constants(statement, "regularisation")[:2]
    if not strengths:
        return
    batch = setting.scope.constants(statement, "batch")[:1]
    for weight in _candidates(setting, statement, target):
        for part in dict.fromkeys(re.findall(rf"{re.escape(weight)}(\[[^\]\n]*:[^\]\n]*\])", tree.text)):
            for strength in strengths:
                factors = [strength, f"2 * {strength}"]
                factors += [f"{factor} / {m}" for m in batch for factor in (strength, f"2 * {strength}")]
                for rank, factor in enumerate(factors):
                    place = tree.line_end(statement.last)
                    new = f"{tree.indentation(statement)}{target}{part} += {factor} * {weight}{part}{tree.newline}"
                    yield (Splice(place, place, new),), f"added: {factor} * {weight}{part}", 1 + rank // 2


def _candidates(setting: Setting, statement: Statement, code: str) -> list[str]:
    """Weights whose gradient this could be."""
    shape = setting.scope.shape(code, statement)
    number = re.search(r"(\d+)", target_text(statement, setting.tree))
    found = []
    for name in setting.scope.names(statement):
        if re.search(r"W|w|theta|Theta|weight|V", name.rpartition(".")[2]) and not re.match(
            r"(self\.)?(d|grad|nabla|old)", name
        ):
            other = setting.scope.shape(name, statement)
            if shape is not None and other is not None and shape != other:
                continue
            found.append((number is not None and number.group(1) not in name, name))
    taken_from = _updated_by(setting.tree, statement)
    alike = [name for _unlike, name in sorted(found) if name not in taken_from]
    return [*taken_from[:1], *alike][:3]


def _is_the_odd_one_out(setting: Setting, statement: Statement) -> bool:
    """Whether other gradients of the function have the penalty's term, and this one, applied as they are, has none."""
    tree = setting.tree
    if not _updated_by(tree, statement):
        return False
    return any(
        other is not statement
        and other.function == statement.function
        and STRENGTH.search(tree.text[other.start : other.end]) is not None
        and bool(_updated_by(tree, other))
        for other in tree.statements
    )


def _updated_by(tree: Tree, statement: Statement) -> list[str]:
    """What an update in the same function changes by what a statement computes: ``I[j]`` of ``I[j] -= rate * dj``."""
    name = target_text(statement, tree)
    if not name:
        return []
    mentioned = re.compile(rf"(?<![\w.]){re.escape(name)}(?![\w\[(])")
    found = []
    for other in tree.statements:
        target = target_text(other, tree)
        if other.function != statement.function or other is statement or target in ("", name):
            continue
        code = tree.text[other.start : other.end]
        renewed = isinstance(other.node, cst.AugAssign) or code.count(target) > 1
        if renewed and other.line > statement.line and mentioned.search(code):
            found.append(target)
    return list(dict.fromkeys(found))


def _weights(term: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    match term:
        case cst.BinaryOperation(left=left, right=right):
            yield from _weights(left)
            yield from _weights(right)
        case cst.Name(value=name) | cst.Attribute(attr=cst.Name(value=name)) if re.search(r"W|w|theta|Theta", name):
            yield term
        case cst.Subscript():
            yield term
