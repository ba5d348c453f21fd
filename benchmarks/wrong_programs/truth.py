"""What is true of a program of the corpus: its bugs, which names are accepted for them, and how each is proved."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

__all__ = ["ACCEPTED", "PROOFS", "Bug", "Half", "Program", "Proof", "proof_of"]


class Half(Enum):
    """The two halves of the corpus: who improves the tool looks at failures of the first only."""

    TUNE = "tune"
    REPORT = "report"


class Proof(Enum):
    """How it is shown, without the tool, that a bug is there."""

    GRADIENT = "the claimed gradient differs from central differences of the program's own loss"
    RAISES = "the gradient raises an exception, has another shape than its parameter, or none"
    MUTATES = "the caller's arrays change"
    RANDOM = "two evaluations of the loss at one point differ"
    ACCUMULATES = "a second call of the gradient at one point differs from the first"
    INTEGER = "a parameter is an integer array"
    PRECISION = "a parameter or gradient has fewer bits than float64"
    OVERFLOW = "the loss is not finite with large weights, where the right program's is"
    EPSILON = "the loss is not the right program's, and far from saturation the gradient agrees"
    CLIPS = "the gradient is not the loss's own: it is clipped"
    FLAT = "the loss has steps: its own derivative is not the one claimed"
    TRAINING = "the gradient agrees with central differences, and training ends far above the right program"


# Bugs of the catalogue that show otherwise than by a wrong gradient with a number.
PROOFS: Mapping[str, Proof] = {
    "gradient-accumulated": Proof.ACCUMULATES,
    "input-mutated": Proof.MUTATES,
    "nondeterministic": Proof.RANDOM,
    "integer-dtype": Proof.INTEGER,
    "low-precision": Proof.PRECISION,
    "shape-mismatch": Proof.RAISES,
    "crash": Proof.RAISES,
    "softmax-overflow": Proof.OVERFLOW,
    "loss-epsilon": Proof.EPSILON,
    "learning-rate-too-large": Proof.TRAINING,
    "saturated-initialisation": Proof.TRAINING,
    "symmetric-initialisation": Proof.TRAINING,
    "target-out-of-range": Proof.TRAINING,
    "no-bias": Proof.TRAINING,
    "not-differentiable-loss": Proof.FLAT,
    "gradient-clipping": Proof.CLIPS,
}

# Verdicts that are right for a program with this bug alone. A wrong gradient is a fail; what is beside it, a pass.
VERDICTS: Mapping[Proof, tuple[str, ...]] = {
    Proof.GRADIENT: ("fail",),
    Proof.RAISES: ("fail",),
    Proof.MUTATES: ("pass", "fail"),
    Proof.RANDOM: ("invalid",),
    Proof.ACCUMULATES: ("fail",),
    Proof.INTEGER: ("invalid", "fail"),
    Proof.PRECISION: ("pass", "inconclusive", "fail"),
    Proof.OVERFLOW: ("pass", "fail"),
    Proof.EPSILON: ("pass",),
    Proof.CLIPS: ("fail",),
    Proof.FLAT: ("fail", "invalid", "inconclusive"),
    Proof.TRAINING: ("pass",),
}

# Names that the catalogue accepts for each other, from outside or because they overlap.
ACCEPTED: Mapping[str, tuple[str, ...]] = {
    "double-mean": ("mean-instead-of-sum",),
    "mean-instead-of-sum": ("double-mean",),
    "missing-output-derivative": ("loss-gradient-mismatch",),
    "extra-output-derivative": ("loss-gradient-mismatch",),
    "loss-gradient-mismatch": ("missing-output-derivative", "extra-output-derivative"),
    "sign-flip-below": ("wrong-derivative-formula",),
    "wrong-derivative-formula": ("sign-flip-below",),
    "input-mutated": ("wrong-layer-activation",),
    "relu-mask-always-on": ("missing-hidden-derivative",),
    "bias-not-summed": ("shape-mismatch",),
}


def proof_of(bug: str) -> Proof:
    """How a bug is proved."""
    return PROOFS.get(bug, Proof.GRADIENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bug:
    """One bug of a program: its id, other ids that count as right, its lines (from 1), and other lines that count."""

    id: str
    key: str
    accepted: tuple[str, ...]
    lines: tuple[int, ...]
    also: tuple[int, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """All ids under which it may be reported."""
        return frozenset({self.id, *self.accepted, *ACCEPTED.get(self.id, ())})


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One program of the corpus; ``right`` is its text without its bugs, the text itself where it has none."""

    name: str
    style: str
    text: str
    right: str
    probe: str
    steps: int | None
    bugs: tuple[Bug, ...] = ()
    handwritten: bool = False
    singles: tuple[str, ...] = ()  # the program with one of its bugs each, where it has several

    @property
    def half(self) -> Half:
        """Which half it belongs to, by its name alone."""
        return list(Half)[hashlib.sha256(self.name.encode()).digest()[0] % 2]

    @property
    def verdicts(self) -> tuple[str, ...]:
        """Verdicts that are right for it; those of its gravest bug."""
        if not self.bugs:
            return ("pass",)
        proofs = {proof_of(bug.id) for bug in self.bugs}
        grave = (Proof.RANDOM, Proof.INTEGER, Proof.FLAT, Proof.RAISES, Proof.GRADIENT, Proof.ACCUMULATES, Proof.CLIPS)
        return next((VERDICTS[proof] for proof in grave if proof in proofs), VERDICTS[next(iter(proofs))])

    @property
    def wrong_gradient(self) -> bool:
        """Whether a verified patch is expected: its gradient is wrong, with a number."""
        return any(proof_of(bug.id) in {Proof.GRADIENT, Proof.ACCUMULATES, Proof.RAISES} for bug in self.bugs)

    def to_dict(self, *, blocks: Sequence[str] = ()) -> dict[str, Any]:
        """The truth, as it is written beside the program."""
        return {
            "name": self.name,
            "style": self.style,
            "half": self.half.value,
            "handwritten": self.handwritten,
            "verdicts": list(self.verdicts),
            "wrong_blocks": list(blocks),
            "bugs": [
                {
                    "bug": bug.id,
                    "accepted": sorted(bug.names - {bug.id}),
                    "lines": list(bug.lines),
                    "also": list(bug.also),
                    "proof": proof_of(bug.id).value,
                }
                for bug in self.bugs
            ],
            "right": self.right,
        }
