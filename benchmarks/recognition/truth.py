"""What is true of each program: its parameters, its loss, and a change that makes its gradient wrong.

Each program says so itself, in comments that a run does not see: the shapes of all its parameters, a piece of the
loss (of its text, or of the name of the loss that its output delta implies), and beside one line of its backward pass
the line with which the gradient is wrong.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

__all__ = ["FOLDER", "Truth", "programs", "read", "shapes_of"]

FOLDER = Path(__file__).parent / "programs"
WRONG = re.compile(r"^(?P<indent>\s*)(?P<right>.*?)  # wrong: (?P<wrong>.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """One program.

    Attributes
    ----------
    name : str
    manner : str
        ``own``, or whose public program it is written after the manner of.
    text, spoilt : str
        As it is, and with a wrong gradient; neither says anything of the truth.
    shapes : Counter of tuple of int
        Of all parameters of all its networks.
    loss : str
        What the report's loss must contain.
    """

    name: str
    manner: str
    text: str
    spoilt: str
    shapes: Counter[tuple[int, ...]]
    loss: str


def programs() -> list[Path]:
    """All programs, by name."""
    return sorted(FOLDER.glob("*.py"))


def read(path: Path) -> Truth:
    """What a program says of itself.

    Parameters
    ----------
    path : Path
    """
    text = path.read_text(encoding="utf-8")
    said = dict(re.findall(r"^# (parameters|loss|manner): (.*)$", text, flags=re.MULTILINE))
    body = re.sub(r"^# (parameters|loss|manner): .*\n", "", text, flags=re.MULTILINE)
    if len(WRONG.findall(body)) != 1:
        raise ValueError(f"{path.name} must say once what would be wrong")
    return Truth(
        name=path.stem,
        manner=said.get("manner", "own"),
        text=WRONG.sub(r"\g<indent>\g<right>", body),
        spoilt=WRONG.sub(r"\g<indent>\g<wrong>", body),
        shapes=shapes_of(said["parameters"]),
        loss=said["loss"],
    )


def shapes_of(text: str) -> Counter[tuple[int, ...]]:
    """Shapes as they are written.

    Examples
    --------
    >>> shapes_of("(2, 3) (3,) ()") == Counter([(2, 3), (3,), ()])
    True
    """
    return Counter(
        tuple(int(part) for part in inside.split(",") if part.strip()) for inside in re.findall(r"\(([^()]*)\)", text)
    )
