"""SciPy's ``check_grad`` along one random direction; it returns a number, which users hold against 1e-6."""

from __future__ import annotations

import numpy as np

from benchmarks.peers.peer import Peer
from benchmarks.subject import Subject

__all__ = ["SCIPY"]


def _judge(subject: Subject, seed: int) -> str:
    from scipy.optimize import check_grad

    rng = np.random.default_rng(seed)
    error = check_grad(subject.loss, subject.gradient, subject.theta, direction="random", rng=rng)
    return "pass" if error < 1e-6 else "fail"


SCIPY = Peer(name="SciPy check_grad (random)", requires="scipy", judge=_judge)
