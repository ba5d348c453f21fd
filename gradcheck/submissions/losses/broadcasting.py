"""Differences of a column and a flat array: NumPy makes a square table of them, every target from every output."""

from __future__ import annotations

import re

import numpy as np

from gradcheck.language import tr
from gradcheck.records import Finding, Severity
from gradcheck.submissions.steps.experiment import Experiment

__all__ = ["broadcast_differences"]

# Who writes this has the table in mind, as of the distances between all points.
MEANT = re.compile(r"None|newaxis|outer|reshape|expand_dims")


def broadcast_differences(experiment: Experiment) -> list[Finding]:
    """What to say of differences ``(m, 1) - (m,)`` in a step, if there are any.

    Parameters
    ----------
    experiment : Experiment
        With its parameters found.
    """
    log = experiment.observe(experiment.values())
    experiment.restore()
    found: dict[int, Finding] = {}
    for site, left, right in log.pairs:
        shapes = [np.shape(left), np.shape(right)]
        flat = min(shapes, key=len)
        place = experiment.runtime.sites[site]
        if len(flat) != 1 or flat[0] < 2 or sorted(shapes, key=len)[1] != (flat[0], 1) or MEANT.search(place.text):
            continue
        message = tr(
            "`{text}` (line {line}) takes an array of shape {flat} and one of shape {column}: NumPy makes a table of "
            "shape {table} of it, every target from every output. Give both the same shape: y.reshape(-1, 1).",
            text=place.text,
            line=place.line,
            flat=flat,
            column=(flat[0], 1),
            table=(flat[0], flat[0]),
        )
        found.setdefault(place.line, Finding(id="target-broadcast", severity=Severity.WARNING, message=message))
    return list(found.values())[:1]
