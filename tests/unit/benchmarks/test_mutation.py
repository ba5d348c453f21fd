"""Mutation testing: what is drawn, that a change reaches the tests, and that a survivor needs an explanation."""

from __future__ import annotations

import importlib.util
import json
import threading
from pathlib import Path

import pytest

from benchmarks.mutation import command, suite
from benchmarks.mutation.explained import Explanation, explanation_of, read_explanations, stale
from benchmarks.mutation.mutants import Mutant, Place, every_place, sampled
from benchmarks.mutation.suite import Outcome

needs_cosmic_ray = pytest.mark.skipif(
    importlib.util.find_spec("cosmic_ray") is None, reason="brought by tox -e nightly"
)

CODE = """\
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    LIMIT = 1 + 2


@dataclass(frozen=True)
class Both:
    one: int | None = None


def larger(a: int | float, b: int | float) -> int | float:
    assert a < 1e9
    return a if a > b else b


def never(a: int) -> int:
    return a * 3
"""
TESTS = """\
from gradcheck.problem.small import larger

def test_larger():
    assert larger(1, 2) == 2
    assert larger(3, 2) == 3
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small tree with one module, and a test of one of its functions."""
    package = tmp_path / "gradcheck" / "problem"
    package.mkdir(parents=True)
    (tmp_path / "gradcheck" / "__init__.py").touch()
    (package / "__init__.py").touch()
    (package / "small.py").write_text(CODE)
    tests = tmp_path / "tests" / "unit" / "problem"
    tests.mkdir(parents=True)
    (tests / "test_small.py").write_text(TESTS)
    (tmp_path / "pyproject.toml").write_text('[tool.pytest.ini_options]\naddopts = ["--import-mode=importlib"]\n')
    return tmp_path


def _mutant(before: str = "return a + b", after: str = "return a - b") -> Mutant:
    place = Place(file="gradcheck/problem/small.py", text=before, line=3, column=11, operator="x", occurrence=0)
    return Mutant(place=place, source="", before=before, after=after)


@needs_cosmic_ray
def test_only_what_runs_is_changed(tree: Path) -> None:
    """Nothing in annotations, in what only type checkers read, in a decorator's flags, in an ``assert``."""
    places = list(every_place(tree, ["problem"]))
    texts = {place.text for place in places if place.operator != "core/RemoveDecorator"}
    assert texts == {"return a if a > b else b", "return a * 3"}
    assert len({place.operator for place in places}) > 10


@needs_cosmic_ray
def test_sample_is_one_change_a_place_and_repeatable(tree: Path) -> None:
    """The same seed draws the same, whatever stands above; another draws another."""
    places = list(every_place(tree, ["problem"]))
    drawn = sampled(tree, places, 100, 0)
    spots = [(m.place.text, m.place.column) for m in drawn]
    assert sorted(set(spots)) == sorted(spots) == sorted({(place.text, place.column) for place in places})
    assert all(m.before != m.after and m.after in m.source for m in drawn)
    path = tree / "gradcheck" / "problem" / "small.py"
    path.write_text(CODE.replace("\n\n\ndef larger", "\n\n# A comment.\n\ndef larger"))
    again = sampled(tree, every_place(tree, ["problem"]), 100, 0)
    assert [m.after for m in again] == [m.after for m in drawn]
    assert [m.after for m in sampled(tree, places, 2, 0)] == [m.after for m in drawn[:2]]
    others = [[m.after for m in sampled(tree, places, 100, seed)] for seed in range(1, 6)]
    assert any(other != [m.after for m in drawn] for other in others)


@needs_cosmic_ray
def test_changes_are_noticed_by_the_tests_of_the_room(tree: Path) -> None:
    """What a test looks at is noticed, what none does is not; the file is put back."""
    before = suite.baseline(tree, ["problem"])
    drawn = sampled(tree, every_place(tree, ["problem"]), 100, 0)
    looked_at = [suite.tried(tree, before, mutant) for mutant in drawn if "a > b" in mutant.before]
    assert any(outcome.killed and "test_larger" in outcome.how for outcome in looked_at)
    alone = [suite.tried(tree, before, mutant) for mutant in drawn if "* 3" in mutant.before]
    assert alone
    assert not any(outcome.killed for outcome in alone)
    assert (tree / "gradcheck" / "problem" / "small.py").read_text() == CODE


