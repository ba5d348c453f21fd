"""A class that is spoken to in Chinese: nothing on a sheet is left in English, whatever became of the work."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from translation import english_left

from gradcheck.grading.grade import GradedClass, People, grade
from gradcheck.language import current, tr, using
from gradcheck.reports.grading.writing import Formats, write_class

RIGHT = (Path(__file__).parents[1] / "programs" / "xor_class.txt").read_text(encoding="utf-8")
READY = files("gradcheck.grading.assignment.ready") / "xor-class.toml"


def _with(old: str, new: str) -> str:
    assert RIGHT.count(old) == 1
    return RIGHT.replace(old, new)


STEP = "self.W1 -= lr * X.T @ d1"
DELTA = "d1 = d2 @ self.W2.T * self.sigmoid_derivative(self.a1)"
UNLIKE = {
    "right.py": RIGHT,
    "slope.py": _with(DELTA, "d1 = d2 @ self.W2.T"),
    "half.py": _with("d2 = 2 * (", "d2 = ("),
    "axis.py": _with("d2.sum(axis=0, keepdims=True)", "d2.sum()"),
    "climbs.py": RIGHT.replace("-= lr", "+= lr"),
    "raises.py": _with(DELTA, "d1 = d2 @ self.W2 * self.sigmoid_derivative(self.a1)"),
    "forward.py": _with("self.a1 @ self.W2 + self.b2", "self.a1 @ self.W2"),
    "loss.py": _with("(y - self.forward(X)) ** 2", "np.abs(y - self.forward(X))"),
    "sigmoid.py": _with("1 / (1 + np.exp(-np.clip(x, -500, 500)))", "1 / (1 + np.exp(-2 * x))"),
    "changes.py": _with("        self.a1 = self.sigmoid(X", "        X *= 1.5\n        self.a1 = self.sigmoid(X"),
    "random.py": _with("return self.a2\n", "return self.a2 + 1e-3 * np.random.randn(*self.a2.shape)\n"),
    "nothing.py": _with("        return self.a2\n", ""),
    "shape.py": _with("return self.a2\n", "return self.a2.ravel()\n"),
    "still.py": RIGHT.replace("self.W1 -= lr", "unused = lr").replace("self.W2 -= lr", "unused = lr"),
    "module.py": "import my_own_functions\n" + RIGHT.replace("self.sigmoid(X", "my_own_functions.sigmoid(X"),
    "broken.py": _with("def forward(self, X):", "def forward(self, X:"),
    "renamed.py": _with("def forward(", "def forwrd("),
    "crash.py": f"{RIGHT}\nprint(1 / 0)\n",
    "repeated.py": _with("return self.a2\n", "return np.full_like(self.a2, 0.5)\n"),
}  # fmt: skip
# Words of Python, NumPy and the student's own file, which are quoted; and an id that is followed by its meaning.
QUOTED = (
    "division by zero", "object has no attribute", "operands could not be broadcast together with shapes",
    "matmul: Input operand 1 has a mismatch in its core dimension 0, with gufunc signature",
    "is different from", "No module named", "File is not a zip file", "did you mean", "name", "is not defined",
    "was never closed",
)  # fmt: skip


class _Text(HTMLParser):
    """What a reader of a page sees or hears: text outside of code, and labels."""

    def __init__(self) -> None:
        super().__init__()
        self.language: str | None = None
        self.parts: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.language = given.get("lang") or self.language
        self._hidden += tag in ("style", "script", "pre", "code")
        self.parts += filter(None, [given.get("aria-label"), given.get("title"), given.get("alt")])

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("style", "script", "pre", "code")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(data)


def _read(page: str) -> _Text:
    found = _Text()
    found.feed(page)
    return found


@pytest.fixture(scope="module")
def assignment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As an instructor who speaks Chinese begins: with the ready one, whose titles are translated."""
    path = tmp_path_factory.mktemp("assignment") / "xor.toml"
    with using("zh_CN"):
        text = re.sub(
            r'title = "([^"]*)"', lambda found: f'title = "{tr(found[1])}"', READY.read_text(encoding="utf-8")
        )
    path.write_text(text.replace("time = 10.0", "time = 5.0"), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> People:
    """Somebody handed in late, and somebody's mark was decided by hand."""
    folder = tmp_path_factory.mktemp("people")
    rows = ("submission,item,points,reason", "right.py,,3,口试", "half.py,loads,0,口试")
    (folder / "overrides.csv").write_text("\n".join(rows), encoding="utf-8")
    return People(overrides=folder / "overrides.csv")


@pytest.fixture(scope="module")
def chinese(assignment: Path, people: People, tmp_path_factory: pytest.TempPathFactory) -> GradedClass:
    """The class, graded by processes of its own and written in all forms."""
    folder = tmp_path_factory.mktemp("class") / "submissions"
    folder.mkdir()
    for name, text in UNLIKE.items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "packed.zip").write_bytes(b"PK nothing")
    with using("zh_CN"):
        graded = grade(folder, assignment, tmp_path_factory.mktemp("results"), people=people, workers=2)
        write_class(graded, formats=Formats(gradescope=True, prairielearn=True, classroom50=True))
    return graded


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _texts(inner)


