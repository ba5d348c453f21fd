"""What the catalogue lists: variants, claims, trainings and figures, as frozen records."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from reference_impls.arrays import FloatArray, Params, Progress, Report
from reference_impls.statistics import Judgement, Outcome, judgement

__all__ = [
    "Catalogue",
    "Claim",
    "ClaimRun",
    "Direction",
    "Figure",
    "FigureDict",
    "Form",
    "ProblemBuilder",
    "ReferenceProblem",
    "Sizes",
    "Training",
    "TrainingResult",
    "Variant",
]

Form: TypeAlias = Literal["published", "corrected", "variant", "bug"]
Direction: TypeAlias = Literal["at most", "at least"]
Sizes: TypeAlias = Mapping[str, int]
FigureDict: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceProblem:
    """A scalar loss of named parameter arrays, the gradient its code claims, and a point to look at.

    Attributes
    ----------
    loss : callable
        ``loss(params) -> float``, dimensionless.
    gradient : callable
        ``gradient(params) -> dict`` with the keys and shapes of `params`. It never changes its argument.
    params : dict of str to ndarray
        The point, float64.
    sizes : mapping of str to int
        ``batch``, ``features``, ``hidden`` and ``outputs``, all counts.
    inputs, targets : ndarray of shape (batch, features) and (batch, outputs)
        What the loss is of, float64.
    """

    loss: Callable[[Mapping[str, FloatArray]], float]
    gradient: Callable[[Mapping[str, FloatArray]], Params]
    params: Params
    sizes: Sizes
    inputs: FloatArray
    targets: FloatArray


class ProblemBuilder(Protocol):
    """Build a problem; the keywords that a network allows are those of its signature, all with defaults."""

    def __call__(self, **keywords: Any) -> ReferenceProblem:
        """Return the problem for `keywords` such as ``batch=7, seed=3``."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One network of one document in one form, with what a gradient check must say about it.

    Attributes
    ----------
    id : str
        Such as ``'000-published'``.
    document : str
        ``'000'`` to ``'003'``.
    form : {'published', 'corrected', 'variant', 'bug'}
        The text's own code; the code put right; a network or option that the text suggests but does not run,
        or another loss to compare with; a planted mistake.
    title, network, source, note : str
        What it is, its layers, where it stands in the text, and what to know about it.
    build : ProblemBuilder
        The family of problems.
    expected_verdict : {'pass', 'fail'}
        What a right gradient check says at the default sizes. At others a wrong constant may happen to be 1.
    expected_ratio : callable or None
        ``expected_ratio(sizes)`` maps each block to claimed gradient over true gradient (dimensionless) where
        that is one constant; None where it is not.
    expected_bugs : tuple of str
        Ids of the bug catalogue, none for a right gradient.
    expected_findings : tuple of str
        Ids of findings that are not wrong gradients.
    """

    id: str
    document: str
    form: Form
    title: str
    network: str
    source: str
    build: ProblemBuilder
    expected_verdict: Literal["pass", "fail"]
    expected_ratio: Callable[[Sizes], Mapping[str, float]] | None
    expected_bugs: tuple[str, ...] = ()
    expected_findings: tuple[str, ...] = ()
    note: str = ""


class ClaimRun(Protocol):
    """Train once for each seed, all seeds together."""

    def __call__(self, seeds: Sequence[int], progress: Progress | None = None) -> FloatArray:
        """Return the metric of each seed, shape ``(seeds,)``; `progress` receives done and total."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A statement of a document as something that can be measured over many seeds.

    Attributes
    ----------
    id, document, statement, place : str
        The statement in our words, and where the text makes it.
    metric : str
        What is measured of each seed, with its unit.
    threshold : float
        In the metric's unit.
    direction : {'at most', 'at least'}
        On which side of the threshold a seed counts as a success.
    rate_required : float
        Share of seeds, in (0, 1), that must succeed for the claim to hold.
    seeds : int
        How many seeds to run (0, 1, ..., seeds - 1).
    epochs : int
        Training steps of each run; 0 where nothing is trained.
    expectation : {'holds', 'does not hold', 'undecided'}
        What was measured before.
    run : ClaimRun
        The experiment.
    """

    id: str
    document: str
    statement: str
    place: str
    metric: str
    threshold: float
    direction: Direction
    rate_required: float
    seeds: int
    epochs: int
    expectation: Outcome
    run: ClaimRun

    def succeeded(self, values: FloatArray) -> NDArray[np.bool_]:
        """Tell which seeds met the threshold; a value that is not a number never does."""
        met = values <= self.threshold if self.direction == "at most" else values >= self.threshold
        return np.asarray(met, dtype=np.bool_)

    def judge(self, values: FloatArray, *, confidence: float = 0.95) -> Judgement:
        """Judge the claim from the metric of each seed.

        Parameters
        ----------
        values : ndarray of shape (seeds,)
            What `run` returned, in the metric's unit.
        confidence : float
            Level of the Wilson interval, in (0, 1).

        Returns
        -------
        Judgement
            Rate, interval, level and outcome.
        """
        successes = int(np.count_nonzero(self.succeeded(values)))
        return judgement(successes, len(values), self.rate_required, confidence=confidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingResult:
    """What one training run left behind.

    Attributes
    ----------
    losses : ndarray of shape (epochs,)
        The loss that the text prints, before each update, dimensionless.
    predictions, targets : ndarray of shape (batch, outputs)
        Outputs of the trained network and what they should be.
    accuracy : float or None
        Share of right classes in [0, 1]; None for regression.
    params : dict of str to ndarray
        The trained parameters.
    """

    losses: FloatArray
    predictions: FloatArray
    targets: FloatArray
    accuracy: float | None
    params: Params


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """A training run that a document performs, from its seed to its losses."""

    id: str
    document: str
    title: str
    epochs: int
    run: Callable[[int, Report | None], TrainingResult]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure that a document shows, made from a seed as a Plotly figure dictionary."""

    id: str
    document: str
    title: str
    make: Callable[[int], FigureDict]


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """Everything that this package offers to a command line or a test suite."""

    variants: tuple[Variant, ...]
    claims: tuple[Claim, ...]
    figures: tuple[Figure, ...]
    trainings: tuple[Training, ...]
