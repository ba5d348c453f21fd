"""A submission, or one statement of it, rewritten and numbered, as its process runs it."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from gradcheck.submissions.instrumenting.rewriter import rewritten
from gradcheck.submissions.text.sites import Loop, Site
from gradcheck.submissions.text.updates import updating_functions

__all__ = ["APPLY_NAME", "Instrumented", "as_written", "instrument", "instrument_statement"]

# What lines of our own, run beside a submission, call to apply gradients that it only returns.
APPLY_NAME = "_apply"


class Instrumented:
    """A rewritten tree with its watched places; ``starts`` counts sites and loops before each statement, and in all."""

    def __init__(
        self,
        tree: ast.Module,
        sites: list[Site],
        loops: list[Loop],
        updating: set[str],
        starts: list[tuple[int, int]],
        watched: Sequence[bool] = (),
    ) -> None:
        self.tree, self.sites, self.loops, self.updating, self.starts = tree, sites, loops, updating, starts
        self.watched = tuple(watched)


def as_written(tree: ast.Module) -> Instrumented:
    """A tree that is left as it is: nothing of it is watched."""
    return Instrumented(tree, [], [], set(), [(0, 0)] * (len(tree.body) + 1))


def instrument(tree: ast.Module, text: str, base: Instrumented | None = None) -> Instrumented:
    """Rewrite a parsed submission.

    Parameters
    ----------
    tree : ast.Module
        Left as it is; a copy is rewritten.
    text : str
        Its source, quoted in messages.
    base : Instrumented, optional
        What this text is run beside: its functions may be called, and its numbering of places goes on.
    """
    updating = updating_functions(tree) | (base.updating | {APPLY_NAME} if base is not None else set())
    sites, loops = (base.sites, base.loops) if base is not None else ([], [])
    made = rewritten(tree, text, updating, sites, loops)
    return Instrumented(made.tree, sites, loops, updating, made.starts)


def instrument_statement(
    statement: ast.stmt, text: str, base: Instrumented, start: tuple[int, int], watched: Sequence[bool] | None = None
) -> Instrumented:
    """Rewrite one statement of a module, numbered as if it began after so many sites and loops.

    Parameters
    ----------
    statement : ast.stmt
        Left as it is.
    text : str
        The whole text that it is from.
    base : Instrumented
        What is known of which functions update.
    start : (int, int)
        Of ``base.starts``.
    watched : sequence of bool, optional
        Which ``for`` and ``while`` loops are watched, in the order of the text, whether or not they look as if they
        trained.

    Returns
    -------
    Instrumented
        Its own sites and loops alone, with no more about them than is needed to know them again; of a class,
        ``starts`` are those of its members.
    """
    sites, loops = base.sites[: start[0]], base.loops[: start[1]]
    alone = ast.Module(body=[statement], type_ignores=[])
    made = rewritten(alone, text, base.updating, sites, loops, brief=True, chosen=watched)
    return Instrumented(made.tree, sites[start[0] :], loops[start[1] :], base.updating, made.members, made.watched)
