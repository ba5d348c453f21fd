"""gradcheck itself, with each source of derivatives."""

from __future__ import annotations

from benchmarks.peers.peer import Peer
from benchmarks.subject import Subject
from gradcheck import CheckConfig, Problem, check

__all__ = ["PRODUCT", "PRODUCT_DIFFERENCES"]


def _judge(subject: Subject, seed: int) -> str:
    return check(Problem(*subject.parts), rng=seed).verdict.name.lower()


def _judge_by_differences(subject: Subject, seed: int) -> str:
    config = CheckConfig(oracle="finite-difference")
    return check(Problem(*subject.parts), rng=seed, config=config).verdict.name.lower()


PRODUCT = Peer(name="gradcheck", requires="gradcheck", judge=_judge, says_where=True)
PRODUCT_DIFFERENCES = Peer(
    name="gradcheck, differences only", requires="gradcheck", judge=_judge_by_differences, says_where=True
)
