"""Whole statements: one that adds up where it should assign, one too many, one that is missing."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator

import libcst as cst

from gradcheck.diagnosis.edit import EditKind
from gradcheck.diagnosis.repair.change import Change, Setting, replaced, role_of, target_text
from gradcheck.diagnosis.repair.names import last_part, targets_of
from gradcheck.diagnosis.repair.splices import Splice
from gradcheck.diagnosis.repair.syntax import Statement, Tree

__all__ = ["assigning", "propose", "reshaping"]

MAX_GRADIENTS = 6
# What cuts gradients down.
CUT = re.compile(r"=\s*(\w+\.)?(clip|clamp)\(")
# What a sum begins with.
ZEROS = re.compile(r"^0?\.?0?$|\bzeros(_like)?\(")
RESET = re.compile(r"\[(?::|\.\.\.)\] *= *0\.?0?$|\.fill\(0")
# Of a tuple that is returned: what is exchanged with each other.
MAX_RESULTS = 8


def propose(setting: Setting, statement: Statement) -> Iterator[Change]:
    """Assignments for additions, deletions, insertions, exchanged results."""
    role = role_of(statement, setting)
    for splices, kind, detail, tier in (
        *_assigned(setting, statement),
        *_deleted(setting, statement),
        *_inserted(setting, statement),
        *_as_siblings(setting, statement),
        *_exchanged(setting, statement),
        *_reshaped(setting, statement),
        *_gathered(setting, statement),
    ):
        yield Change(kind=kind, splices=splices, statement=statement, detail=detail, tier=tier, role=role)


def assigning(setting: Setting, statement: Statement) -> Iterator[Change]:
    """A sum over calls assigned, or begun from zero."""
    role = role_of(statement, setting)
    for splices, kind, detail, tier in _assigned(setting, statement):
        yield Change(kind=kind, splices=splices, statement=statement, detail=detail, tier=tier, role=role)


def reshaping(setting: Setting, statement: Statement) -> Iterator[Change]:
    """Flat targets made a column where they meet one."""
    role = role_of(statement, setting)
    for splices, kind, detail, tier in _reshaped(setting, statement):
        yield Change(kind=kind, splices=splices, statement=statement, detail=detail, tier=tier, role=role)


def _assigned(setting: Setting, statement: Statement) -> Iterator[tuple[tuple[Splice, ...], EditKind, str, int]]:
    tree = setting.tree
    match statement.node:
        case cst.AugAssign(target=target, operator=cst.AddAssign()):
            place = tree.text.index("+=", tree.span(target)[1])
            yield (Splice(place, place + 2, "="),), EditKind.ASSIGN, "=", 1
            name = tree.code(target)
            if statement.function and re.search(r"self\.|\[", name):
                yield from _reset(setting, statement, name)
        case cst.Expr(value=cst.Call(func=func, args=[first, *_])) if tree.code(func).endswith(".add.at"):
            name = tree.code(first.value)
            if statement.function and re.search(r"[.\[]", name):
                yield from _reset(setting, statement, name)
        case cst.Assign(targets=[first]) if not isinstance(first.target, cst.Tuple):
            place = tree.text.index("=", tree.span(first.target)[1])
            name = tree.code(first.target)
            yield (Splice(place, place + 1, "+="),), EditKind.ASSIGN, "+=", 0 if _begun(tree, statement, name) else 3


def _begun(tree: Tree, statement: Statement, name: str) -> bool:
    """Whether a target, or the array or dictionary that it is an entry of, is zero before the loop around it."""
    holders = {name, name.partition("[")[0]}
    return any(
        target_text(other, tree) in holders
        and isinstance(other.node, cst.Assign)
        and ZEROS.search(tree.code(other.node.value)) is not None
        and len(other.loops) < len(statement.loops)
        for other in tree.statements
        if other.function == statement.function
    )


def _reset(
    setting: Setting, statement: Statement, name: str
) -> Iterator[tuple[tuple[Splice, ...], EditKind, str, int]]:
    """What adds up over calls set to zero first: before the loop that adds, or where the function first names it."""
    tree = setting.tree
    own = [other for other in tree.statements if other.function == statement.function]
    first = next(other for other in own if name in tree.text[other.start : other.end])
    line = (statement.loops or first.loops or ((first.line,),))[0][0]
    place = tree.line_start(line)
    text = tree.text[place : tree.line_end(line)]
    indentation = text[: len(text) - len(text.lstrip())]
    usual = any(RESET.search(tree.text[other.start : other.end]) for other in own)  # another sum is set to zero there
    zero = f"{name}[:] = 0" if usual else f"{name} = np.zeros_like({name})"
    new = f"{indentation}{zero}{tree.newline}"
    yield (Splice(place, place, new),), EditKind.INSERT, f"{name} = 0", 0 if usual else 2


def _deleted(setting: Setting, statement: Statement) -> Iterator[tuple[tuple[Splice, ...], EditKind, str, int]]:
    if (
        not statement.solo
        or not isinstance(statement.node, (cst.Assign, cst.AugAssign, cst.Expr))
        or not statement.roots
    ):
        return
    tree = setting.tree
    start, end = tree.line_start(statement.line), tree.line_end(statement.last)
    alone = sum(other.suite == statement.suite for other in tree.statements) == 1
    code = tree.text[statement.start : statement.end]
    new = f"{tree.indentation(statement)}pass{tree.newline}" if alone else ""
    tier = 1 if re.search(r"clip|clamp|maximum|max\(", code) else 3
    yield (Splice(start, end, new),), EditKind.DELETE, code, tier
    if CUT.search(code) and not alone:  # several blocks are cut, of which one may not show here
        cuts = [
            other
            for other in tree.statements
            if other.suite == statement.suite and other.solo and CUT.search(tree.text[other.start : other.end])
        ]
        if len(cuts) > 1 and cuts[0] is statement:
            spans = [(tree.line_start(cut.line), tree.line_end(cut.last)) for cut in cuts]
            yield tuple(Splice(first, last, "") for first, last in spans), EditKind.DELETE, f"{code}, all", 1


def _inserted(setting: Setting, statement: Statement) -> Iterator[tuple[tuple[Splice, ...], EditKind, str, int]]:
    """The update of another block, modelled on this one."""
    tree = setting.tree
    name = target_text(statement, tree)
    base = name.partition("[")[0] if re.search(r"\[\w+\]$", name) else name
    short = last_part(base)
    if not statement.solo or not name or not any(short == last_part(block) for block in setting.blocks):
        return
    code = tree.text[statement.start : statement.end]
    targets = {target_text(other, tree) for other in tree.statements if other.function == statement.function}
    known = set(setting.scope.names(statement))
    for block, shape in zip(setting.blocks, setting.shapes, strict=True):
        other = last_part(block).join(base.rsplit(short, 1))
        if other == base or (other in targets and _updated(setting, statement, other)):
            continue
        if base != name:
            yield from _beside_weights(setting, statement, name, other)
            continue
        new = _modelled(code, short, last_part(block))
        words = set(re.findall(r"[^\W\d]\w*", new)) - set(re.findall(r"[^\W\d]\w*", code))
        place = tree.line_end(statement.last)
        known_words = all(word in known or f"self.{word}" in known or f"'{word}'" in new for word in words)
        texts = [(new, 1)] if known_words else []
        if re.search(rf"(?<![\w.]){re.escape(other)}(?!\w)", new):
            texts += [(text, 2) for text in _other_gradients(setting, statement, code, other, shape)]
        for text, tier in texts:
            yield (
                (Splice(place, place, f"{tree.indentation(statement)}{text}{tree.newline}"),),
                EditKind.INSERT,
                other,
                tier,
            )


def _as_siblings(setting: Setting, statement: Statement) -> Iterator[tuple[tuple[Splice, ...], EditKind, str, int]]:
    """The update of one block as that of another one is written."""
    tree = setting.tree
    name = target_text(statement, tree)
    own = {last_part(block): shape for block, shape in zip(setting.blocks, setting.shapes, strict=True)}
    if last_part(name) not in own or not statement.solo:
        return
    known = set(setting.scope.names(statement))
    seen = {tree.text[statement.start : statement.end]}
    for other in tree.statements:
        theirs = target_text(other, tree)
        if other is statement or other.function != statement.function or last_part(theirs) not in own:
            continue
        code = tree.text[other.start : other.end]
        new = _modelled(code, last_part(theirs), last_part(name))
        words = set(re.findall(r"[^\W\d]\w*", new)) - set(re.findall(r"[^\W\d]\w*", code))
        texts = [new] if all(word in known or f"self.{word}" in known for word in words) else []
        texts += _other_gradients(setting, other, code, name, own[last_part(name)])
        for text in texts:
            if text not in seen and text.startswith(name):
                seen.add(text)
                splices = (Splice(statement.start, statement.end, text),)
                old = tree.text[statement.start : statement.end]
                yield splices, _kind_of(setting, statement, old, text), f"as {theirs}", 2


def _kind_of(setting: Setting, statement: Statement, old: str, new: str) -> EditKind:
    """What it comes to that an update is written as another one is."""
    if "sum(" in new and "sum(" not in old:
        return EditKind.ADD_SUM
    more = Counter(re.findall(r"[^\W\d][\w.]*", new)) - Counter(re.findall(r"[^\W\d][\w.]*", old))
    less = Counter(re.findall(r"[^\W\d][\w.]*", old)) - Counter(re.findall(r"[^\W\d][\w.]*", new))
    if not less and all(setting.scope.is_number(word, statement) for word in more):
        return EditKind.SCALE if more else EditKind.FORMULA
    return EditKind.REPLACE_OPERAND if len(less) == len(more) == 1 else EditKind.FORMULA


def _other_gradients(
    setting: Setting, statement: Statement, code: str, name: str, shape: tuple[int, ...]
) -> Iterator[str]:
    """The same update of another block, with what in scope has that block's shape, or has it once it is summed."""
    tree, own = setting.tree, target_text(statement, setting.tree)
    used = [
        tree.code(node)
        for node in tree.expressions(statement)
        if isinstance(node, (cst.Name, cst.Attribute, cst.Subscript)) and last_part(tree.code(node)) != last_part(own)
    ]
    gradients = [text for text in used if setting.scope.shape(text, statement) not in ((), None)]
    if len(set(gradients)) != 1:
        return
    found: list[tuple[int, str]] = []
    model = setting.scope.shape(gradients[0], statement) or ()
    for other in setting.scope.names(statement):
        size = setting.scope.shape(other, statement)
        if (
            other in (name, own)
            or size is None
            or size == ()
            or any(last_part(other) == last_part(b) for b in setting.blocks)
        ):
            continue
        keep = ", keepdims=True" if len(shape) == 2 else ""
        if size == shape:
            found.append((int(not re.search(rf"{re.escape(last_part(name))}|^d|delta|grad", other)), other))
        elif shape and len(model) == len(size) == 2 and (size in ((model[0], shape[-1]), (shape[0], model[1]))):
            found.append((int(not re.search(r"^d|delta|grad", other)), other))  # of another layer, summed likewise
        elif len(size) == 2 and shape in ((size[1],), (1, size[1])):
            found.append((2, f"np.sum({other}, axis=0{keep})"))
        elif len(size) == 2 and shape in ((size[0],), (size[0], 1)):
            found.append((2, f"np.sum({other}, axis=1{keep})"))
    renamed = re.sub(rf"(?<![\w.]){re.escape(own)}(?!\w)", name, code)
    for _rank, text in sorted(found)[:MAX_GRADIENTS]:
        yield re.sub(rf"(?<![\w.]){re.escape(gradients[0])}(?!\w)", lambda _match, new=text: new, renamed)  # type: ignore[misc]


