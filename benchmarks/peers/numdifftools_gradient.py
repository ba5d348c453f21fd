"""numdifftools' adaptive gradient, entry by entry, held against the claimed one with ``numpy.allclose``."""

from __future__ import annotations

import numpy as np

from benchmarks.peers.peer import Peer
from benchmarks.subject import Subject

__all__ = ["NUMDIFFTOOLS"]


def _judge(subject: Subject, _: int) -> str:
    from numdifftools import Gradient

    numeric = Gradient(subject.loss)(subject.theta)
    return "pass" if np.allclose(numeric, subject.gradient(subject.theta)) else "fail"


NUMDIFFTOOLS = Peer(
    name="numdifftools Gradient", requires="numdifftools", judge=_judge, losses_each=30.0, says_where=True
)
