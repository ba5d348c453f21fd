"""``gradcheck check`` with the engine replaced: exit codes, formats, options."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from gradcheck.errors import SubmissionError
from gradcheck.records import ReportSet, Verdict

ORDER = (Verdict.FAIL, Verdict.INVALID, Verdict.INCONCLUSIVE, Verdict.PASS)
CODES = {Verdict.PASS: 0, Verdict.FAIL: 1, Verdict.INVALID: 2, Verdict.INCONCLUSIVE: 3}


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch, report: Any) -> list[dict[str, Any]]:
    """Answers each path with the verdict of its name; remembers what it was asked."""
    calls: list[dict[str, Any]] = []

    def check_path(path: Path, **options: Any) -> Any:
        calls.append({"path": path, **options})
        if path.name == "unloadable.py":
            raise SubmissionError("unloadable.py is empty")
        verdicts = [Verdict[name.upper()] for name in path.stem.split("-")]
        reports = [report(verdict, file=str(path)) for verdict in verdicts]
        return reports[0] if len(reports) == 1 else ReportSet(results=tuple(reports))

    monkeypatch.setattr("gradcheck.submissions.check_path", check_path)
    return calls


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("verdict", list(Verdict), ids=lambda verdict: verdict.name)
@pytest.mark.parametrize("output", ["text", "json"])
def test_exit_code_of_one_file(run: Any, verdict: Verdict, output: str) -> None:
    """Exit code of one file."""
    outcome = run("check", f"{verdict.name.lower()}.py", "--format", output)
    assert outcome.code == CODES[verdict]
    assert verdict.name.lower() in outcome.out.lower()


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize(
    "pair", list(itertools.permutations(ORDER, 2)), ids=lambda pair: "-".join(v.name for v in pair)
)
def test_exit_code_of_several_is_the_worst(run: Any, pair: tuple[Verdict, Verdict]) -> None:
    """Exit code of several is the worst."""
    worst = min(pair, key=ORDER.index)
    names = [verdict.name.lower() for verdict in pair]
    assert run("check", *(f"{name}.py" for name in names)).code == CODES[worst]  # several files
    assert run("check", f"{'-'.join(names)}.py").code == CODES[worst]  # several networks of one file


@pytest.mark.usefixtures("engine")
def test_one_result_is_a_check_and_several_are_a_report(run: Any) -> None:
    """One result is a check and several are a report."""
    one = json.loads(run("check", "pass.py", "--format", "json").out)
    assert (one["schema"], one["verdict"]) == ("gradcheck/check@1", "pass")
    several = json.loads(run("check", "pass.py", "fail-pass.py", "--format", "json").out)
    assert several["schema"] == "gradcheck/report@1"
    assert [result["verdict"] for result in several["results"]] == ["pass", "fail", "pass"]


@pytest.mark.usefixtures("engine")
def test_an_unloadable_file_is_an_invalid_result_beside_the_others(run: Any) -> None:
    """An unloadable file is an invalid result beside the others."""
    outcome = run("check", "unloadable.py", "pass.py", "--format", "json")
    results = json.loads(outcome.out)["results"]
    assert outcome.code == 2
    assert [(result["verdict"], result["file"]) for result in results] == [
        ("invalid", "unloadable.py"),
        ("pass", "pass.py"),
    ]
    assert results[0]["reason"].startswith("unloadable.py is empty")


@pytest.mark.usefixtures("engine")
def test_an_unloadable_file_reads_well(run: Any, tmp_path: Path) -> None:
    """An unloadable file reads well."""
    path = tmp_path / "unloadable.py"
    path.touch()
    lines = run("check", str(path), "-q").out.splitlines()
    assert lines == [f"INVALID  {path}  unloadable.py is empty"]


def test_a_mistyped_file_is_recognised(run: Any, tmp_path: Path) -> None:
    """A mistyped file is recognised."""
    (tmp_path / "network.py").touch()
    outcome = run("check", str(tmp_path / "netwrok.py"), "-q")
    assert outcome.code == 2
    assert f"Did you mean '{tmp_path / 'network.py'}'?" in outcome.out


def test_options_reach_the_engine(run: Any, engine: Any, tmp_path: Path) -> None:
    """Options reach the engine."""
    adapter = tmp_path / "adapter.py"
    adapter.touch()
    run("check", "pass.py", "--adapter", str(adapter), "--seed", "7", "--rtol", "1e-5", "--atol", "0.1",
        "--oracle", "complex-step", "--order-test", "--time-limit", "3")  # fmt: skip
    (call,) = engine
    config = call.pop("config")
    assert call == {"path": Path("pass.py"), "adapter": adapter, "rng": 7, "rtol": 1e-5, "atol": 0.1, "time_limit": 3.0,
                    "isolation": None}  # fmt: skip
    assert (config.oracle, config.order_test) == ("complex-step", True)


def test_defaults_are_the_engines(run: Any, engine: Any) -> None:
    """What is not typed is not said: the engine's own defaults stand."""
    from gradcheck import CheckConfig

    run("check", "pass.py")
    (call,) = engine
    said = {name: value for name, value in call.items() if value is not None}
    assert said == {"path": Path("pass.py"), "rng": 0, "config": CheckConfig()}


@pytest.mark.usefixtures("engine")
def test_the_seed_is_in_the_result(run: Any) -> None:
    """The seed is in the result."""
    assert json.loads(run("check", "pass.py", "--seed", "7", "--format", "json").out)["seed"] == 7


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("pass.py", "--seed", "-1"),
        ("pass.py", "--oracle", "guess"),
        ("pass.py", "--format", "xml"),
        ("pass.py", "--rtol", "-1"),
        ("pass.py", "--time-limit", "0"),
        ("pass.py", "--adapter", "nosuch.py"),
        ("pass.py", "--nosuch"),
    ],
    ids=lambda arguments: " ".join(arguments) or "no path",
)
def test_usage_errors_are_told_on_stderr(run: Any, engine: Any, arguments: tuple[str, ...]) -> None:
    """Usage errors are told on standard error."""
    outcome = run("check", *arguments)
    assert outcome.code == 2
    assert outcome.out == ""
    assert "Error:" in outcome.err
    assert engine == []


@pytest.mark.usefixtures("engine")
def test_quiet_is_one_line_a_result(run: Any) -> None:
    """Quiet is one line a result."""
    assert run("check", "pass.py", "fail.py", "-q").out.splitlines() == [
        "PASS  pass.py  because of PASS",
        "FAIL  fail.py  because of FAIL",
    ]


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("width", [40, 60, 80, 300])
def test_the_width_of_the_terminal_is_kept_up_to_what_reads_well(
    run: Any, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    """The width of the terminal is kept up to what reads well."""
    monkeypatch.setenv("COLUMNS", str(width))
    out = run("check", "fail-pass.py").out
    assert max(map(len, out.splitlines())) <= min(width, 110)


@pytest.mark.usefixtures("engine")
def test_nothing_is_said_on_stderr_when_it_is_no_terminal(run: Any) -> None:
    """Nothing is said on standard error when it is no terminal."""
    assert run("check", "pass.py").err == ""