def _beside_weights(
    setting: Setting, statement: Statement, name: str, other: str
) -> Iterator[tuple[tuple[Splice, ...], EditKind, str, int]]:
    """``b[k] -= rate * d[k]`` behind the inner loop of ``w[k][j] -= rate * d[k] * x[j]``."""
    match = re.fullmatch(r"([\w.]+)\[(\w+)\]\[(\w+)\]", name)
    tree = setting.tree
    if match is None or not statement.loops or not isinstance(statement.node, cst.AugAssign):
        return
    unit, turn = match.group(2), match.group(3)
    operator = tree.text[tree.span(statement.node.target)[1] : tree.span(statement.node.value)[0]]
    factors = [factor for factor in tree.code(statement.node.value).split(" * ") if f"[{turn}]" not in factor]
    first, last, target = statement.loops[-1]
    if target != turn or not factors:
        return
    place, line = tree.line_end(last), tree.text[tree.line_start(first) : tree.line_end(first)]
    indentation = line[: len(line) - len(line.lstrip())]
    new = f"{indentation}{other}[{unit}]{operator}{' * '.join(factors)}{tree.newline}"
    yield (Splice(place, place, new),), EditKind.INSERT, other, 1


def _updated(setting: Setting, statement: Statement, name: str) -> bool:
    return any(
        target_text(other, setting.tree) == name and isinstance(other.node, (cst.AugAssign, cst.Assign))
        for other in setting.tree.statements
        if other.suite == statement.suite
    )


