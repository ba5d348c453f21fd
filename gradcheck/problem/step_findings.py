"""What training steps have shown, in the words that a reader gets."""

from __future__ import annotations

from gradcheck.language import listed, tr
from gradcheck.records import Finding, Severity

__all__ = [
    "FIXED_RATE",
    "accumulated",
    "adaptive_step",
    "fixed_rate",
    "rate_dependent",
    "schedule",
    "stateful",
    "updated_weights",
    "weight_decay",
]


FIXED_RATE = "fixed-rate"


def fixed_rate(rate: float) -> Finding:
    """The step has a rate that cannot be varied."""
    return Finding(
        id=FIXED_RATE,
        severity=Severity.INFO,
        message=tr(
            "step() has a rate of its own that could not be varied: its gradient was read off one step at {rate:g}, as "
            "if that were one update from the parameters at its beginning.",
            rate=rate,
        ),
    )


def updated_weights(unsteady: list[str], steady: list[str]) -> Finding:
    """Some blocks' steps depend on the rate, others' do not."""
    return Finding(
        id="updated-weights-used",
        severity=Severity.WARNING,
        message=tr(
            "The step of {unsteady} is not proportional to the learning rate, that of {steady} is: part of the "
            "backward pass reads parameters that were already updated. Compute every gradient first, then update.",
            unsteady=listed(unsteady),
            steady=listed(steady),
        ),
    )


def rate_dependent() -> Finding:
    """All blocks' steps depend on the rate."""
    return Finding(
        id="rate-dependent-step",
        severity=Severity.INFO,
        message=tr(
            "What a step does is not proportional to the learning rate in any block, as in a loop over "
            "samples that updates after each: the gradient was read off in the limit of a small rate."
        ),
    )


def schedule() -> Finding:
    """Later steps are the first one times a constant."""
    return Finding(
        id="rate-schedule",
        severity=Severity.INFO,
        message=tr(
            "A second step is the first one times a constant: the learning rate changes from step to step. "
            "Every gradient was read off a first step."
        ),
    )


def accumulated() -> Finding:
    """Later steps add the first one again."""
    return Finding(
        id="gradient-accumulated",
        severity=Severity.ERROR,
        message=tr(
            "A second step from the same parameters adds the gradient of the first one again: the gradient is "
            "accumulated across calls and never reset. Set it to zero at the start of the backward pass."
        ),
    )


def stateful() -> Finding:
    """Later steps are something else."""
    return Finding(
        id="stateful-step",
        severity=Severity.ERROR,
        message=tr(
            "What a step does depends on more than parameters and rate: it keeps state (momentum, an adaptive "
            "rate) or draws random samples, so that the gradient cannot be read off it. Check the gradient itself, or "
            "pass a step of plain gradient descent."
        ),
    )


def adaptive_step() -> Finding:
    """All entries move alike."""
    return Finding(
        id="adaptive-step",
        severity=Severity.ERROR,
        message=tr(
            "Every parameter moves by the same amount whatever its gradient, as in Adam, RMSprop or "
            "sign descent: the gradient cannot be read off such a step. Check the gradient itself, or pass a "
            "step of plain gradient descent."
        ),
    )


def weight_decay(part: float, *, per_rate: bool = False) -> Finding:
    """The step shrinks the parameters by this part (dimensionless, or per unit of the learning rate)."""
    if per_rate:
        message = tr(
            "The step shrinks parameters by the learning rate times {part:.6g} of themselves beside the gradient "
            "(weight decay), which the loss does not contain. Add the penalty to the loss, or pass a step without "
            "decay.",
            part=part,
        )
    else:
        message = tr(
            "The step shrinks parameters by {part:.6g} of themselves beside the gradient (weight decay), which the "
            "loss does not contain. Add the penalty to the loss, or pass a step without decay.",
            part=part,
        )
    return Finding(id="weight-decay", severity=Severity.ERROR, message=message)
