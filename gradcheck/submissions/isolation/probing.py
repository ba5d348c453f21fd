"""What this machine's isolation is worth: the attacks, one after the other, on children as submissions get them."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gradcheck.submissions.exchange.session import Session, SessionError
from gradcheck.submissions.isolation.attacks import ATTACKS, REFUSED, SUCCEEDED, Attack, program
from gradcheck.submissions.isolation.confinement import Level, Reached
from gradcheck.submissions.isolation.limits import MEBIBYTE, Limits
from gradcheck.submissions.isolation.places import Reach

__all__ = ["Trial", "Tried", "probe"]

# Small ones, so that every attack is over soon.
LIMITS = Limits(wall=2.0, cpu=10.0, memory=512 * MEBIBYTE, output=MEBIBYTE, file_size=MEBIBYTE)
TIME_LIMIT = 2.0
LAYERS = {
    errno.EACCES: "Landlock",
    errno.EPERM: "seccomp",
    errno.ENOSYS: "seccomp",
    errno.EFBIG: "limits",
    errno.ENOMEM: "limits",
}
# How Python tells of a limit; and of a refusal to raise one.
KINDS = {"MemoryError": "limits", "ValueError": "the kernel"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What came of one attack.

    Attributes
    ----------
    attack : Attack
    refused : bool
    by : str
        What has refused it; empty if nothing has.
    """

    attack: Attack
    refused: bool
    by: str

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {"right": self.attack.right, "tries": self.attack.tries, "refused": self.refused, "by": self.by or None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """All attacks, and what a child had given up."""

    reached: Reached
    trials: tuple[Trial, ...]

    @property
    def exit_code(self) -> int:
        """0 when isolation is full, 3 when it is partial, 1 when an attack succeeded that it should have refused."""
        if any(not trial.refused and _is_covered(trial.attack, self.reached) for trial in self.trials):
            return 1
        return 0 if self.reached.level is Level.FULL and all(trial.refused for trial in self.trials) else 3

    def to_dict(self) -> dict[str, Any]:
        """JSON form, schema ``gradcheck/sandbox@1``."""
        return {
            "schema": "gradcheck/sandbox@1",
            "isolation": self.reached.to_dict(),
            "attacks": [trial.to_dict() for trial in self.trials],
        }


def probe(
    attacks: Iterable[Attack] = ATTACKS,
    *,
    without: frozenset[str] = frozenset(),
    forked: bool = True,
    advance: Callable[[int, int], None] | None = None,
) -> Tried:
    """Try attacks, each in a child of its own.

    Parameters
    ----------
    attacks : iterable of Attack
    without : frozenset of str
        Rights that are left to the children on purpose.
    forked : bool
        As for ``Session``.
    advance : callable, optional
        ``advance(done, total)`` is told how far it is.
    """
    chosen = tuple(attacks)
    folder = Path(tempfile.mkdtemp(prefix="gradcheck-"))
    trials, reached = [], Reached(level=Level.NONE)
    try:
        hidden = folder / "hidden"
        hidden.mkdir()
        for name in ("secret.txt", "hidden_points.py"):
            (hidden / name).write_text("# a secret", encoding="utf-8")
        for number, attack in enumerate(chosen):
            if advance is not None:
                advance(number, len(chosen))
            file = folder / "attack.py"
            text = program(attack, secret=str(hidden / "secret.txt"), folder=str(hidden), controller=os.getpid())
            file.write_text(text, encoding="utf-8")
            trial, reached = _try(attack, file, without, forked=forked)
            trials.append(trial)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return Tried(reached=reached, trials=tuple(trials))


def _try(attack: Attack, file: Path, without: frozenset[str], *, forked: bool) -> tuple[Trial, Reached]:
    reach = Reach(readable=(str(file),))
    session = Session(time_limit=TIME_LIMIT, reach=reach, limits=LIMITS, without=without, forked=forked)
    ended = ""
    with session:
        with contextlib.suppress(SessionError):
            session.request("open", {"path": str(file), "adapter": None, "keywords": {}})
        if session.failure is not None:
            ended = session.failure.status.name.lower()
    told = session.printed
    if SUCCEEDED in told:
        return Trial(attack=attack, refused=False, by=""), session.reached
    found = re.search(rf"{REFUSED}: (\w+) (\w+)", told)
    if found is None:
        return Trial(attack=attack, refused=True, by=f"the controller ({ended or 'no answer'})"), session.reached
    kind, number = found[1], found[2]
    by = KINDS.get(kind) or LAYERS.get(int(number) if number.isdigit() else 0, kind)
    return Trial(attack=attack, refused=True, by=by), session.reached


def _is_covered(attack: Attack, reached: Reached) -> bool:
    """Whether a layer that would refuse it was said to be there."""
    there = {
        "controller": True,
        "landlock": reached.landlock >= attack.landlock,
        "seccomp": reached.seccomp,
        "limits": reached.limits,
    }
    return any(there[layer] for layer in attack.layers)