def _modelled(code: str, old: str, new: str) -> str:
    """A statement about one block as one about another: ``W2`` to ``b2``, or all numbers of layer 2 to those of 1."""
    before, after = re.fullmatch(r"(.*?)(\d+)", old), re.fullmatch(r"(.*?)(\d+)", new)
    if before and after and before.group(1) == after.group(1):
        return re.sub(rf"(?<=[A-Za-z_]){before.group(2)}(?!\d)", after.group(2), code)
    pattern = rf"(?<![A-Za-z0-9])((?:d|d_|grad_|delta_|g)?){re.escape(old)}(?!\w)"
    return re.sub(pattern, lambda match: match.group(1) + new, code)


def _exchanged(setting: Setting, statement: Statement) -> Iterator[tuple[tuple[Splice, ...], EditKind, str, int]]:
    """Two results of a returned tuple the other way round, or two elements of a dictionary."""
    for root in setting.tree.expressions(statement):
        if isinstance(setting.tree.parent(root), cst.BinaryOperation):  # what is printed: "%d of %d" % (i, n)
            continue
        if isinstance(root, (cst.Tuple, cst.List)):
            items = [element.value for element in root.elements]
        elif isinstance(root, cst.Dict):
            items = [entry.value for entry in root.elements]
        elif isinstance(root, cst.Call) and setting.tree.code(root.func) == "dict":
            items = [argument.value for argument in root.args]
        else:
            continue
        named = isinstance(statement.node, cst.Return) and _taken_by_name(
            setting, [setting.tree.code(i) for i in items]
        )
        for first, second in itertools.combinations([] if named else items[:MAX_RESULTS], 2):
            texts = setting.tree.code(first), setting.tree.code(second)
            shapes = [setting.scope.shape(text, statement) for text in texts]
            if None not in shapes and shapes[0] != shapes[1]:
                continue
            yield _swapped(setting, first, second), EditKind.SWAP, f"{texts[0]}, {texts[1]}", 2
        for pairs in [] if named else _pairs(items[:MAX_RESULTS]):
            together = tuple(splice for pair in pairs for splice in _swapped(setting, *pair))
            yield together, EditKind.SWAP, "pairs", 3


