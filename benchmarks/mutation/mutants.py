"""The changes that are tried: those that cosmic-ray knows, at every place of a room's code that runs."""

from __future__ import annotations

import ast
import difflib
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

__all__ = ["ROOMS", "Mutant", "Place", "every_place", "mutant_of", "sampled"]

ROOMS = ("problem", "oracles", "checks")

Position = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One operator of cosmic-ray's at one place of a file.

    Attributes
    ----------
    file : str
        From the top of the tree, with forward slashes.
    text : str
        The line, without indentation.
    line, column : int
        Where it begins, from 1 and from 0.
    operator : str
        cosmic-ray's name of the change.
    occurrence : int
        Which of the places in the file where the operator applies.
    """

    file: str
    text: str
    line: int
    column: int
    operator: str
    occurrence: int

    @property
    def room(self) -> str:
        """The folder below ``gradcheck``."""
        return self.file.split("/")[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One change to one file.

    Attributes
    ----------
    place : Place
    source : str
        The whole file with the change.
    before, after : str
        The lines that differ, without indentation.
    """

    place: Place
    source: str
    before: str
    after: str


def every_place(root: Path, rooms: Sequence[str] = ROOMS) -> Iterator[Place]:
    """Each change that could be made, file by file."""
    for room in rooms:
        for path in sorted((root / "gradcheck" / room).rglob("*.py")):
            yield from _of_file(path.relative_to(root).as_posix(), path.read_text(encoding="utf-8"))


def sampled(root: Path, places: Iterable[Place], count: int, seed: int) -> list[Mutant]:
    """``count`` places, each equally likely, and of each place one change.

    What is drawn depends on the texts of the places alone, so that an edit elsewhere changes nothing of the sample. It
    comes in the order in which it is drawn: the first of a large sample are a small one.
    """
    at: dict[tuple[str, str, int], list[Place]] = defaultdict(list)
    for place in places:
        at[place.file, place.text, place.column].append(place)
    drawn: list[Mutant] = []
    for key in sorted(at, key=lambda key: _draw(seed, *key)):
        if len(drawn) == count:
            break
        order = sorted(at[key], key=lambda place: (_draw(seed, place.operator), place.line))
        changes = (mutant_of(root, place) for place in order)
        drawn += islice((mutant for mutant in changes if mutant.before != mutant.after), 1)
    return drawn


def mutant_of(root: Path, place: Place) -> Mutant:
    """The file with the change."""
    source = (root / place.file).read_text(encoding="utf-8")
    mutated = _mutated(source, place.operator, place.occurrence)
    before, after = _difference(source, mutated)
    return Mutant(place=place, source=mutated, before=before, after=after)


def _draw(seed: int, *parts: object) -> bytes:
    return hashlib.sha256(repr((seed, *parts)).encode()).digest()


def _of_file(file: str, source: str) -> Iterator[Place]:
    from cosmic_ray.ast import ast_nodes, get_ast

    silent, lines = _silent_spans(source), source.splitlines()
    nodes = list(ast_nodes(get_ast(source)))
    for name in _operators():
        positions = [span for node in nodes for span in _operator(name).mutation_positions(node)]
        for occurrence, (start, end) in enumerate(positions):
            if not any(first <= start and end <= last for first, last in silent):
                yield Place(
                    file=file, text=lines[start[0] - 1].strip(), line=start[0], column=start[1],
                    operator=name, occurrence=occurrence,
                )  # fmt: skip


@cache
def _operators() -> tuple[str, ...]:
    """cosmic-ray's operators that need no arguments, but for the one that changes nothing."""
    import cosmic_ray.plugins

    names = sorted(cosmic_ray.plugins.operator_names())
    return tuple(
        name for name in names if name != "core/NoOp" and not cosmic_ray.plugins.get_operator(name).arguments()
    )


@cache
def _operator(name: str) -> Any:
    import cosmic_ray.plugins

    return cosmic_ray.plugins.get_operator(name)()


def _mutated(source: str, operator: str, occurrence: int) -> str:
    from cosmic_ray.mutating import mutate_code

    changed = mutate_code(source, _operator(operator), occurrence)
    return source if changed is None else str(changed)


def _difference(source: str, mutated: str) -> tuple[str, str]:
    """The lines that differ, before and after."""
    lines = list(difflib.unified_diff(source.splitlines(), mutated.splitlines(), lineterm="", n=0))[3:]
    before = " ".join(line[1:].strip() for line in lines if line.startswith("-"))
    return before, " ".join(line[1:].strip() for line in lines if line.startswith("+"))


def _silent_spans(source: str) -> list[tuple[Position, Position]]:
    """Places where a change is no change of behaviour.

    Annotations, which nothing evaluates; what only type checkers read; the flags of ``@dataclass``, which forbid what
    nobody does; ``assert`` and the ``strict`` of ``zip``, which say what holds anyway.
    """
    spans: list[ast.AST] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.arg | ast.AnnAssign) and node.annotation is not None:
            spans.append(node.annotation)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns is not None:
            spans.append(node.returns)
        elif isinstance(node, ast.ClassDef):
            spans += [each for each in node.decorator_list if isinstance(each, ast.Call)]
        elif isinstance(node, ast.keyword) and node.arg == "strict":
            spans.append(node.value)
        elif isinstance(node, ast.Assert) or (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"):
            spans.append(node)
    return [((n.lineno, n.col_offset), (n.end_lineno, n.end_col_offset)) for n in spans]
