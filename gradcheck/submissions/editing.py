"""Edited statements of a submission, instrumented so that their watched places keep the numbers of the running text."""

from __future__ import annotations

import ast
import difflib
import itertools
from collections.abc import Sequence

from gradcheck.diagnosis.program import UnavailableError
from gradcheck.diagnosis.trials import Built, compiled, future_flags
from gradcheck.submissions.instrument import Instrumented, instrument_statement
from gradcheck.submissions.sites import Site
from gradcheck.submissions.updates import RUNTIME_NAME

__all__ = ["Fresh", "InstrumentedBuild"]

Fresh = tuple[int, Site]
HOOKS = frozenset({"note", "rate", "increment", "add", "labels", "subtract"})


class InstrumentedBuild:
    """A ``trials.Build`` for a submission that is loaded; ``Built.extra`` are the sites with numbers of their own.

    Parameters
    ----------
    instrumented : Instrumented
        Of the running text; lines that drive it may have added to its sites since.
    tree : ast.Module
        The running text as it was parsed.
    filename : str
    """

    def __init__(self, instrumented: Instrumented, tree: ast.Module, filename: str) -> None:
        self._instrumented, self._filename = instrumented, filename
        self._flags = future_flags(tree)
        self._spans = list(itertools.pairwise(instrumented.starts))

    def __call__(self, tree: ast.Module, text: str, index: int, old: int) -> Built:
        """The code of one statement in the place of a running one."""
        (first_site, first_loop), (end_site, end_loop) = self._spans[old]
        start = (first_site, first_loop)
        body, sites, loops = instrument_statement(tree.body[index], text, self._instrumented, start)
        running = self._instrumented.loops[first_loop:end_loop]
        if [(loop.function, loop.while_loop) for loop in loops] != [(r.function, r.while_loop) for r in running]:
            raise UnavailableError("the edit changes which loops train")
        known = self._instrumented.sites[first_site:end_site]
        numbers, fresh = _numbering(known, sites, first_site, len(self._instrumented.sites))
        if any(number != first_site + i for i, number in enumerate(numbers)):
            _renumber(body, first_site, numbers)
        module = ast.Module(body=body, type_ignores=[])
        code = compiled(module, self._filename, self._flags)
        return Built(code, tuple((numbers[i], sites[i]) for i in fresh))


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
    """Whether an edited site is still the same place: its kind and function, and of a factor its name too."""
    same = known.kind == site.kind and known.function == site.function
    return same and (site.kind != "rate" or known.name == site.name)


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
