"""The ready assignments by name, with their texts."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass
from importlib import resources

from gradcheck.grading.assignment.problems import AssignmentError, Problem, nearest, shown

__all__ = ["READY", "Ready", "ready_assignment"]

READY = ("binary-classifier", "xor-class", "softmax-classifier", "deep-relu")
"""Their names, simplest first."""

TITLE = re.compile(r"^title = .*$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """One of them.

    Attributes
    ----------
    name : str
    title : str
    summary : str
        What students write, in one sentence.
    text : str
        The commented file.
    """

    name: str
    title: str
    summary: str
    text: str

    def titled(self, title: str) -> str:
        """The file with another title."""
        readable = title.encode("utf-8", "replace").decode("utf-8")
        written = "title = " + json.dumps(readable, ensure_ascii=False).replace("\x7f", r"\u007f")
        return TITLE.sub(lambda _: written, self.text, count=1)


def ready_assignment(name: str) -> Ready:
    """A ready assignment.

    Parameters
    ----------
    name : str
        Of `READY`.

    Raises
    ------
    AssignmentError
        If there is none of that name.

    Examples
    --------
    >>> ready_assignment("xor-class").title
    'XOR with one hidden layer'
    """
    if name not in READY:
        raise AssignmentError(
            name,
            [
                Problem(
                    line=None, key="", found=f"no ready assignment is called {shown(name)}", cure=nearest(name, READY)
                )
            ],
        )
    text = resources.files(__package__).joinpath(f"{name}.toml").read_text(encoding="utf-8")
    summary = text.partition("\n")[0].removeprefix("#").strip()
    return Ready(name=name, title=tomllib.loads(text)["title"], summary=summary, text=text)
