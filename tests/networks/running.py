"""Runs of the checker over the shared problems, counted."""

from __future__ import annotations

import dataclasses
import itertools
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gradcheck import CheckConfig, CheckReport, Problem, check
from networks.cases import RightCase
from networks.network import Parts

__all__ = ["Calls", "Tally", "counted", "described", "many_blocks", "run_case", "tally"]


def run_case(case: RightCase, **options: Any) -> CheckReport:
    """The report on one right problem; ``options`` are those of ``CheckConfig``."""
    return check(Problem(*case.make()), config=CheckConfig(**options))


class Calls:
    """How often loss and gradient have been called; out of reach of what puts a problem's state back."""

    def __init__(self) -> None:
        self._counters = {"loss": itertools.count(), "gradient": itertools.count()}

    def note(self, name: str) -> None:
        """One more call."""
        next(self._counters[name])

    def total(self, name: str) -> int:
        """The calls so far."""
        return int(repr(self._counters[name]).strip("count()"))


def counted(parts: Parts) -> tuple[Parts, Calls]:
    """The same problem, and a count of its calls."""
    calls = Calls()

    def loss(params: Any) -> Any:
        calls.note("loss")
        return parts.loss(params)

    def gradient(params: Any) -> Any:
        calls.note("gradient")
        return parts.gradient(params)

    return Parts(loss, gradient, parts.params), calls


def many_blocks(count: int, *, spread: float = 1.0, seed: int = 0) -> Parts:
    """``count`` blocks of three entries each, whose gradients' sizes span a factor of ``spread``."""
    rng = np.random.default_rng(seed)
    scales = np.geomspace(1.0, spread, count)
    points = [rng.standard_normal(3) for _ in range(count)]

    def loss(params: Any) -> Any:
        return sum(scale * np.sum(np.tanh(w) ** 2) for scale, w in zip(scales, params, strict=True))

    def gradient(params: Any) -> Any:
        return [2.0 * s * np.tanh(w) * (1.0 - np.tanh(w) ** 2) for s, w in zip(scales, params, strict=True)]

    return Parts(loss, gradient, points)


@dataclass(slots=True)
class Tally:
    """Verdicts and costs of many right problems, and what went wrong by name."""

    verdicts: Counter[str] = field(default_factory=Counter)
    by_family: dict[str, Counter[str]] = field(default_factory=dict)
    losses: list[int] = field(default_factory=list)
    gradients: list[int] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    undecided: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        """Problems checked."""
        return sum(self.verdicts.values())

    def add(self, case: RightCase, report: CheckReport) -> None:
        """Count one report."""
        name = report.verdict.name
        self.verdicts[name] += 1
        self.by_family.setdefault(case.family, Counter())[name] += 1
        self.losses.append(report.evaluations.loss)
        self.gradients.append(report.evaluations.gradient)
        if name in ("FAIL", "INVALID"):
            self.wrong.append(f"{name} {described(case)}: {report.reason}")
        elif name == "INCONCLUSIVE" and not case.may_be_undecided:
            self.undecided.append(f"{described(case)}: {report.reason}")


def tally(cases: Iterable[RightCase]) -> Iterator[Tally]:
    """Check one problem after the other; yields the running count after each."""
    counts = Tally()
    for case in cases:
        counts.add(case, run_case(case))
        yield counts


def described(case: RightCase) -> str:
    """A case as one can build it again."""
    if case.spec is None:
        return case.id
    changed = {
        f.name: getattr(case.spec, f.name)
        for f in dataclasses.fields(case.spec)
        if f.default is dataclasses.MISSING or getattr(case.spec, f.name) != f.default
    }
    return f"{case.family}: Specification({', '.join(f'{name}={value!r}' for name, value in changed.items())})"
