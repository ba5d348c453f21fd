"""HIPS autograd's ``check_grads`` of a primitive with a hand-written vector-Jacobian product."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.peers.peer import Peer
from benchmarks.subject import Subject

__all__ = ["AUTOGRAD"]


def _judge(subject: Subject, seed: int) -> str:
    from autograd.extend import defvjp, primitive
    from autograd.test_util import check_grads

    @primitive
    def loss(theta: Any) -> Any:
        return subject.loss(theta)

    defvjp(loss, lambda _, theta: lambda cotangent: cotangent * subject.gradient(theta))
    np.random.seed(seed)  # noqa: NPY002 - it draws from the global generator
    try:
        check_grads(loss, modes=["rev"], order=1)(subject.theta)
    except AssertionError:
        return "fail"
    return "pass"


AUTOGRAD = Peer(name="HIPS autograd check_grads", requires="autograd", judge=_judge)
