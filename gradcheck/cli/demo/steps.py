"""What the demonstration runs, and what is to be seen in it."""

from __future__ import annotations

from dataclasses import dataclass

from gradcheck.language import mark

__all__ = ["LEAVE", "NEXT", "STEPS", "Step"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One command, typed in a folder with the files of the demonstration.

    Parameters
    ----------
    words : tuple of str
        What is typed after the program's name.
    see : str
        A sentence on what its output shows, before it is run.
    code : int
        The exit code that it ends with here.
    """

    words: tuple[str, ...]
    see: str
    code: int


STEPS = (
    Step(
        words=("check", "network.py"),
        see=mark(
            "network.py should learn XOR, and does not. Is its gradient the derivative of its loss? See the table: two "
            "blocks are right, two are wrong."
        ),
        code=1,
    ),
    Step(
        words=("diagnose", "network.py"),
        see=mark("What is the mistake? See its name, the line with a mark below the wrong part, and the fix."),
        code=1,
    ),
    Step(
        words=("fix", "network.py", "--write"),
        see=mark("The fix, written into the file. See the patch: it was tried with fresh numbers before it is shown."),
        code=0,
    ),
    Step(
        words=("check", "network.py", "--quiet"),
        see=mark("The same check again, in one line. See the verdict."),
        code=0,
    ),
    Step(
        words=("new", "assignment", "xor-class"),
        see=mark("Now a class. This writes what it was asked for, with a rubric, as a file to change."),
        code=0,
    ),
    Step(
        words=("grade", "class", "--assignment", "xor-class.toml", "--out", "results"),
        see=mark(
            "Three students have handed in: one is right, one has a bug, one cannot be run. See how many were graded, "
            "and the bug that was named; each student's sheet is in results/sheets."
        ),
        code=0,
    ),
)

# What to type afterwards, and why.
NEXT = (
    ("gradcheck check network.py", mark("with a file of your own")),
    ("gradcheck bugs list", mark("what can be wrong, and why")),
    ("gradcheck new adapter network.py", mark("where a file is not recognised")),
    ("gradcheck ci .", mark("the same in a build")),
    ("gradcheck --help", mark("all commands and options")),
)
# Where nothing was kept.
LEAVE = (("gradcheck demo --keep try-it", mark("the same, with all files left: see results/report/index.html")),)
