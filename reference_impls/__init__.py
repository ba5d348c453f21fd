"""The networks of four published texts on back-propagation, as published and corrected, with NumPy alone.

`catalogue` lists their variants (what a gradient check must say of each), claims (with the experiment that measures
each over many seeds), training runs and figures. A command line joins it by the entry point group
``gradcheck.references``.
"""

from reference_impls.records import (
    Catalogue,
    Claim,
    Figure,
    ReferenceProblem,
    Training,
    TrainingResult,
    Variant,
)
from reference_impls.registry import catalogue
from reference_impls.statistics import Judgement, judge, judgement, wilson_interval

__all__ = [
    "Catalogue",
    "Claim",
    "Figure",
    "Judgement",
    "ReferenceProblem",
    "Training",
    "TrainingResult",
    "Variant",
    "catalogue",
    "judge",
    "judgement",
    "wilson_interval",
]
