"""Clipping of gradients that a submission's text shows: announced when it is idle, and named when it is at work."""

from __future__ import annotations

import ast
import dataclasses
import re

from gradcheck.language import tr
from gradcheck.records import CheckReport, Finding, Severity, Verdict
from gradcheck.submissions.text.updates import last_name

__all__ = ["announce_clipping", "clipped_gradients"]

IDENTIFIER = "gradient-clipping"
CLIP = re.compile(r"clip|clamp", re.IGNORECASE)
GRADIENT = re.compile(r"^(d_?[A-Z]|d_?[wbv]\d*$|d_?weight|d_?bias|g$|g_?[wb]\d*$|nabla)|grad|梯度|(^|_)g[wb]\d*$")


def clipped_gradients(tree: ast.AST) -> list[int]:
    r"""Lines that clip something named like a gradient.

    Examples
    --------
    >>> clipped_gradients(ast.parse("p = np.clip(p, 0, 1)\ndW = np.clip(dW, -1, 1)"))
    [2]
    """
    lines = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and CLIP.search(last_name(node.func)):
            subject = node.args[0] if node.args else None
            if isinstance(node.func, ast.Attribute) and not _is_module(node.func.value):
                subject = node.func.value if node.func.attr == "clip" else subject
            if subject is not None and GRADIENT.search(_name(subject)):
                lines.append(node.lineno)
    return sorted(set(lines))


def announce_clipping(report: CheckReport, lines: list[int]) -> CheckReport:
    """The report with a finding; steps of one size whatever the gradient are clipped ones, where the text clips."""
    if not lines or report.finding(IDENTIFIER) is not None:
        return report
    where = f"line {lines[0]}"
    if report.verdict is Verdict.INVALID and report.finding("adaptive-step") is not None:
        message = tr(
            "The gradient is clipped ({where}), everywhere, so it is not the derivative of the loss here. Check "
            "it without the clipping.",
            where=where,
        )
        finding = Finding(id=IDENTIFIER, severity=Severity.ERROR, message=message)
        others = tuple(found for found in report.findings if found.id != "adaptive-step")
        return dataclasses.replace(report, verdict=Verdict.FAIL, reason=message, findings=(finding, *others))
    if report.verdict is not Verdict.PASS:
        return report
    message = tr("The gradient is clipped ({where}); that changed nothing where it was checked.", where=where)
    finding = Finding(id=IDENTIFIER, severity=Severity.INFO, message=message)
    return dataclasses.replace(report, findings=(*report.findings, finding))


def _is_module(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id in ("np", "numpy", "torch", "self")


def _name(node: ast.AST) -> str:
    """``dW`` of ``dW``, of ``self.dW``, of ``grads["W1"]`` the ``grads``."""
    while isinstance(node, ast.Subscript):
        node = node.value
    return last_name(node)
