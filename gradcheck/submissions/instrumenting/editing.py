"""Edited statements of a submission, instrumented so that their watched places keep the numbers of the running text."""

from __future__ import annotations

import ast
import copy
import difflib
import itertools
import types
from collections.abc import Sequence

from gradcheck.diagnosis.programs.program import UnavailableError
from gradcheck.diagnosis.programs.trials import Built, compiled, future_flags
from gradcheck.language import tr
from gradcheck.submissions.instrumenting.instrument import Instrumented, instrument_statement
from gradcheck.submissions.text.sites import Loop, Site
from gradcheck.submissions.text.updates import RUNTIME_NAME

__all__ = ["Fresh", "InstrumentedBuild"]

Fresh = tuple[int, Site]
Start = tuple[int, int]
HOOKS = frozenset({"note", "rate", "increment", "add", "labels", "squared", "subtract"})


class InstrumentedBuild:
    """A ``trials.Build`` for a submission that is loaded; ``Built.extra`` are the sites with numbers of their own.

    Parameters
    ----------
    instrumented : Instrumented
        Of the running text; lines that drive it may have added to its sites since.
    tree : ast.Module
        The running text as it was parsed.
    text : str
    filename : str
    """

    def __init__(self, instrumented: Instrumented, tree: ast.Module, text: str, filename: str) -> None:
        self._instrumented, self._filename = instrumented, filename
        self._tree, self._text, self._lines = tree, text, text.split("\n")
        self._known_members: dict[int, list[tuple[Start, Start]]] = {}
        self._known_bases: dict[tuple[int, int], types.CodeType] = {}
        self._flags = future_flags(tree)
        self._spans = list(itertools.pairwise(instrumented.starts))

    def __call__(self, tree: ast.Module, text: str, index: int, old: int) -> Built:
        """The code of one statement in the place of a running one; of a class only the members that differ."""
        running, statement = self._tree.body[old], tree.body[index]
        (first, last), base = self._spans[old], None
        if isinstance(running, ast.ClassDef) and isinstance(statement, ast.ClassDef) and statement is not running:
            changed = self._changed_members(running, statement, text)
            if len(changed) == 1:
                first, last = self._members(old)[changed[0]]
                base = self._base_member(old, changed[0])
                running, statement = _alone(running, changed[0]), _alone(statement, changed[0])
        return self._built(statement, running, text, first, last, base)

    def _built(
        self,
        statement: ast.stmt,
        running: ast.stmt,
        text: str,
        first: Start,
        last: Start,
        base: types.CodeType | None = None,
    ) -> Built:
        edited = instrument_statement(statement, text, self._instrumented, first)
        loops = self._instrumented.loops[first[1] : last[1]]
        if not _same_loops(edited.loops, loops):  # ``d = ...`` made ``d += ...`` makes no training of a loop
            before = instrument_statement(running, self._text, self._instrumented, first).watched
            if len(before) == len(edited.watched):
                edited = instrument_statement(statement, text, self._instrumented, first, before)
        if not _same_loops(edited.loops, loops):
            raise UnavailableError(tr("the edit changes which loops train"))
        known, sites = self._instrumented.sites[first[0] : last[0]], edited.sites
        numbers, fresh = _numbering(known, sites, first[0], len(self._instrumented.sites))
        if any(number != first[0] + i for i, number in enumerate(numbers)):
            _renumber(edited.tree.body, first[0], numbers)
        code = compiled(edited.tree, self._filename, self._flags)
        return Built(code, tuple((numbers[i], sites[i]) for i in fresh), base)

    def _changed_members(self, old: ast.ClassDef, new: ast.ClassDef, text: str) -> list[int]:
        """Members that differ, where both classes have the same ones; else none."""
        if len(old.body) != len(new.body):
            return []
        before, after = self._lines, text.split("\n")
        return [
            i
            for i, (a, b) in enumerate(zip(old.body, new.body, strict=True))
            if before[_first(a) - 1 : a.end_lineno] != after[_first(b) - 1 : b.end_lineno]
        ]

    def _members(self, index: int) -> list[tuple[Start, Start]]:
        if index not in self._known_members:
            found = instrument_statement(self._tree.body[index], self._text, self._instrumented, self._spans[index][0])
            self._known_members[index] = list(itertools.pairwise(found.starts))
        return self._known_members[index]

    def _base_member(self, index: int, member: int) -> types.CodeType:
        key = (index, member)
        if key not in self._known_bases:
            running = self._tree.body[index]
            assert isinstance(running, ast.ClassDef)
            first, last = self._members(index)[member]
            alone = _alone(running, member)
            self._known_bases[key] = self._built(alone, alone, self._text, first, last).code
        return self._known_bases[key]


def _same_loops(edited: Sequence[Loop], running: Sequence[Loop]) -> bool:
    return [(loop.function, loop.while_loop) for loop in edited] == [(r.function, r.while_loop) for r in running]


def _alone(kind: ast.ClassDef, member: int) -> ast.ClassDef:
    """A class of one of its members."""
    found = copy.copy(kind)
    found.body, found.decorator_list = [kind.body[member]], []
    return found


def _first(node: ast.stmt) -> int:
    """The first line of a statement, decorators included."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def _numbering(known: Sequence[Site], sites: Sequence[Site], start: int, free: int) -> tuple[list[int], list[int]]:
    """A number for each site of an edited statement, and which of them are new."""
    if len(known) == len(sites) and all(map(_alike, known, sites)):
        return list(range(start, start + len(sites))), []
    numbers: list[int | None] = [None] * len(sites)
    matcher = difflib.SequenceMatcher(None, [_key(site) for site in known], [_key(s) for s in sites], autojunk=False)
    for kind, i1, i2, j1, j2 in matcher.get_opcodes():
        if kind == "equal":
            for i, j in zip(range(i1, i2), range(j1, j2), strict=True):
                numbers[j] = start + i
        elif kind == "replace":
            rest = list(range(i1, i2))
            for j in range(j1, j2):
                fits = next((i for i in rest if _alike(known[i], sites[j])), None)
                if fits is not None:
                    rest = [i for i in rest if i > fits]
                    numbers[j] = start + fits
    fresh = [j for j, number in enumerate(numbers) if number is None]
    for position, j in enumerate(fresh):
        numbers[j] = free + position
    return [number for number in numbers if number is not None], fresh


def _key(site: Site) -> tuple[str, ...]:
    return site.function, site.kind, site.name, site.text


def _alike(known: Site, site: Site) -> bool:
    """Whether an edited site is still the same place: its kind and function, and of a factor its name or number."""
    same = known.kind == site.kind and known.function == site.function
    return same and (site.kind != "rate" or known.name == site.name or (known.is_literal and site.is_literal))


def _renumber(body: Sequence[ast.stmt], start: int, numbers: Sequence[int]) -> None:
    done: set[int] = set()
    for statement in body:
        for node in ast.walk(statement):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in HOOKS):
                continue
            owner = node.func.value
            if not (isinstance(owner, ast.Name) and owner.id == RUNTIME_NAME) or id(node.args[0]) in done:
                continue
            number = node.args[0]
            done.add(id(number))
            assert isinstance(number, ast.Constant)
            assert isinstance(number.value, int)
            number.value = numbers[number.value - start]
