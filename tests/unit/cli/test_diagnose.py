"""``gradcheck diagnose`` with the engine replaced: exit codes, formats, options."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from gradcheck.errors import SubmissionError
from gradcheck.records import DiagnosedBug, Diagnosis, Evaluations, ReportSet, Verdict

ORDER = (Verdict.FAIL, Verdict.INVALID, Verdict.INCONCLUSIVE, Verdict.PASS)
CODES = {Verdict.PASS: 0, Verdict.FAIL: 1, Verdict.INVALID: 2, Verdict.INCONCLUSIVE: 3}
BUG = DiagnosedBug(
    bug="sign-flip", confidence=0.9, message="plus for minus", line=7, lines=(7,), code="W += g",
    formula_wrong="W + g", formula_right="W - g",
)  # fmt: skip


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Answers each path with the verdict of its name; remembers what it was asked."""
    calls: list[dict[str, Any]] = []

    def diagnose_path(path: Path, **options: Any) -> Any:
        calls.append({"path": path, **options})
        if path.name == "unloadable.py":
            raise SubmissionError("unloadable.py is empty")
        reports = []
        for name in path.stem.split("-"):
            verdict = Verdict[name.upper()]
            reports.append(Diagnosis(
                verdict=verdict, reason=f"because of {name}", blocks=(), evaluations=Evaluations(loss=2, gradient=1),
                power={}, file=str(path), diagnoses=(BUG,) if verdict is Verdict.FAIL else (),
            ))  # fmt: skip
        return reports[0] if len(reports) == 1 else ReportSet(results=tuple(reports))

    monkeypatch.setattr("gradcheck.submissions.diagnose_path", diagnose_path)
    return calls


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("verdict", list(Verdict), ids=lambda verdict: verdict.name)
@pytest.mark.parametrize("output", ["text", "json"])
def test_exit_code_of_one_file(run: Any, verdict: Verdict, output: str) -> None:
    """Exit code of one file."""
    outcome = run("diagnose", f"{verdict.name.lower()}.py", "--format", output)
    assert outcome.code == CODES[verdict]
    assert verdict.name.lower() in outcome.out.lower()
    assert outcome.err == ""


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize(
    "pair", list(itertools.permutations(ORDER, 2)), ids=lambda pair: "-".join(v.name for v in pair)
)
def test_exit_code_of_several_is_the_worst(run: Any, pair: tuple[Verdict, Verdict]) -> None:
    """Exit code of several is the worst."""
    worst = min(pair, key=ORDER.index)
    names = [verdict.name.lower() for verdict in pair]
    assert run("diagnose", *(f"{name}.py" for name in names)).code == CODES[worst]  # several files
    assert run("diagnose", f"{'-'.join(names)}.py").code == CODES[worst]  # several networks of one file


@pytest.mark.usefixtures("engine")
def test_one_result_is_a_diagnosis_and_several_are_a_report(run: Any) -> None:
    """One result is a diagnosis and several are a report."""
    one = json.loads(run("diagnose", "fail.py", "--format", "json", "--seed", "7").out)
    assert (one["schema"], one["verdict"], one["seed"]) == ("gradcheck/diagnosis@1", "fail", 7)
    assert one["diagnoses"][0]["bug"] == "sign-flip"
    several = json.loads(run("diagnose", "pass.py", "unloadable.py", "--format", "json").out)
    assert several["schema"] == "gradcheck/report@1"
    assert [result["schema"] for result in several["results"]] == ["gradcheck/diagnosis@1"] * 2
    assert [result["verdict"] for result in several["results"]] == ["pass", "invalid"]


def test_options_reach_the_engine(run: Any, engine: Any, tmp_path: Path) -> None:
    """Options reach the engine, and its own defaults stand otherwise."""
    from gradcheck.submissions.isolation.confinement import Level
    from gradcheck.submissions.isolation.terms import Terms

    adapter = tmp_path / "adapter.py"
    adapter.touch()
    run("diagnose", "pass.py", "--adapter", str(adapter), "--seed", "7", "--time-limit", "3",
        "--require-isolation", "full")  # fmt: skip
    run("diagnose", "pass.py")
    assert engine == [
        {
            "path": Path("pass.py"),
            "adapter": adapter,
            "rng": 7,
            "time_limit": 3.0,
            "isolation": Terms(require=Level.FULL),
        },
        {"path": Path("pass.py"), "adapter": None, "rng": 0, "time_limit": None, "isolation": None},
    ]


@pytest.mark.usefixtures("engine")
def test_the_mathematics_comes_on_request(run: Any) -> None:
    """The mathematics comes on request."""
    assert "W - g" not in run("diagnose", "fail.py").out
    assert "W - g" in run("diagnose", "fail.py", "--explain").out


@pytest.mark.usefixtures("engine")
def test_quiet_is_one_line_a_result(run: Any) -> None:
    """Quiet is one line a result, with the names."""
    first, second = run("diagnose", "fail.py", "pass.py", "-q").out.splitlines()
    assert first.startswith("FAIL  fail.py")
    assert "(sign-flip, line 7, 90 %)" in first
    assert second == "PASS  pass.py  because of pass"


def test_a_mistyped_file_is_recognised(run: Any, engine: Any, tmp_path: Path) -> None:
    """A mistyped file is recognised."""
    (tmp_path / "unloadables.py").touch()
    outcome = run("diagnose", str(tmp_path / "unloadable.py"), "-q")
    assert outcome.code == 2
    assert f"Did you mean '{tmp_path / 'unloadables.py'}'?" in outcome.out
    assert len(engine) == 1


@pytest.mark.parametrize(
    "arguments",
    [(), ("pass.py", "--seed", "-1"), ("pass.py", "--format", "xml"), ("pass.py", "--time-limit", "0"),
     ("pass.py", "--adapter", "nosuch.py"), ("pass.py", "--nosuch")],
    ids=lambda arguments: " ".join(arguments) or "no path",
)  # fmt: skip
def test_usage_errors_are_told_on_stderr(run: Any, engine: Any, arguments: tuple[str, ...]) -> None:
    """Usage errors are told on standard error."""
    outcome = run("diagnose", *arguments)
    assert (outcome.code, outcome.out, engine) == (2, "", [])
    assert "Error:" in outcome.err