@needs_cosmic_ray
def test_an_endless_loop_is_noticed_by_the_clock(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A change that does not end counts as noticed, in a test as where the module is loaded."""
    before = suite.baseline(tree, ["problem"])
    monkeypatch.setattr(suite, "GRACE", 2.0)
    mutant = next(m for m in sampled(tree, every_place(tree, ["problem"]), 9, 0) if "a > b" in m.before)
    for source in (CODE.replace("return a if", "while True: pass\n    return a if"), f"{CODE}\nwhile True: pass\n"):
        endless = Mutant(place=mutant.place, source=source, before=mutant.before, after="")
        outcome = suite.tried(tree, before, endless)
        assert (outcome.killed, outcome.how) == (True, "timeout")


def test_failing_tests_are_no_baseline(tree: Path) -> None:
    """Where the unchanged code fails, nothing can be said of a change."""
    (tree / "tests" / "unit" / "problem" / "test_small.py").write_text("def test_no(): assert False\n")
    with pytest.raises(RuntimeError, match="the unchanged tests fail"):
        suite.baseline(tree, ["problem"])


def test_another_copy_is_no_baseline(tree: Path) -> None:
    """Where the tests would import what is installed, no change could be noticed."""
    (tree / "gradcheck" / "__init__.py").write_text("__file__ = '/elsewhere/gradcheck/__init__.py'\n")
    with pytest.raises(RuntimeError, match="should take the copy"):
        suite.baseline(tree, ["problem"])


def test_tests_of_a_room(tree: Path) -> None:
    """Those of its folders."""
    for name in ("unit/checks/test_other.py", "unit/problem/test_a.py", "property/problem/test_b.py"):
        path = tree / "tests" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert [Path(test).name for test in suite.room_tests(tree, "problem")] == [
        "test_a.py",
        "test_small.py",
        "test_b.py",
    ]


def test_what_reaches_a_line_is_known(tree: Path) -> None:
    """The unchanged tests tell which of them run which line, and how long each took."""
    before = suite.baseline(tree, ["problem"])
    reached = before.reached["gradcheck/problem/small.py"]
    line = CODE.splitlines().index("    return a if a > b else b") + 1
    assert reached[line] == {"tests/unit/problem/test_small.py::test_larger"}
    assert reached.get(CODE.splitlines().index("    return a * 3") + 1, frozenset()) == frozenset()
    assert list(before.tests["problem"]) == ["tests/unit/problem/test_small.py::test_larger"]


def test_tests_that_can_notice_a_change_are_chosen() -> None:
    """Those that reach the line, files named like the module first, and quick files before slow; else all."""
    times = {"t/test_a.py::slow": 9.0, "t/test_a.py::no": 0.1, "t/test_b.py::quick": 0.2, "t/test_small.py::x": 5.0}
    reaching = frozenset(times) - {"t/test_a.py::no"}
    place = _mutant().place
    for lines, expected in (({2: reaching}, ["x", "quick", "slow"]), ({2: frozenset()}, ["x", "quick", "no", "slow"])):
        before = suite.Baseline(tests={"problem": times}, reached={place.file: lines})
        assert sorted(test.partition("::")[2] for test in before.order(place)) == sorted(expected)
        assert [test.partition("::")[2] for test in before.order(place)][:2] == expected[:2]
        assert before.patience == suite.GRACE + 9.0 * suite.PATIENCE


def test_several_changes_are_tried_at_a_time(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each in a copy that no other has at that time, and told in the order of the sample."""
    mutants = [_mutant(after=f"return {number}") for number in range(8)]
    taken: set[Path] = set()
    used: set[Path] = set()
    both = threading.Barrier(2, timeout=30)

    def tried(copy: Path, _before: None, mutant: Mutant) -> Outcome:
        assert copy not in taken
        taken.add(copy)
        used.add(copy)
        both.wait()
        taken.remove(copy)
        both.wait()
        return Outcome(mutant=mutant, killed=True, how="a test")

    monkeypatch.setattr(command, "copied", lambda *paths: paths[1])
    monkeypatch.setattr(command, "every_place", lambda *_: [mutants[0].place])
    monkeypatch.setattr(command, "sampled", lambda *_: mutants)
    monkeypatch.setattr(command, "baseline", lambda *_: None)
    monkeypatch.setattr(command, "tried", tried)
    monkeypatch.setattr(command, "stale", lambda *_: [])
    file = tmp_path / "out.json"
    assert command.main(["--jobs", "2", "--json", str(file)]) == 0
    assert len(used) == 2
    assert [row["after"] for row in json.loads(file.read_text())["outcomes"]] == [mutant.after for mutant in mutants]


def test_a_survivor_is_explained_by_its_own_text_alone() -> None:
    """Of another file, line or change the explanation says nothing."""
    known = [Explanation(file="gradcheck/problem/small.py", before="return a + b", after="return a - b", why="b is 0")]
    assert explanation_of(_mutant(), known) is known[0]
    assert explanation_of(_mutant(after="return a * b"), known) is None
    assert explanation_of(_mutant(before="return c + b"), known) is None


def test_explanations_are_of_lines_that_are_there(tree: Path) -> None:
    """One of a line that was changed is stale."""
    here = Explanation(file="gradcheck/problem/small.py", before="return a * 3", after="", why="")
    gone = Explanation(file="gradcheck/problem/small.py", before="return a * 4", after="", why="")
    assert stale([here, gone], tree) == [gone]
    assert stale([Explanation(file="gradcheck/no.py", before="x", after="", why="")], tree) != []


def test_every_explanation_gives_a_reason() -> None:
    """Each of its own change, with more than a word."""
    known = read_explanations()
    assert all(each.before != each.after and len(each.why.split()) >= 4 for each in known)
    changes = [(each.file, each.before, each.after) for each in known]
    assert len(set(changes)) == len(changes)


@pytest.mark.parametrize(("killed", "why", "code"), [(True, "", 0), (False, "b is always zero", 0), (False, "", 1)])
def test_an_unexplained_survivor_fails(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    killed: bool,
    why: str,
    code: int,
) -> None:
    """What is noticed or explained does not."""
    mutant = _mutant()
    known = [Explanation(file=mutant.place.file, before=mutant.before, after=mutant.after, why=why)] if why else []
    monkeypatch.setattr(command, "copied", lambda *paths: paths[1])
    monkeypatch.setattr(command, "every_place", lambda *_: [mutant.place])
    monkeypatch.setattr(command, "sampled", lambda *_: [mutant])
    monkeypatch.setattr(command, "baseline", lambda *_: None)
    monkeypatch.setattr(command, "tried", lambda *_: Outcome(mutant=mutant, killed=killed, how="a test"))
    monkeypatch.setattr(command, "read_explanations", lambda: known)
    monkeypatch.setattr(command, "stale", lambda *_: [])
    assert command.main(["--json", str(tmp_path / "out.json")]) == code
    assert ("unexplained: gradcheck/problem/small.py:3" in capsys.readouterr().out) == bool(code)


def test_what_is_missing_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Without cosmic-ray there is a sentence with the cure; what else is missing is another matter."""
    monkeypatch.setattr(command, "copied", lambda *_: tmp_path)
    for name, raised in (("cosmic_ray.ast", SystemExit), ("numpy", ModuleNotFoundError)):

        def missing(*_: object, name: str = name) -> list[Place]:
            raise ModuleNotFoundError(name, name=name)

        monkeypatch.setattr(command, "every_place", missing)
        with pytest.raises(raised):
            command.main([])
    assert "tox -e nightly" in capsys.readouterr().err


def test_what_was_noticed_is_not_tried_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With ``--again`` only survivors, and what is new, are."""
    mutants = [_mutant(), _mutant(after="return a * b")]
    monkeypatch.setattr(command, "copied", lambda *paths: paths[1])
    monkeypatch.setattr(command, "every_place", lambda *_: [mutants[0].place])
    monkeypatch.setattr(command, "sampled", lambda *_: mutants)
    monkeypatch.setattr(command, "baseline", lambda *_: None)
    monkeypatch.setattr(command, "stale", lambda *_: [])
    file, asked = tmp_path / "out.json", []

    def tried(_copy: Path, _base: None, mutant: Mutant) -> Outcome:
        asked.append(mutant.after)
        return Outcome(mutant=mutant, killed=mutant is mutants[0] or len(asked) > 2, how="a test")

    monkeypatch.setattr(command, "tried", tried)
    assert command.main(["--json", str(file)]) == 1
    assert command.main(["--json", str(file), "--again", str(file)]) == 0
    assert asked == ["return a - b", "return a * b", "return a * b"]
    assert [row["fate"] for row in json.loads(file.read_text())["outcomes"]] == ["killed", "killed"]


def test_an_explained_survivor_is_not_tried_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It survives as it did."""
    mutant = _mutant()
    known = [Explanation(file=mutant.place.file, before=mutant.before, after=mutant.after, why="b is always zero")]
    monkeypatch.setattr(command, "copied", lambda *paths: paths[1])
    monkeypatch.setattr(command, "every_place", lambda *_: [mutant.place])
    monkeypatch.setattr(command, "sampled", lambda *_: [mutant])
    monkeypatch.setattr(command, "baseline", lambda *_: None)
    monkeypatch.setattr(command, "stale", lambda *_: [])
    monkeypatch.setattr(command, "read_explanations", lambda: known)
    row = {"file": mutant.place.file, "before": mutant.before, "after": mutant.after}
    file = tmp_path / "out.json"
    file.write_text(json.dumps({"outcomes": [{**row, "fate": "unexplained", "how": ""}]}))
    assert command.main(["--json", str(file), "--again", str(file)]) == 0
    assert [row["fate"] for row in json.loads(file.read_text())["outcomes"]] == ["explained"]
