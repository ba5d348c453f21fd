"""The other reference commands, on a small catalogue and on the installed one."""

from __future__ import annotations

import builtins
import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest


def _claim(name: str, outcome: str, document: str = "000") -> Any:
    def run(seeds: Any, progress: Any) -> Any:
        progress(len(seeds), len(seeds))
        return np.asarray(seeds)

    def judge(values: Any, *, confidence: float = 0.95) -> Any:
        return SimpleNamespace(outcome=outcome, successes=1, trials=len(values), rate=0.5, lower=0.25, upper=0.75,
                               rate_required=0.9, confidence=confidence, values=list(values))  # fmt: skip

    return SimpleNamespace(
        id=name, document=document, statement="It learns.", place="at the end", metric="loss", threshold=0.1,
        direction="at most", rate_required=0.9, seeds=4, epochs=10, expectation="holds", run=run, judge=judge,
    )  # fmt: skip


def _training(epochs_free: bool = True) -> Any:
    def result(report: Any, epochs: int) -> Any:
        losses = np.linspace(1.0, 0.5, epochs)
        for epoch in range(0, epochs, 2):
            report(epoch, float(losses[epoch]))
        return SimpleNamespace(losses=losses, accuracy=0.75, predictions=np.array([[0.1], [0.9]]),
                               targets=np.array([[0.0], [1.0]]), params={})  # fmt: skip

    def free(_: int, report: Any, *, epochs: int = 4) -> Any:
        return result(report, epochs)

    def fixed(_: int, report: Any) -> Any:
        return result(report, 4)

    return SimpleNamespace(id="000-t", document="000", title="A run", epochs=4, run=free if epochs_free else fixed)


def test_references_alone_lists_the_networks(run: Any) -> None:
    """References alone lists the networks."""
    outcome = run("references")
    assert outcome.code == 0
    assert outcome.out == run("references", "list").out
    for document in ("000", "001", "002", "003"):
        assert f"{document}-published" in outcome.out


def test_quiet_list_is_ids(run: Any) -> None:
    """Quiet list is ids."""
    ids = run("references", "list", "-q").out.split()
    assert "002-published" in ids
    listed = json.loads(run("references", "list", "--format", "json").out)["variants"]
    assert [item["id"] for item in listed] == ids


def test_claims_measure_and_summarise(run: Any, install: Any) -> None:
    """Claims measure and summarise."""
    install(claims=(_claim("000-a", "holds"), _claim("001-b", "does not hold", "001")))
    outcome = run("references", "claims")
    assert outcome.code == 0  # completed, whatever the outcome
    told = " ".join(outcome.out.split())
    assert "50.0 % of 4 seeds (25.0 to 75.0 % with confidence 95 %), 10 epochs each" in told
    assert [line.split()[0] for line in outcome.out.splitlines()[-2:]] == ["000-a", "001-b"]


def test_claims_of_one_document_with_other_seeds(run: Any, install: Any) -> None:
    """Claims of one document with other seeds."""
    install(claims=(_claim("000-a", "holds"), _claim("001-b", "undecided", "001")))
    answer = json.loads(run("references", "claims", "--document", "001", "--seeds", "9", "--format", "json").out)
    (claim,) = answer["claims"]
    assert (claim["id"], claim["seeds"], claim["outcome"]) == ("001-b", 9, "undecided")
    assert run("references", "claims", "--only", "000-a", "-q").out == "holds          000-a\n"


def test_an_unknown_document_or_claim_is_a_usage_error(run: Any, install: Any) -> None:
    """An unknown document or claim is a usage error."""
    install(claims=(_claim("000-a", "holds"),))
    assert run("references", "claims", "--document", "9").code == 2
    assert run("references", "claims", "--only", "nosuch").code == 2


