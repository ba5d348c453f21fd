"""What a learner meets of this room is written so that it can be translated, and is said in the language spoken."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

import gradcheck.submissions
from gradcheck import check_file, language
from gradcheck.errors import SubmissionError
from gradcheck.records import CheckReport
from gradcheck.submissions.exchange.session import Status
from gradcheck.submissions.isolation.confinement import Level, Reached
from gradcheck.submissions.refusal import partly_isolated, too_little_isolation

ROOM = Path(gradcheck.submissions.__file__).parent
# What an assignment's author reads, and what children and protocol say to programs alone.
OTHERS = (
    "declared",
    "exchange/protocol.py",
    "exchange/coding.py",
    "serving/questions.py",
    "isolation/attacks.py",
    "isolation/processes.py",
    "isolation/nursery.py",
)
SAYING = {"SubmissionError", "UnavailableError", "LookupError", "GradientShapeError", "UnsupportedError", "Finding"}
FIELDS = {"message", "reason", "lacks", "loss"}
# Three words in a row are English; code, commands and Python's own messages are not.
ENGLISH = re.compile(r"[A-Za-z]{2,}(?:[ ,]+[A-Za-z]{2,}){2,}")
ALLOWED = re.compile(
    r"`[^`]*`|pip install \w+|'\(' was never closed|\b[A-Z]\w*Error: [^（）\n]*|gradcheck_problem\(\)|\"\"\".*",
    re.DOTALL,
)


def unwrapped(text: str) -> list[int]:
    """Lines in which a sentence in English is said that no catalogue can translate."""
    found = []
    for call in (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)):
        name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
        said = [*call.args[:1]] if name in SAYING else []
        said += [keyword.value for keyword in call.keywords if keyword.arg in FIELDS]
        found += [part.lineno for value in said for part in _texts(value)]
    return found


def _texts(value: ast.AST) -> list[ast.AST]:
    if isinstance(value, ast.Call):
        return []
    if isinstance(value, (ast.Constant, ast.JoinedStr)):
        parts = [value] if isinstance(value, ast.Constant) else value.values
        words = " ".join(str(part.value) for part in parts if isinstance(part, ast.Constant))
        return [value] if ENGLISH.search(words) else []
    return [text for part in ast.iter_child_nodes(value) for text in _texts(part)]


def test_the_search_finds_what_is_not_wrapped() -> None:
    """In an exception, in a field and in an alternative; what is wrapped is not found."""
    assert unwrapped('raise SubmissionError(f"{x} does not exist here")') == [1]
    assert unwrapped('Finding(id="some-id", message="this is not translated")') == [1]
    assert unwrapped('Finding(id="i", message=tr("a b") if x else "this is not translated")') == [1]
    assert unwrapped('raise SubmissionError(tr("{x} does not exist here", x=x)); Other("this is not said")') == []


@pytest.mark.parametrize("file", sorted(path.relative_to(ROOM).as_posix() for path in ROOM.rglob("*.py")))
def test_every_message_can_be_translated(file: str) -> None:
    """Those of errors and findings are templates of the catalogue."""
    if not file.startswith(OTHERS):
        assert unwrapped((ROOM / file).read_text(encoding="utf-8")) == []


TRAINING = """\
import numpy as np
rng = np.random.default_rng(0)
X, y = rng.normal(size=(12, 3)), rng.normal(size=(12, 1))
W = rng.normal(size=(3, 1))
v = np.zeros((3, 1))
{before}for epoch in range(20):
    out = X @ W
    {loss}
    gradient = X.T @ (out - y)
    {update}
