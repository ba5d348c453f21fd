"""How well an edit that cures a program fits a bug: rows of kinds, roles and words, the best of which counts."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass

from gradcheck.diagnosis.edit import Edit, EditKind, Role

__all__ = [
    "ANY", "BATCH", "DELTAS", "FACTORS", "FEATURES", "HALF", "HIDDEN", "OUTPUTS", "RATE", "TWO", "Fit", "about",
    "adds_division", "adds_up", "counts_rows", "drops_division", "fitting", "is_factor", "renews",
]  # fmt: skip

# How an edit's detail may call a constant.
BATCH = frozenset({"m", "n", "N", "batch", "batch_size", "samples", "len(X)", "n_samples", "num_samples"})
OUTPUTS = frozenset({"k", "outputs", "classes", "n_outputs", "num_classes", "size"})
FEATURES = frozenset({"features", "n_features", "d"})
RATE = frozenset({"lr", "learning_rate", "learning rate", "rate", "alpha", "eta"})
TWO = frozenset({"2", "2.0"})
HALF = frozenset({"0.5", "1/2", ".5"})

# Where a delta of a layer is computed; at the output the same slips are made as at a hidden layer.
DELTAS = (Role.HIDDEN_DELTA, Role.OUTPUT_DELTA)
HIDDEN = (Role.HIDDEN_DELTA,)
ANY = frozenset(EditKind)
FACTORS = frozenset({EditKind.SCALE, EditKind.UNSCALE, EditKind.RESCALE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """One kind of cure, and how well it fits (0 to 1).

    ``roles`` limits it to code of these roles; ``when`` to edits for which it holds.
    """

    kinds: Collection[EditKind]
    score: float = 1.0
    roles: Collection[Role] | None = None
    when: Callable[[Edit], bool] | None = None

    def of(self, edit: Edit) -> float:
        """Its score for an edit, 0 where it does not apply."""
        if edit.kind not in self.kinds or (self.roles is not None and edit.role not in self.roles):
            return 0.0
        return self.score if self.when is None or self.when(edit) else 0.0


def fitting(*rows: Fit) -> Callable[[Edit], float]:
    """What a bug's ``explains`` is: the best score of the rows."""

    def explains(edit: Edit) -> float:
        return max((row.of(edit) for row in rows), default=0.0)

    return explains


def about(pattern: str) -> Callable[[Edit], bool]:
    """For ``when``: edits in whose texts or detail a regular expression is found, in either case of letters."""

    def holds(edit: Edit) -> bool:
        return re.search(pattern, f"{edit.before} {edit.after} {edit.detail}", re.IGNORECASE) is not None

    return holds


def is_factor(edit: Edit, names: frozenset[str]) -> bool:
    """Whether the constant that an edit adds, drops or exchanges has one of the names, or one over it."""
    detail = edit.detail.replace(" / ", "/").strip()
    return detail in names or detail.removeprefix("1/").strip("() ") in names


def renews(edit: Edit) -> bool:
    """Whether the cured code computes into a new array where the wrong one changed the array at hand."""
    return re.match(r"(\w+)\s*=\s*\1(?:\.copy\(\)|\s*(?:[-+*/%@]|//|\*\*)\s)", edit.after.strip()) is not None


def adds_up(edit: Edit) -> bool:
    """Whether the cured code adds up in a loop what the wrong one assigned, so that only the last turn's was left."""
    return edit.kind is EditKind.ASSIGN and edit.detail == "+="


def counts_rows(edit: Edit) -> bool:
    """Whether the cured code counts a row as often as it is indexed: ``g[words] += d`` does so once."""
    return edit.detail == "np.add.at"


def adds_division(edit: Edit) -> bool:
    """Whether the cured code divides where the wrong one did not: by text, or by ``mean`` for ``sum``."""
    return _divisions(edit.after) > _divisions(edit.before) or _products(edit.after) < _products(edit.before)


def drops_division(edit: Edit) -> bool:
    """Whether the wrong code divided where the cured one does not."""
    return _divisions(edit.after) < _divisions(edit.before) or _products(edit.after) > _products(edit.before)


def _divisions(text: str) -> int:
    return len(re.findall(r"(?<!/)/(?!/)", text)) + len(re.findall(r"\b(?:mean|average)\b", text))


def _products(text: str) -> int:
    return len(re.findall(r"(?<!\*)\*(?!\*)", text))
