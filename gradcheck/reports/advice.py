"""How to go on after a verdict, in sentences."""

from __future__ import annotations

import shlex

from gradcheck.language import mark, tr, trn
from gradcheck.records import BlockReport, CheckReport, Verdict
from gradcheck.reports import numbers
from gradcheck.reports.unicode import printable

__all__ = ["advice"]

# Widest first: a longer type computes at least as well.
PRECISE = ("float64", "longdouble", "float96", "float128")


def advice(report: CheckReport) -> list[str]:
    """How to go on after this verdict."""
    steps = {
        Verdict.PASS: _after_pass,
        Verdict.FAIL: _after_fail,
        Verdict.INCONCLUSIVE: _after_inconclusive,
        Verdict.INVALID: _after_invalid,
    }[report.verdict](report)
    return [printable(step) for step in steps]


def _after_pass(report: CheckReport) -> list[str]:
    learning = tr(
        "The gradient is right where it was looked at. If the network does not learn, look at the learning rate, "
        "the initial weights and the data."
    )
    steps = [learning]
    if report.blind_spots:
        steps.append(
            tr(
                "To see the bugs named above as well, check at a point with a batch of several samples, "
                "several outputs, layers of different sizes and weights of size one."
            )
        )
    return steps


def _after_fail(report: CheckReport) -> list[str]:
    wrong = [block for block in report.blocks if block.verdict is Verdict.FAIL]
    if not wrong:
        return [tr("Repair what the findings name, then check again."), *_named(report)]
    last = wrong[-1].name
    if len(wrong) == 1:
        steps = [tr("Only {block} is wrong: look at the line that computes its gradient first.", block=last)]
    else:
        told = tr(
            "Begin with {block}, the last wrong block of the list: on the way back an error spreads to all the layers "
            "before it.",
            block=last,
        )
        steps = [told]
    steps += _same_ratio(wrong)
    return [*steps, *_named(report), *_again(report)]


def _same_ratio(wrong: list[BlockReport]) -> list[str]:
    ratios = {numbers.ratio(block.ratio) for block in wrong}
    if len(ratios) != 1 or wrong[0].ratio is None:
        return []
    told = trn(
        "It is {ratio} times the true gradient: look for one factor, such as a sign, a 2, or a division by the batch "
        "size.",
        "All wrong blocks are {ratio} times the true gradient: look for one factor, such as a sign, a 2, or a division "
        "by the batch size.",
        len(wrong),
        ratio=ratios.pop(),
    )
    return [told]


def _after_inconclusive(report: CheckReport) -> list[str]:
    steps = [tr("Compute in float64.")] if report.dtype not in PRECISE else []
    typed = bool(report.file) and not _again_of_test(report)  # a command that takes options has checked it
    if report.oracle == "finite-difference":
        told = mark("Try --oracle complex-step or --oracle autodiff, which have no round-off from differences.")
        if not typed:
            told = mark(
                'Try config=gradcheck.CheckConfig(oracle="complex-step"), or "autodiff", which have no round-off from '
                "differences."
            )
        steps.append(tr(told))
    elsewhere = mark("Try another --seed, or move the parameters away from saturation and from kinks.")
    if not typed:
        elsewhere = mark("Try another seed, or move the parameters away from saturation and from kinks.")
    return [*steps, tr(elsewhere)]


def _after_invalid(report: CheckReport) -> list[str]:
    return [*_again(report)] if report.blocks or report.findings else []


def _named(report: CheckReport) -> list[str]:
    if not report.file or _again_of_test(report):
        return []
    return [tr("Have the mistake named: {command}", command=f"gradcheck diagnose {shlex.quote(report.file)}")]


def _again(report: CheckReport) -> list[str]:
    if not report.file:
        return []
    seed = f" --seed {report.seed}" if report.seed else ""
    command = _again_of_test(report) or f"gradcheck check {shlex.quote(report.file)}{seed}"
    return [tr("Check again: {command}", command=command)]


def _again_of_test(report: CheckReport) -> str:
    """What repeats the check of a problem that a test has built; empty where it was no test."""
    return str(report.details.get("again", ""))
