"""What is said of a training step beside its verdict: what it draws, what was not compared, sums over too much."""

from __future__ import annotations

from collections.abc import Sequence

from gradcheck.language import listed, mark, tr
from gradcheck.records import Finding, Severity
from gradcheck.submissions.steps.experiment import Experiment

__all__ = ["RANDOM_STEP", "not_compared", "scalar_findings"]

RANDOM_STEP = Finding(
    id="random-step",
    severity=Severity.INFO,
    message=mark("A step draws random numbers (a batch, a mask): loss and gradient were taken with the same draw."),
)


def not_compared(names: Sequence[str]) -> Finding:
    """Of what a step changes like parameters, but with no rate that could be told from its gradient."""
    return Finding(
        id="not-compared",
        severity=Severity.WARNING,
        message=tr(
            "Nothing is said about {names}: each step changes what is there by an amount in which no learning rate was "
            "found, so it was not compared. Write its update as `{name} -= learning_rate * gradient`, or use an "
            "adapter.",
            names=listed(names),
            name=names[0],
        ),
    )


def scalar_findings(experiment: Experiment) -> list[Finding]:
    """``np.sum`` without an axis: a bias vector that is changed by one number."""
    return [
        Finding(
            id="bias-sum-without-axis",
            severity=Severity.WARNING,
            message=tr(
                "All entries of {name} are changed by one number (line {line}: {text}). If that is a sum over units "
                "too, sum over the batch only: np.sum(delta, axis=0, keepdims=True).",
                name=name,
                line=site.line,
                text=site.text,
            ),
        )
        for name, site in experiment.scalar_updates()
        if experiment.places[name].value.ndim == 1 or 1 in experiment.places[name].value.shape
    ]
