"""Whether a reference network is judged as it must be: verdict, and claimed over true gradient block by block."""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gradcheck.cli.references.catalogue import Variant
from gradcheck.records import BlockReport, CheckReport, Verdict

__all__ = ["Verification", "points_of", "verify_variant"]

# From a variant's default sizes and seed to the other point: enough to tell 1/batch from a constant.
OTHER_POINT = {"batch": 4, "hidden": 2, "seed": 1}
RATIO_TOLERANCE = 1e-5  # relative; finite differences are good to about 1e-7 here


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """One network at one point: what the check said beside what it must say."""

    variant: Variant
    keywords: Mapping[str, int]
    sizes: Mapping[str, int]
    report: CheckReport
    ratios: Mapping[str, float | None]
    expected_ratios: Mapping[str, float] | None
    deviations: tuple[str, ...]

    @property
    def as_expected(self) -> bool:
        """Whether nothing deviates."""
        return not self.deviations

    def to_dict(self) -> dict[str, Any]:
        """JSON form, one result of schema ``gradcheck/references-verify@1``."""
        return {
            "variant": self.variant.id,
            "document": self.variant.document,
            "form": self.variant.form,
            "keywords": dict(self.keywords),
            "sizes": dict(self.sizes),
            "verdict": self.report.verdict.name.lower(),
            "expected_verdict": self.variant.expected_verdict,
            "ratios": dict(self.ratios),
            "expected_ratios": None if self.expected_ratios is None else dict(self.expected_ratios),
            "as_expected": self.as_expected,
            "deviations": list(self.deviations),
            "report": self.report.to_dict(),
        }


def points_of(variant: Variant, seed: int = 0) -> list[dict[str, int]]:
    """Keywords of the two points at which a variant is checked: its defaults, and other sizes with another seed.

    Parameters
    ----------
    variant : Variant
    seed : int
        Added to the seeds of both.
    """
    defaults = {
        name: parameter.default
        for name, parameter in inspect.signature(variant.build).parameters.items()
        if name in OTHER_POINT and isinstance(parameter.default, int)
    }
    first = {"seed": defaults["seed"] + seed} if seed and "seed" in defaults else {}
    other = {name: value + OTHER_POINT[name] for name, value in defaults.items()}
    if "seed" in other:
        other["seed"] += seed
    return [first, other] if other else [first]


def verify_variant(variant: Variant, keywords: Mapping[str, int]) -> Verification:
    """Build a variant, check its gradient and compare with what is expected.

    Parameters
    ----------
    variant : Variant
    keywords : mapping of str to int
        Passed to its builder.

    Notes
    -----
    The check looks only at the points that the builders draw, which are made to show every bug. At a point of the
    check's own, outputs may leave the range in which a published loss is not clipped, and no ratio is expected there.
    """
    import gradcheck

    built = variant.build(**keywords)
    problem = gradcheck.Problem(built.loss, built.gradient, built.params)
    report = gradcheck.check(problem, config=gradcheck.CheckConfig(better_point=False))
    expected = None if variant.expected_ratio is None else variant.expected_ratio(built.sizes)
    ratios = {block.name: _ratio(block) for block in report.blocks}
    return Verification(
        variant=variant,
        keywords=dict(keywords),
        sizes=dict(built.sizes),
        report=report,
        ratios=ratios,
        expected_ratios=expected,
        deviations=tuple(_deviations(variant, report, ratios, expected)),
    )


def _ratio(block: BlockReport) -> float | None:
    """Claimed over true gradient; a block that passed has 1 to within its tolerance."""
    return 1.0 if block.ratio is None and block.verdict is Verdict.PASS else block.ratio


def _deviations(
    variant: Variant, report: CheckReport, ratios: Mapping[str, float | None], expected: Mapping[str, float] | None
) -> list[str]:
    found = report.verdict.name.lower()
    deviations = []
    if found != variant.expected_verdict:
        deviations.append(f"verdict {found.upper()}, expected {variant.expected_verdict.upper()}: {report.reason}")
    for name, value in (expected or {}).items():
        measured = ratios.get(name)
        if measured is None or not math.isclose(measured, value, rel_tol=RATIO_TOLERANCE):
            shown = "no constant ratio" if measured is None else f"ratio {measured:.8g}"
            deviations.append(f"{name}: {shown}, expected {value:.8g}")
    return deviations
