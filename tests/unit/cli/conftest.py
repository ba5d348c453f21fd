"""The command line in this process: arguments in, exit code and both streams out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from gradcheck.cli import main
from gradcheck.records import BlockReport, CheckReport, Evaluations, Verdict


@dataclass(frozen=True)
class Outcome:
    """What a run of the command line left."""

    code: int
    out: str
    err: str


Run = Callable[..., Outcome]


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No colours, widths or debugging from the machine that runs the tests."""
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "GRADCHECK_DEBUG"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command line."""

    def call(*arguments: str) -> Outcome:
        code = main(list(arguments))
        streams = capsys.readouterr()
        return Outcome(code, streams.out, streams.err)

    return call


@pytest.fixture
def report() -> Callable[..., CheckReport]:
    """A report of one block with any verdict."""

    def build(verdict: Verdict, **more: Any) -> CheckReport:
        return CheckReport(
            verdict=verdict,
            reason=f"because of {verdict.name}",
            blocks=(BlockReport(name="W", shape=(2,), verdict=verdict),),
            evaluations=Evaluations(loss=2, gradient=1),
            power={"W": 5e-5},
            **more,
        )

    return build


@pytest.fixture
def variant() -> Callable[..., Any]:
    """A reference network: squares of weights, with a gradient that is `factor` times the right one."""

    def build(*, factor: float = 1.0, verdict: str = "pass", ratio: float | None = 1.0, name: str = "000-x") -> Any:
        def problem(*, batch: int = 3, seed: int = 0) -> Any:
            params = {"w": np.random.default_rng(seed).standard_normal(batch) + 2.0}
            return SimpleNamespace(
                loss=lambda p: float(np.sum(p["w"] ** 2)),
                gradient=lambda p: {"w": factor * 2.0 * p["w"]},
                params=params,
                sizes={"batch": batch},
            )

        return SimpleNamespace(
            id=name,
            document="000",
            form="published",
            title="Squares",
            network="none",
            source="nowhere",
            note="",
            build=problem,
            expected_verdict=verdict,
            expected_ratio=None if ratio is None else (lambda _: {"w": ratio}),
            expected_bugs=(),
            expected_findings=(),
        )

    return build


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Put a catalogue in the place of the installed one."""

    def replace(**kinds: Any) -> None:
        empty = {"variants": (), "claims": (), "figures": (), "trainings": ()}
        catalogue = SimpleNamespace(**{**empty, **kinds})
        for module in ("listing", "verify", "train", "claims", "plot"):
            monkeypatch.setattr(f"gradcheck.cli.references.{module}.load_catalogue", lambda: catalogue)

    return replace
