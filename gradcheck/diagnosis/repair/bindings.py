"""What a file's text says of its names: where they are bound, used, called, and with what."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import libcst as cst

from gradcheck.diagnosis.programs.program import Array, Forward
from gradcheck.diagnosis.repair.activations import named_kind
from gradcheck.diagnosis.repair.names import DERIVATIVE_NAME, KEYED, is_variable, keyed, readable, targets_of
from gradcheck.diagnosis.repair.syntax import Statement, Tree

__all__ = [
    "aliased",
    "call_arguments",
    "called_as",
    "elements",
    "first_bound",
    "indices_in",
    "intermediates_of",
    "lists_in",
    "names_used",
    "read_from_module",
    "siblings",
    "small_functions",
    "turning",
]

INDEX = re.compile(r"(?<!shape)\[([^'\"\]:,\[]+)\]")
MAX_HELPER_ARGUMENTS, MAX_HELPER_LINES = 2, 8
# Of one object's class: attributes that may be meant for another.
MAX_SIBLINGS = 8
# Of the forward pass: what is looked at for activations of it.
MAX_INTERMEDIATES = 200


def first_bound(tree: Tree) -> dict[tuple[str, str, str], Statement]:
    """Where each local variable is bound first; parameters of functions are not among them."""
    found: dict[tuple[str, str, str], Statement] = {}
    for statement in tree.statements:
        parameters = tree.definitions.get(statement.function, (0, 0, ()))[2]
        for target in targets_of(statement.node):
            for name in readable(target, tree):
                if name not in parameters:
                    found.setdefault((statement.owner, statement.function, name), statement)
    return found


def aliased(
    tree: Tree, used: Mapping[tuple[str, str], Mapping[str, None]], values: Mapping[str, Array]
) -> dict[str, Array]:
    """Values of ``c['A1']`` where ``c = self.cache`` and that of ``self.cache['A1']`` is known."""
    found: dict[str, Array] = {}
    for statement in tree.statements:
        match statement.node:
            case cst.Assign(
                targets=[cst.AssignTarget(target=cst.Name(value=alias))], value=cst.Name() | cst.Attribute()
            ):
                target = keyed(tree.code(statement.node.value))
            case _:
                continue
        for name in map(keyed, used[statement.owner, statement.function]):
            value = values.get(f"{target}{name[len(alias) :]}") if name.startswith(f"{alias}[") else None
            if value is not None and name not in values:
                found[name] = value
    return found


def intermediates_of(forward: Forward | None) -> tuple[Array, ...]:
    """Arrays of the forward pass that the loss depends on."""
    values = () if forward is None else forward.values
    return tuple(item.value for item in values if item.adjoint is not None and item.value.size > 1)[:MAX_INTERMEDIATES]


def read_from_module(
    tree: Tree, used: Mapping[tuple[str, str], Mapping[str, None]], first: Mapping[tuple[str, str, str], Statement]
) -> tuple[str, ...]:
    """Names of the module that some function reads: constants, data."""
    found: dict[str, None] = {}
    for (owner, function), names in used.items():
        if not function:
            continue
        parameters = tree.definitions.get(function, (0, 0, ()))[2]
        found.update(
            dict.fromkeys(
                name
                for name in names
                if ("", "", name) in first and (owner, function, name) not in first and name not in parameters
            )
        )
    return tuple(found)


def names_used(tree: Tree) -> dict[tuple[str, str], dict[str, None]]:
    """Variables by class and function, in the order in which the text has them."""
    used: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    for statement in tree.statements:
        space = used[statement.owner, statement.function]
        for target in targets_of(statement.node):
            space.update(dict.fromkeys(readable(target, tree)))
        for node in tree.expressions(statement):
            if isinstance(node, (cst.Name, cst.Attribute, cst.Subscript)) and is_variable(node, tree):
                space[tree.code(node)] = None
    displays = [keys for statement in tree.statements for keys in _displayed(tree, statement)]
    for space in used.values():
        for base, keys in _keys_by_base(space).items():
            own = {key.strip("'\"") for key in keys}
            for display in displays:
                if own <= set(display):  # a cache: what else was put away with these
                    space.update(dict.fromkeys(f'{base}["{key}"]' for key in display if key not in own))
    return used


def turning(tree: Tree) -> dict[tuple[str, str], set[str]]:
    """Names that loops and comprehensions alone bind, by class and function: elsewhere they have no value."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for statement in tree.statements:
        found[statement.owner, statement.function] |= set(elements(tree, statement))
    for owner, function, name in first_bound(tree):
        found[owner, function].discard(name)
    for (owner, function), names in found.items():
        found[owner, function] = names - set(tree.definitions.get(function, (0, 0, ()))[2])
    return found


def elements(tree: Tree, statement: Statement) -> dict[str, str]:
    """Names that loops around a statement and comprehensions in it bind, with the list each is an element of, or ''."""
    headers = [tree.text[tree.line_start(first) : tree.line_end(first)].strip() for first, _last, _t in statement.loops]
    texts = [*(f"{header} pass" for header in headers), tree.text[statement.start : statement.end]]
    found: dict[str, str] = {}
    for text in texts:
        try:
            nodes = list(ast.walk(ast.parse(text)))
        except (SyntaxError, ValueError):
            continue
        for node in nodes:
            if isinstance(node, (ast.For, ast.comprehension)):
                found |= dict(_elements(node.target, node.iter))
    return found