def _left(texts: Iterable[str]) -> list[str]:
    return [found for text in texts for found in english_left(text, *QUOTED)]


def _read_by_people(path: Path) -> list[str]:
    """The texts of a sheet, code left out."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".html":
        page = _read(text)
        assert page.language == "zh-CN"
        return page.parts
    if path.suffix == ".json":
        content = json.loads(text)
        assert content["language"] == "zh_CN"
        return list(_texts({**content, "blocks": []}))
    return re.sub(r"```.*?```|``.*?``", "¦", text, flags=re.DOTALL).replace("\\", "").splitlines()


@pytest.mark.slow
@pytest.mark.parametrize("folder", ["sheets", "sheets-after-due", "staff"])
def test_no_sheet_is_left_in_english(chinese: GradedClass, folder: str) -> None:
    """Pages, Markdown and JSON, for students and for staff."""
    paths = [path for path in sorted((chinese.folder / folder).iterdir()) if path.suffix in (".html", ".json", ".md")]
    assert len(paths) == 3 * len(chinese.standings)
    left = {path.name: _left(_read_by_people(path)) for path in paths}
    assert {name: found for name, found in left.items() if found} == {}


@pytest.mark.slow
@pytest.mark.parametrize("folder", ["gradescope", "prairielearn", "classroom50"])
def test_results_of_platforms_are_not_left_in_english(chinese: GradedClass, folder: str) -> None:
    """What students read there; keys and states are the platform's."""
    paths = sorted((chinese.folder / folder).glob("*/result*.json"))
    assert len(paths) == len(chinese.standings)
    left = {path.parent.name: _left(_texts(json.loads(path.read_text(encoding="utf-8")))) for path in paths}
    assert {name: found for name, found in left.items() if found} == {}


@pytest.mark.slow
def test_symptoms_name_no_place_no_bug_and_no_fix(chinese: GradedClass) -> None:
    """Of what was run: the sheets that students see at once, by the levels of this assignment."""
    leaks, bugs = {}, {bug["bug"] for _, record in chinese.records() for bug in record.get("diagnoses", ())}
    assert len(bugs) > 2
    for path in sorted((chinese.folder / "sheets").glob("*.json")):
        sheet = json.loads(path.read_text(encoding="utf-8"))
        texts = [text for item in sheet["items"] for text in item["told"]]
        found = [
            text for text in texts if re.search(r"第 \d+ 行|line \d+|self\.", text) or any(bug in text for bug in bugs)
        ]
        if found or any(item["line"] or item["bug"] or item["patch"] for item in sheet["items"]):
            leaks[path.name] = found
    assert leaks == {}


@pytest.mark.slow
def test_another_language_makes_records_anew_and_keeps_the_others(
    chinese: GradedClass, assignment: Path, people: People
) -> None:
    """All of a sheet is in one language; going back costs nothing; marks are the same; what was decided stays."""
    folder, before = chinese.folder, {key: record["grade"] for key, record in chinese.records()}
    submissions = folder.parent / "submissions"
    submissions.mkdir()
    for name in ("half.py", "right.py", "broken.py"):
        (submissions / name).write_text(UNLIKE[name], encoding="utf-8")
    assert current() == "en"
    english = grade(submissions, assignment, folder, people=people, workers=2)
    assert (english.run.run, english.run.kept, english.language) == (3, 0, "en")
    assert english.run.moves == ()
    after = {key: record["grade"] for key, record in english.records()}
    assert {key: grade["points"] for key, grade in after.items()} == {key: before[key]["points"] for key in after}
    assert {grade["fingerprint"] for grade in after.values()} == {before[key]["fingerprint"] for key in after}
    assert {grade["language"] for grade in after.values()} == {"en"}
    write_class(english)
    sheets = [path.read_text(encoding="utf-8") for path in (folder / "sheets").glob("*.html")]
    assert len(sheets) == 3
    assert all('<html lang="en">' in sheet and not re.search("未评判|得分", sheet) for sheet in sheets)
    with using("zh_CN"):
        again = grade(submissions, assignment, folder, people=people, workers=2)
    assert (again.run.run, again.run.kept) == (0, 3)


@pytest.mark.slow
def test_the_assignment_names_the_language(assignment: Path, tmp_path: Path) -> None:
    """Whatever whoever grades it speaks; also in threads of this process."""
    path = tmp_path / "xor.toml"
    text = assignment.read_text(encoding="utf-8")
    path.write_text(text.replace("points = 20 ", 'language = "zh_CN"\npoints = 20 ', 1), encoding="utf-8")
    (tmp_path / "class").mkdir()
    (tmp_path / "class" / "shape.py").write_text(UNLIKE["shape.py"], encoding="utf-8")
    with ThreadPoolExecutor(1) as threads:
        graded = grade(tmp_path / "class", path, tmp_path / "results", workers=threads, diagnose=False)
    write_class(graded)
    assert current() == "en"
    assert graded.language == "zh_CN"
    sheet = (tmp_path / "results" / "sheets" / "shape.md").read_text(encoding="utf-8")
    assert english_left(sheet, *QUOTED) == []
    assert "损失不是要求的那个" in sheet
    table = (tmp_path / "results" / "grades.csv").read_text(encoding="utf-8")
    assert table.startswith('"student","name",')