def _swapped(setting: Setting, first: cst.BaseExpression, second: cst.BaseExpression) -> tuple[Splice, ...]:
    tree = setting.tree
    return (*replaced(tree, first, tree.code(second)), *replaced(tree, second, tree.code(first)))


def _pairs(items: list[cst.BaseExpression]) -> Iterator[tuple[tuple[cst.BaseExpression, cst.BaseExpression], ...]]:
    """Weights and bias of one layer for those of another, where results alternate between them."""
    if len(items) % 2:
        return
    layers = list(zip(items[::2], items[1::2], strict=True))
    for one, other in itertools.combinations(layers, 2):
        yield tuple(zip(one, other, strict=True))


def _taken_by_name(setting: Setting, names: list[str]) -> bool:
    """Whether a caller takes results by the very names that they are returned by: then their order is meant."""
    return any(
        [setting.tree.code(element.value) for element in target.elements] == names
        for statement in setting.tree.statements
        for target in targets_of(statement.node)
        if isinstance(target, (cst.Tuple, cst.List))
    )


def _gathered(setting: Setting, statement: Statement) -> Iterator[tuple[tuple[Splice, ...], EditKind, str, int]]:
    """``np.add.at(g, words, d)`` for ``g[words] += d``, which counts a row that occurs twice once."""
    tree = setting.tree
    match statement.node:
        case cst.AugAssign(
            target=cst.Subscript(value=base, slice=[cst.SubscriptElement(slice=cst.Index(value=index))]),
            operator=cst.AddAssign(),
            value=value,
        ) if statement.solo and (setting.scope.shape(tree.code(index), statement) or (2,)) != ():
            text = f"np.add.at({tree.code(base)}, {tree.code(index)}, {tree.code(value)})"
            yield (Splice(statement.start, statement.end, text),), EditKind.FORMULA, "np.add.at", 1


def _reshaped(setting: Setting, statement: Statement) -> Iterator[tuple[tuple[Splice, ...], EditKind, str, int]]:
    """A target without its second axis in a difference."""
    tree = setting.tree
    for node in tree.expressions(statement):
        if not isinstance(node, cst.BinaryOperation) or not isinstance(node.operator, cst.Subtract):
            continue
        for item, other in ((node.right, node.left), (node.left, node.right)):
            if not isinstance(item, (cst.Name, cst.Attribute)):
                continue
            shape = setting.scope.shape(tree.code(item), statement)
            full = setting.scope.shape(tree.code(other), statement)
            if shape is not None and (len(shape) != 1 or (full is not None and len(full) != 2)):
                continue
            place = tree.span(item)[1]
            yield (
                (Splice(place, place, ".reshape(-1, 1)"),),
                EditKind.REPLACE_OPERAND,
                "reshape",
                2 if shape is None else 0,
            )