"""
PLAIN = "W -= 0.01 * gradient"
CASES = {
    "empty.py": "",
    "no_code.py": '"""Only words."""\n',
    "nothing.py": "import numpy as np\nX = np.zeros(3)\n",
    "wrong_syntax.py": "x = (\n",
    "binary.py": "a\0b",
    "leaves.py": "import os\nos._exit(3)\nw = 1.0\nfor i in range(3):\n    w -= 0.1 * w\n",
    "crashes.py": "x = undefined_name\nfor i in range(3):\n    x -= 0.1 * x\n",
    "implied.py": TRAINING.format(before="", loss="pass", update=PLAIN),
    "differs.py": TRAINING.format(before="", loss="print(np.mean((out - y) ** 2))", update=PLAIN),
    "other.py": TRAINING.format(before="", loss="print(np.mean(np.abs(out - y) ** 3))", update=PLAIN),
    "momentum.py": TRAINING.format(before="", loss="pass", update="v = 0.9 * v - 0.01 * gradient; W += v"),
    "adaptive.py": TRAINING.format(
        before="", loss="pass", update="v = 0.9 * v + 0.1 * gradient ** 2; W -= 0.01 * gradient / (np.sqrt(v) + 1e-8)"
    ),
    "climbs.py": TRAINING.format(
        before="values = []\n", loss="values.append(-0.5 * np.sum((out - y) ** 2) - 1)", update=PLAIN
    ),
    "missing.py": "import pandas_of_nobody, sklearn_of_nobody\n",
    "data.py": TRAINING.format(before="y = np.loadtxt('no_such_file.csv')[:12, :1]\n", loss="pass", update=PLAIN),
    "no_json.ipynb": "a",
    "no_format.ipynb": "{}",
    "old.ipynb": json.dumps({"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": []}),
    "magic.ipynb": json.dumps(
        {
            "nbformat": 4,
            "nbformat_minor": 5,
            "metadata": {},
            "cells": [
                {
                    "cell_type": "code",
                    "id": f"c{i}",
                    "metadata": {},
                    "outputs": [],
                    "execution_count": None,
                    "source": text,
                }
                for i, text in enumerate(
                    ["%matplotlib inline\n", TRAINING.format(before="", loss="pass", update=PLAIN)]
                )
            ],
        }
    ),
}


def said_of(file: Path) -> list[str]:
    """Everything that a check says of a file."""
    try:
        found = check_file(file)
    except SubmissionError as error:
        return [str(error)]
    reports = [found] if isinstance(found, CheckReport) else list(found.results)
    return [
        text
        for report in reports
        for text in (report.reason, report.loss or "", *(finding.message for finding in report.findings))
    ]


def english_in(text: str) -> list[str]:
    """Runs of three English words outside of what is code."""
    return [found[0] for found in ENGLISH.finditer(ALLOWED.sub("", text))]


def test_english_is_found() -> None:
    """And code is none."""
    assert english_in("W1 的 gradient is not right") == ["gradient is not right"]
    assert english_in("`W -= rate and so on`；NameError: name 'x' is not defined") == []


@pytest.mark.parametrize("name", CASES)
def test_what_is_said_of_a_file_is_said_in_chinese(tmp_path: Path, name: str) -> None:
    """Reasons, losses, findings and refusals, by the controller and by the file's own process; in English as ever."""
    file = tmp_path / name
    file.write_text(CASES[name], encoding="utf-8")
    with language.using("zh_CN"):
        said = said_of(file)
    assert any(re.search(r"[\u4e00-\u9fff]", text) for text in said)
    assert [found for text in said for found in english_in(text)] == []
    assert not any(re.search(r"[\u4e00-\u9fff]", text) for text in said_of(file))


def test_isolation_is_told_in_chinese() -> None:
    """What was reached, what is missing, and how processes end."""
    reached = Reached(level=Level.LIMITS, lacking=("Landlock",))
    with language.using("zh_CN"):
        said = [
            partly_isolated(reached),
            partly_isolated(Reached(level=Level.PROCESS)),
            too_little_isolation(Path("a.py"), reached, Level.FULL),
            *(status.words for status in Status),
        ]
    assert all(re.search(r"[\u4e00-\u9fff]", text) for text in said)
    assert [found for text in said for found in english_in(text)] == []


def test_lines_of_cells_are_told_once(tmp_path: Path) -> None:
    """Each with its cell, in both languages."""
    file = tmp_path / "magic.ipynb"
    file.write_text(CASES["magic.ipynb"], encoding="utf-8")
    for tag, place in (("en", "cell 2, line 9"), ("zh_CN", "第 2 个单元格第 9 行")):
        with language.using(tag):
            said = "\n".join(said_of(file))
        assert place in said
        assert "cell 1, cell" not in said
        assert "个单元格第 1 个单元格" not in said
