"""gradcheck tells whether hand-written back-propagation is right, block by block, with an error bound.

>>> import numpy as np
>>> import gradcheck
>>> loss = lambda w: float(np.sum(np.sin(w)))
>>> gradient = lambda w: np.cos(w)
>>> gradcheck.check(gradcheck.Problem(loss, gradient, np.array([0.1, 0.2]))).verdict.name
'PASS'
"""

from __future__ import annotations

import importlib
import random
from typing import TYPE_CHECKING, Any

from gradcheck import records
from gradcheck._version import __version__
from gradcheck.errors import GradcheckError, GradientMismatchError, InvalidArgumentError, SubmissionError
from gradcheck.records import (
    BlockReport,
    CheckReport,
    Entry,
    Evaluations,
    Finding,
    OrderTest,
    Pattern,
    Probe,
    ReportSet,
    Severity,
    Verdict,
)

if TYPE_CHECKING:
    from gradcheck.checks import CheckConfig, assert_gradients, check
    from gradcheck.diagnosis import diagnose  # type: ignore[attr-defined,unused-ignore]
    from gradcheck.grading.grade import GradedClass, People, grade
    from gradcheck.integrations import strategies as strategies
    from gradcheck.problem import Problem, ref
    from gradcheck.submissions import check_file, diagnose_file, repair_file

__all__ = [
    "BlockReport",
    "CheckConfig",
    "CheckReport",
    "Entry",
    "Evaluations",
    "Finding",
    "GradcheckError",
    "GradedClass",
    "GradientMismatchError",
    "InvalidArgumentError",
    "OrderTest",
    "Pattern",
    "People",
    "Probe",
    "Problem",
    "ReportSet",
    "Severity",
    "SubmissionError",
    "Verdict",
    "__version__",
    "assert_gradients",
    "check",
    "check_file",
    "diagnose",
    "diagnose_file",
    "grade",
    "ref",
    "repair_file",
]


def _render_text(report: Any) -> str:
    state = random.getstate()
    try:
        from gradcheck.reports.terminal import render_text
    finally:
        random.setstate(state)  # Rich draws a number when it is imported

    return render_text(report)


def _render_html(report: Any) -> str:
    if isinstance(report, (CheckReport, ReportSet)):
        from gradcheck.reports.html import render_html

        return render_html(report)
    from gradcheck.reports.html_runs import render_run

    return render_run(report)


records.RENDERERS.update(text=_render_text, html=_render_html)


# Imported when it is first used: NumPy above all, which a test runner that finds the plugin need not load for it.
_LAZY = {
    "CheckConfig": "gradcheck.checks",
    "GradedClass": "gradcheck.grading.grade",
    "People": "gradcheck.grading.grade",
    "Problem": "gradcheck.problem",
    "assert_gradients": "gradcheck.checks",
    "check": "gradcheck.checks",
    "check_file": "gradcheck.submissions",
    "diagnose": "gradcheck.diagnosis",
    "diagnose_file": "gradcheck.submissions",
    "grade": "gradcheck.grading.grade",
    "ref": "gradcheck.problem",
    "repair_file": "gradcheck.submissions",
}


def __getattr__(name: str) -> Any:
    if name == "strategies":  # loads Hypothesis: not among the names that a star imports
        return importlib.import_module("gradcheck.integrations.strategies")
    if name in {"load_ipython_extension", "unload_ipython_extension"}:  # asked for by ``%load_ext gradcheck``
        return getattr(importlib.import_module("gradcheck.integrations.notebook.magic"), name)
    if name in _LAZY:
        return getattr(importlib.import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'gradcheck' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
