"""The verdict on one network: checked by questions to its process, and held against what is known of its file."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gradcheck.checks import check
from gradcheck.errors import GradcheckError
from gradcheck.language import clauses, tr
from gradcheck.problem import Problem
from gradcheck.records import CheckReport, Evaluations, Finding, Severity, Verdict
from gradcheck.submissions.believing import declared_sign, is_sum_of_logarithms, is_to_be_climbed
from gradcheck.submissions.exchange.protocol import Frame, text_of
from gradcheck.submissions.exchange.remote import RemoteDriver, parse_findings
from gradcheck.submissions.exchange.session import Session, SessionError
from gradcheck.submissions.losses.losses import KEPT_DIFFERS
from gradcheck.submissions.request import Request
from gradcheck.submissions.text.ascent import (
    climbs,
    has_no_floor,
    is_negative_somewhere,
    is_never_positive,
    of_either_sign,
    with_ascent_noted,
    with_descent_noted,
)
from gradcheck.submissions.text.clipping import announce_clipping

__all__ = ["check_network", "common_ratio", "invalid"]

# Ratios of all blocks that agree to this are one constant; a smoothed loss moves each by about 1e-7.
RATIO_AGREEMENT = 1e-4


def check_network(
    session: Session, introduction: Frame, request: Request, clipped: list[int], *, sign: int | None = None
) -> CheckReport:
    """Check a network whose program stands still.

    Parameters
    ----------
    session : Session
        The program's process.
    introduction : Frame
        What the process said of the network.
    request : Request
    clipped : list of int
        Lines of the file that clip a gradient.
    sign : int, optional
        Of the gradient, -1 where it is meant to be negated; by default as the problem declares it.

    Returns
    -------
    CheckReport
        ``INVALID`` also where the process has ended over a question, or answered what makes no sense.
    """
    data = introduction.data
    options: dict[str, Any] = {name: getattr(request, name) for name in ("rng", "rtol", "atol", "config")}
    about: dict[str, Any] = {
        "file": str(request.file),
        "interface": text_of(data.get("interface")),
        "network": text_of(data.get("name")) or None,
        "loss": text_of(data.get("loss")) or None,
    }
    try:
        driver = RemoteDriver(session, introduction)
        problem = Problem.from_driver(driver, sign=declared_sign(data, request) if sign is None else sign)
        report = check(problem, **options)
        report = _with_its_direction(
            report, driver, data, request, functools.partial(_turned, driver, problem, options)
        )
    except (GradcheckError, ValueError) as error:
        if session.failure is None:
            return dataclasses.replace(invalid(request.file, str(error)), **about)
        report = None
    except SessionError:
        report = None
    except Exception as error:  # answers that make no sense are the child's, not ours
        session.abandon(f"{type(error).__name__}: {str(error)[:500]}")
        report = None
    if session.failure is not None:
        failure = session.failure
        reason = tr("the program stopped answering: {failure}", failure=failure)
        finding = Finding(id=f"stopped-{failure.status.name.lower()}", severity=Severity.ERROR, message=reason)
        return dataclasses.replace(invalid(request.file, reason), findings=(finding,), **about)
    assert report is not None
    report = _settle_no_gradient(report, text_of(data.get("no_gradient")))
    report = _settle_decay(report, own_loss=data.get("own_loss") is True)
    report = announce_clipping(_settle_batches(report), clipped)
    report = _held_against(report, text_of(data.get("held_against")))
    findings = (*report.findings, *parse_findings(data.get("findings")))
    return _settle_kept(dataclasses.replace(report, findings=findings, **about))


def _turned(driver: RemoteDriver, problem: Problem, options: Mapping[str, Any]) -> CheckReport:
    return check(Problem.from_driver(driver, sign=-problem.sign), **options)


def _with_its_direction(
    report: CheckReport,
    driver: RemoteDriver,
    data: Mapping[str, Any],
    request: Request,
    turned: Callable[[], CheckReport],
) -> CheckReport:
    """A step that climbs a likelihood is right, and one that descends it is wrong."""
    if climbs(report):
        meant = is_to_be_climbed(data, request)
        if meant or (meant is None and is_sum_of_logarithms(data, request)):
            return with_ascent_noted(turned())
        below = meant is None and is_never_positive(driver)
        if below and has_no_floor(driver):
            return with_ascent_noted(turned())
        if below or (meant is None and is_negative_somewhere(driver)):
            return of_either_sign(report, text_of(data["loss"]))
    elif report.verdict is Verdict.PASS and is_sum_of_logarithms(data, request):
        return with_descent_noted(turned(), text_of(data.get("loss")))
    return report


def common_ratio(report: CheckReport) -> float | None:
    """What every block is multiplied by, if that is one positive number."""
    ratios = [block.ratio for block in report.blocks]
    if any(ratio is None for ratio in ratios):
        return None
    found = [float(ratio) for ratio in ratios if ratio is not None]
    return found[0] if found and found[0] > 0 and np.ptp(found) <= RATIO_AGREEMENT * found[0] else None


def invalid(file: Path, reason: str) -> CheckReport:
    """The report of a file of which nothing could be checked."""
    return CheckReport(
        verdict=Verdict.INVALID,
        reason=reason,
        blocks=(),
        evaluations=Evaluations(loss=0, gradient=0),
        power={},
        file=str(file),
    )


def _held_against(report: CheckReport, against: str) -> CheckReport:
    """The reason names the loss that a verdict rests on, where that is none that the training uses."""
    if not against or report.verdict is Verdict.INVALID:
        return report
    first, line_break, rest = report.reason.partition("\n")
    reason = clauses([first.rstrip(".。"), against]) + line_break + rest
    return dataclasses.replace(report, reason=reason, against=against)


def _settle_no_gradient(report: CheckReport, why: str) -> CheckReport:
    """A step that is not meant to be a gradient of the loss that was taken is not wrong for being none."""
    if report.verdict is not Verdict.FAIL or not why:
        return report
    reason = tr("What a step applies is no gradient of the loss that was taken: {why}.", why=why)
    finding = Finding(id="no-gradient-step", severity=Severity.WARNING, message=reason)
    return dataclasses.replace(report, verdict=Verdict.INVALID, reason=reason, findings=(*report.findings, finding))


def _settle_kept(report: CheckReport) -> CheckReport:
    """A gradient that is right for one loss and off by a factor for the one that is kept passes for neither."""
    finding = report.finding(KEPT_DIFFERS)
    if report.verdict is not Verdict.PASS or finding is None:
        return report
    return dataclasses.replace(report, verdict=Verdict.INVALID, reason=finding.message)


def _settle_decay(report: CheckReport, *, own_loss: bool) -> CheckReport:
    """What the step shrinks the parameters by must be in the loss that the file itself computes."""
    if report.verdict is not Verdict.INVALID or report.finding("weight-decay") is None:
        return report
    if not own_loss:
        reason = tr(
            "The step adds a penalty's gradient (weight decay), and the loop that updates computes no loss that "
            "would say which penalty is meant. Compute the loss, penalty included, beside the update, or use an "
            "adapter."
        )
        return dataclasses.replace(report, reason=reason)
    reason = tr("the penalty in the gradient is not that of the loss: {reason}", reason=report.reason)
    return dataclasses.replace(report, verdict=Verdict.FAIL, reason=reason)


def _settle_batches(report: CheckReport) -> CheckReport:
    """Several updates in one turn of a loop: how their sum goes with one loss of the whole turn nobody knows."""
    if report.verdict is not Verdict.FAIL or report.finding("rate-dependent-step") is None:
        return report
    reason = tr(
        "One turn of the loop updates the parameters several times (batches), and the loss that was found "
        "belongs to the whole turn, so that the two cannot be compared. Compute the loss of each batch beside "
        "its update, or use an adapter."
    )
    return dataclasses.replace(report, verdict=Verdict.INVALID, reason=reason)
