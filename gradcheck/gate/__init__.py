"""A gate for continuous integration: which files are looked at, what in them is new, and what that comes to."""

from gradcheck.gate.baseline import Baseline, BaselineEntry, compared, read_baseline, renewed, write_baseline
from gradcheck.gate.changes import Selection, changed_since, sources_of
from gradcheck.gate.failures import RULES, failures_of, outcome_of
from gradcheck.gate.looking import Engine, look
from gradcheck.gate.outcome import Failure, Outcome, Skipped, Standing
from gradcheck.gate.places import root_of

__all__ = [
    "RULES",
    "Baseline",
    "BaselineEntry",
    "Engine",
    "Failure",
    "Outcome",
    "Selection",
    "Skipped",
    "Standing",
    "changed_since",
    "compared",
    "failures_of",
    "look",
    "outcome_of",
    "read_baseline",
    "renewed",
    "root_of",
    "sources_of",
    "write_baseline",
]