def test_training_prints_as_it_goes(run: Any, install: Any) -> None:
    """Training prints as it goes."""
    install(trainings=(_training(),))
    outcome = run("references", "train", "000-t")
    assert outcome.code == 0
    assert outcome.out.splitlines() == [
        "epoch 0, loss 1",
        "epoch 2, loss 0.666667",
        "final loss 0.5 after 4 epochs",
        "accuracy 75.0%",
        "output 0.1, target 0",
        "output 0.9, target 1",
    ]
    assert "final loss 0.5 after 6 epochs" in run("references", "train", "000-t", "--epochs", "6", "-q").out


def test_training_as_json(run: Any, install: Any) -> None:
    """Training as json."""
    install(trainings=(_training(),))
    answer = json.loads(run("references", "train", "000-t", "--format", "json", "--seed", "3").out)
    assert (answer["seed"], answer["epochs"], answer["accuracy"], len(answer["losses"])) == (3, 4, 0.75, 4)


def test_a_training_of_fixed_length_says_so(run: Any, install: Any) -> None:
    """A training of fixed length says so."""
    install(trainings=(_training(epochs_free=False),))
    outcome = run("references", "train", "000-t", "--epochs", "6")
    assert outcome.code == 2
    assert "fixed number of epochs" in outcome.err


def test_trainings_are_listed_and_recognised(run: Any) -> None:
    """Trainings are listed and recognised."""
    assert "002-published" in run("references", "train").out
    outcome = run("references", "train", "002-publsihed")
    assert (outcome.code, outcome.err) == (2, "Error: no training '002-publsihed'. Did you mean '002-published'?\n")


def test_a_real_training_runs(run: Any) -> None:
    """A real training runs."""
    assert "after 300 epochs" in run("references", "train", "001-predict04").out


@pytest.mark.parametrize(("output", "suffix"), [("plotly", "json"), ("png", "png")])
def test_figures_are_written_where_asked(run: Any, tmp_path: Path, output: str, suffix: str) -> None:
    """Figures are written where asked."""
    folder = tmp_path / "new" / "folder"
    outcome = run("references", "plot", "001-activations", "001-costs", "--format", output, "--out", str(folder))
    assert outcome.code == 0
    files = [folder / f"001-activations.{suffix}", folder / f"001-costs.{suffix}"]
    assert outcome.out.splitlines() == [str(file) for file in files]
    head = files[0].read_bytes()[:8]
    assert head == b"\x89PNG\r\n\x1a\n" if output == "png" else head.startswith(b"{")


def test_plotly_accepts_the_files(run: Any, tmp_path: Path) -> None:
    """Plotly accepts the files."""
    import plotly.graph_objects as go

    run("references", "plot", "001-predict04", "--out", str(tmp_path))
    figure = go.Figure(json.loads((tmp_path / "001-predict04.json").read_text(encoding="utf-8")))
    assert len(figure.data) == 2


def test_png_without_matplotlib_names_the_cure(run: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Png without matplotlib names the cure."""
    original = builtins.__import__

    def without(name: str, *arguments: Any, **keywords: Any) -> Any:
        if name.split(".", maxsplit=1)[0] == "matplotlib":
            raise ImportError(name)
        return original(name, *arguments, **keywords)

    monkeypatch.delitem(sys.modules, "matplotlib", raising=False)
    monkeypatch.setattr(builtins, "__import__", without)
    outcome = run("references", "plot", "001-costs", "--format", "png", "--out", str(tmp_path / "x"))
    assert outcome.code == 2
    assert "pip install 'gradcheck[plot]'" in outcome.err
    assert not (tmp_path / "x").exists()


def test_a_folder_that_cannot_be_made_is_a_usage_error(run: Any, tmp_path: Path) -> None:
    """A folder that cannot be made is a usage error."""
    (tmp_path / "file").touch()
    outcome = run("references", "plot", "001-costs", "--out", str(tmp_path / "file" / "below"))
    assert outcome.code == 2
    assert "--out" in outcome.err


def test_without_networks_the_cure_is_told(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without networks the cure is told."""
    monkeypatch.setattr("gradcheck.cli.references.catalogue.entry_points", lambda **_: ())
    outcome = run("references", "verify")
    assert outcome.code == 2
    assert "pip install" in outcome.err
