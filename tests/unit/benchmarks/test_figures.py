"""The page of figures: written from the records, with the right intervals, and nothing claimed that was not run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.figures import command
from benchmarks.figures.page import interval, page
from benchmarks.figures.runs import RUNS, Run

RECORD = {
    "command": "python -m benchmarks right-networks --count 200",
    "date": "2026-01-02",
    "seconds": 1234,
    "python": "3.11.7",
    "commit": "abc1234",
    "figures": {"right networks called wrong": [0, 200], "something often": [150, 200], "of nothing": [0, 0]},
}


def test_page_is_what_the_records_say() -> None:
    """The page in the documentation is the one that the command writes."""
    records = json.loads(command.RECORDS.read_text(encoding="utf-8"))
    assert command.PAGE.read_text(encoding="utf-8") == page(records)
    assert set(records) <= set(RUNS)


def test_interval_is_the_exact_one() -> None:
    """Of none, the bound solves (1 - p)^n = 0.025; both ends mirror; a table's value for 8 of 10."""
    assert interval(0, 200) == pytest.approx((0.0, 1.0 - 0.025 ** (1 / 200)))
    low, high = interval(8, 10)
    assert interval(2, 10) == pytest.approx((1.0 - high, 1.0 - low))
    assert (low, high) == pytest.approx((0.4439, 0.9748), abs=1e-4)


def test_figures_show_command_date_sample_and_interval() -> None:
    """What one needs to repeat and to judge a figure; a share of nothing is none."""
    written = page({"right-networks": RECORD})
    assert "`python -m benchmarks right-networks --count 200`\n(2026-01-02, 1,234 s, Python 3.11.7" in written
    assert "commit abc1234" in written
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in written.splitlines()]
    assert ["right networks called wrong", "0 of 200", "0.00 %", "0.00 % to 1.8 %"] in lines
    assert ["something often", "150 of 200", "75.0 %", "68.4 % to 80.8 %"] in lines
    assert ["of nothing", "0 of 0", "-", "-"] in lines


def test_what_was_not_run_is_said_to_be_so() -> None:
    """Without a record there is a command and no figure."""
    written = page({})
    assert written.count("Not run yet: `python -m ") == len(RUNS)
    assert "%" not in written.partition("##")[2].replace("95 %", "")


def test_hypothesis_statistics_are_summed(tmp_path: Path) -> None:
    """Over tests and phases; what fails counts as an input, too."""
    printed = """\
a.py::test_one:
  - during reuse phase (0.00 seconds):
    - 5 passing, 0 failing, and 0 invalid test cases
  - during generate phase (0.07 seconds):
    - 95 passing, 1 failing, and 7 invalid test cases
"""
    assert list(RUNS["fuzzing"].read(tmp_path, printed).values()) == [(1, 101)]


def _script(tmp_path: Path, code: str) -> Run:
    """A suite that is a module of one line."""
    (tmp_path / "long_suite.py").write_text(f"import json, sys\n{code}\n")
    return Run(title="A suite", about="Counts.", command=("long_suite",), read=RUNS["right-networks"].read)


def test_a_run_is_kept_and_written_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``--into`` leaves the tree as it is; further arguments are given on and are in the record."""
    run = _script(tmp_path, "json.dump({'all': [len(sys.argv) - 3, 4]}, open(sys.argv[-1], 'w'))")
    monkeypatch.setattr(command, "RUNS", {"suite": run})
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    before = command.PAGE.read_bytes()
    assert command.main(["--run", "suite", "--into", str(tmp_path / "out"), "--", "--one", "--two"]) == 0
    (record,) = json.loads((tmp_path / "out" / "latest.json").read_text()).values()
    assert record["figures"] == {"all": [2, 4]}
    assert record["command"] == "python -m long_suite --one --two"
    assert (tmp_path / "out" / "figures.md").exists()
    assert command.PAGE.read_bytes() == before


@pytest.mark.parametrize(
    ("code", "kept"),
    [
        ("sys.exit(3)", 0),
        ("json.dump({'all': [0, 0]}, open(sys.argv[-1], 'w'))", 0),
        ("json.dump({'all': [1, 4]}, open(sys.argv[-1], 'w')); sys.exit(1)", 1),
    ],
)
def test_a_suite_that_does_not_end_well_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, kept: int
) -> None:
    """With its figures where it gave some, and without where it gave none."""
    monkeypatch.setattr(command, "RUNS", {"suite": _script(tmp_path, code)})
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert command.main(["--run", "all", "--into", str(tmp_path / "out")]) == 1
    assert len(json.loads((tmp_path / "out" / "latest.json").read_text())) == kept


def test_unknown_suite_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    """Answered by those that there are."""
    with pytest.raises(SystemExit) as stopped:
        command.main(["--run", "no-such"])
    assert stopped.value.code == 2
    assert "expected all, or of right-networks" in capsys.readouterr().err


def test_every_suite_is_a_command_that_exists() -> None:
    """A module of the tree or pytest, and a test file that is there."""
    root = Path(command.__file__).resolve().parents[2]
    for run in RUNS.values():
        assert run.command[0] == ("benchmarks" if run.writes_json else "pytest")
        assert all((root / word).exists() for word in run.command if word.endswith(".py"))
