"""gradcheck itself, with the sources of derivatives that it chooses, and with differences alone."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.peers.peer import Peer
from benchmarks.subject import Subject
from gradcheck import CheckConfig, Problem, check

__all__ = ["PRODUCT", "PRODUCT_DIFFERENCES", "VERDICT", "VERDICT_DIFFERENCES"]


def _judge_with(config: CheckConfig) -> Callable[[Subject, int], str]:
    def judge(subject: Subject, seed: int) -> str:
        return check(Problem(*subject.parts), rng=seed, config=config).verdict.name.lower()

    return judge


def _peer(name: str, config: CheckConfig) -> Peer:
    return Peer(name=name, requires="gradcheck", judge=_judge_with(config), says_where=config.localise)


PRODUCT = _peer("gradcheck", CheckConfig())
PRODUCT_DIFFERENCES = _peer("gradcheck, differences only", CheckConfig(oracle="finite-difference"))
# The same verdicts, without the search for the wrong entries after a failure.
VERDICT = _peer("gradcheck", CheckConfig(localise=False))
VERDICT_DIFFERENCES = _peer("gradcheck, differences only", CheckConfig(oracle="finite-difference", localise=False))
