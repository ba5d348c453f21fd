"""JAX's ``check_grads`` in reverse mode, of a custom VJP around the NumPy code."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.peers.peer import Peer
from benchmarks.subject import Subject

__all__ = ["JAX"]


def _judge(subject: Subject, seed: int) -> str:
    import jax
    from jax.test_util import check_grads

    jax.config.update("jax_enable_x64", True)  # noqa: FBT003 - its signature
    scalar = jax.ShapeDtypeStruct((), np.float64)
    vector = jax.ShapeDtypeStruct(subject.theta.shape, np.float64)

    @jax.custom_vjp
    def loss(theta: Any) -> Any:
        return jax.pure_callback(lambda t: np.float64(subject.loss(np.asarray(t))), scalar, theta)

    def forward(theta: Any) -> tuple[Any, Any]:
        return loss(theta), theta

    def backward(theta: Any, cotangent: Any) -> tuple[Any]:
        return (cotangent * jax.pure_callback(lambda t: subject.gradient(np.asarray(t)), vector, theta),)

    loss.defvjp(forward, backward)
    np.random.seed(seed)  # noqa: NPY002 - it draws from the global generator
    try:
        check_grads(loss, (subject.theta,), order=1, modes=["rev"])
    except AssertionError:
        return "fail"
    finally:
        jax.clear_caches()  # every subject compiles anew, and none comes again
    return "pass"


JAX = Peer(name="JAX check_grads", requires="jax", judge=_judge)
