"""What an interface needs and a file does not define, told from its text alone, with the cure."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from gradcheck.language import tr
from gradcheck.submissions.declared.interface import Call, Interface
from gradcheck.submissions.text.nodes import nodes_of

__all__ = ["Missing", "missing_names"]

# Share of letters that two spellings of one name have in common: backward and back_prop have 0.59.
ALIKE = 0.55


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A function, method or class that is not there.

    Attributes
    ----------
    name : str
        As the assignment calls it.
    kind : str
        ``function``, ``method`` or ``class``.
    signature : str
        How it is called.
    close : str or None
        The file's own name that was probably meant.
    """

    name: str
    kind: str
    signature: str
    close: str | None = None

    @property
    def cure(self) -> str:
        """What to do, in one sentence."""
        if self.close is not None:
            return tr(
                "Did you mean {name} where the file says {close}? Rename {close} to {name}.",
                name=self.name,
                close=self.close,
            )
        return tr(
            "Define the {kind} {name}; it is called as {signature}.",
            kind=self.kind,
            name=self.name,
            signature=self.signature,
        )


def missing_names(tree: ast.Module, interface: Interface) -> tuple[Missing, ...]:
    """Everything that the declared calls name and the file binds nowhere.

    Parameters
    ----------
    tree : ast.Module
        The file's.
    interface : Interface

    Notes
    -----
    A file that imports ``*``, or reads names from elsewhere, may have them from there: then nothing is missing.
    """
    if any(isinstance(node, ast.ImportFrom) and node.names[0].name == "*" for node in nodes_of(tree)):
        return ()
    names, methods = set(_bound(tree)), set(_methods(tree))
    asked = {call.path[0] for call in _calls(interface)}
    found: dict[str, Missing] = {}
    for call in _calls(interface):
        first = call.path[0]
        known = methods if call.method else names
        if first in known or first in found:
            continue
        kind = "method" if call.method else "class" if call is interface.construct else "function"
        wanted = {name.casefold(): name for name in sorted(known - asked)}  # what is asked for is itself meant
        close = difflib.get_close_matches(first.casefold(), wanted, n=1, cutoff=ALIKE)
        found[first] = Missing(
            name=first, kind=kind, signature=call.text.partition("->")[0].strip(),
            close=wanted[close[0]] if close else None,
        )  # fmt: skip
    return tuple(found.values())


def _calls(interface: Interface) -> Iterator[Call]:
    if interface.construct is not None:
        yield interface.construct
    for table in (interface.calls, interface.activations, interface.derivatives):
        for calls in table.values():
            yield from calls
    for calls in interface.layers:
        yield from calls


def _bound(tree: ast.Module) -> Iterator[str]:
    """Names that the module binds, inside conditions and loops too, but not inside functions and classes."""
    pending: list[ast.AST] = list(tree.body)
    while pending:
        node = pending.pop()
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
                continue
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                yield from (alias.asname or alias.name.partition(".")[0] for alias in names)
            case ast.Name(id=name, ctx=ast.Store()):
                yield name
        pending += ast.iter_child_nodes(node)


def _methods(tree: ast.Module) -> Iterable[str]:
    """Methods of all classes of the file, and what they assign to ``self``."""
    for node in nodes_of(tree):
        if isinstance(node, ast.ClassDef):
            yield from (item.name for item in node.body if isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef)))
            yield from (name for item in node.body if isinstance(item, ast.Assign) for name in _targets(item))
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr


def _targets(statement: ast.Assign) -> Iterator[str]:
    yield from (target.id for target in statement.targets if isinstance(target, ast.Name))