def _elements(target: ast.expr, source: ast.expr) -> Iterator[tuple[str, str]]:
    match target, source:
        case ast.Tuple(elts=targets), ast.Call(func=ast.Name(id="zip"), args=lists) if len(targets) == len(lists):
            for one, other in zip(targets, lists, strict=True):
                yield from _elements(one, other)
        case ast.Tuple(elts=[index, element]), ast.Call(func=ast.Name(id="enumerate"), args=[listed, *_]):
            yield ast.unparse(index), ""
            yield from _elements(element, listed)
        case ast.Name(id=name), ast.Name() | ast.Attribute() | ast.Subscript():
            yield name, ast.unparse(source)
        case _:
            yield from ((node.id, "") for node in ast.walk(target) if isinstance(node, ast.Name))


def siblings(tree: Tree, attribute: str) -> tuple[str, ...]:
    """The other attributes that the classes set which set this one of themselves."""
    owned: dict[str, dict[str, None]] = defaultdict(dict)
    for statement in tree.statements:
        for target in targets_of(statement.node) if statement.owner else ():
            for name in readable(target, tree):
                if name.startswith("self.") and name[5:].isidentifier():
                    owned[statement.owner][name[5:]] = None
    found = (name for names in owned.values() if attribute in names for name in names if name != attribute)
    return tuple(dict.fromkeys(found))[:MAX_SIBLINGS]


def _displayed(tree: Tree, statement: Statement) -> Iterator[tuple[str, ...]]:
    """The keys of dictionaries that a statement writes out."""
    for node in tree.expressions(statement):
        if isinstance(node, cst.Dict):
            keys = [element.key for element in node.elements if isinstance(element, cst.DictElement)]
            yield tuple(str(key.raw_value) for key in keys if isinstance(key, cst.SimpleString))


def _keys_by_base(names: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for name in names:
        if KEYED.match(name):
            base, _bracket, key = name.partition("[")
            found[base].append(key.rstrip("]"))
    return found


def lists_in(tree: Tree, statement: Statement) -> tuple[str, ...]:
    """Variables whose elements are used, or put in, in a statement's function."""
    text = tree.text
    if statement.function:
        first, last, _parameters = tree.definitions.get(statement.function, (1, len(text), ()))
        text = text[tree.line_start(first) : tree.line_end(last)]
    found = re.findall(r"([^\W\d][\w.]*)(?:\.append\(|\[(?=[^'\"\]:]+\]))", text)
    found += re.findall(r"\b(?:len|enumerate|zip)\(([^\W\d][\w.]*)\)", text)
    return tuple(name for name in dict.fromkeys(found) if not name.endswith(".shape"))


def indices_in(tree: Tree, statement: Statement) -> tuple[str, ...]:
    """Indices that a statement itself uses, then those that others use in the loops around it."""
    around = {loop[:2] for loop in statement.loops}
    texts = [tree.text[statement.start : statement.end]]
    texts += [
        tree.text[other.start : other.end]
        for other in tree.statements
        if other.function == statement.function and around & {loop[:2] for loop in other.loops}
    ]
    turns = {name for _first, _last, target in statement.loops for name in re.findall(r"\w+", target)}
    own, *others = (INDEX.findall(text) for text in texts)
    shared = (index for found in others for index in found if turns & set(re.findall(r"\w+", index)))
    return tuple(dict.fromkeys((*own, *shared)))


def small_functions(functions: Mapping[str, ast.FunctionDef]) -> Iterator[str]:
    """Functions that look like activations or their derivatives, by name and size, right or not."""
    for name, function in functions.items():
        arguments = [item.arg for item in function.args.args if item.arg not in ("self", "cls")]
        if not 0 < len(arguments) <= MAX_HELPER_ARGUMENTS or len(function.body) > MAX_HELPER_LINES:
            continue
        text = ast.unparse(function)
        if not any(isinstance(node, ast.Return) for node in ast.walk(function)) or re.search(
            r"dot\(|@|einsum|matmul|outer\(|\.insert\(|\.append\(|self\.\w+ ?[-+]?=", text
        ):
            continue
        if named_kind(name) is not None or DERIVATIVE_NAME.search(name):
            yield name


def call_arguments(
    tree: Tree, by_name: Mapping[str, Sequence[str]]
) -> dict[tuple[str, str], list[tuple[Statement, str]]]:
    """What the file's functions are called with, by function and parameter."""
    found: dict[tuple[str, str], list[tuple[Statement, str]]] = defaultdict(list)
    for statement in tree.statements:
        for node in tree.expressions(statement):
            if not isinstance(node, cst.Call):
                continue
            for function in by_name.get(tree.code(node.func).rpartition(".")[2], ()):
                names = [name for name in tree.definitions[function][2] if name not in ("self", "cls")]
                for place, argument in enumerate(node.args):
                    name = argument.keyword.value if argument.keyword is not None else None
                    if name is None and place < len(names) and not argument.star:
                        name = names[place]
                    if name is not None:
                        found[function, name].append((statement, tree.code(argument.value)))
    return found


def called_as(tree: Tree) -> dict[str, tuple[str, ...]]:
    """How each function is written where it is called, by its last name."""
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for statement in tree.statements:
        for node in tree.expressions(statement):
            if isinstance(node, cst.Call):
                text = tree.code(node.func)
                found[text.rpartition(".")[2]][text] = None
    return {name: tuple(forms) for name, forms in found.items()}
