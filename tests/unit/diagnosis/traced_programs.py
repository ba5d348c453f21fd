"""A program of a few lines as text, run at some points: its forward pass, its trace and both gradients."""

from __future__ import annotations

import linecache
import textwrap
from typing import Any

import numpy as np

from gradcheck import Problem
from gradcheck.diagnosis.adjoints.adjoint_trace import AdjointTrace, TracedPoint, trace_adjoints
from gradcheck.diagnosis.adjoints.forward_names import with_names
from gradcheck.diagnosis.forward.reading import read_network
from gradcheck.diagnosis.programs.program import UnavailableError
from gradcheck.diagnosis.programs.tracing import recording
from gradcheck.oracles.autodiff.recording import record_forward
from gradcheck.problem.driver import OracleUnavailableError

M, N, H, H2, K = 5, 3, 4, 6, 2
SHAPES = {"W1": (N, H), "b1": (H,), "W2": (H, H2), "b2": (H2,), "W3": (H2, K), "b3": (K,)}
RECURRENT = """
def run(p):
    hs = [np.zeros((1, 4))]
    for t in range(m):
        hs.append(np.tanh(X[t:t + 1] @ p['W1'] + hs[-1] @ p['U'] + p['b1']))
    return hs

def loss(p):
    return sum(0.5 * np.sum((h @ p['W2'] - y) ** 2) for h, y in zip(run(p)[1:], Y))

def gradient(p):
    hs = run(p)
    grads = {name: np.zeros(value.shape) for name, value in p.items()}
    back = np.zeros((1, 4))
    for t in reversed(range(m)):
        error = hs[t + 1] @ p['W2'] - Y[t]
        grads['W2'] += hs[t + 1].T @ error
        sent = error @ p['W2'].T + back
        local = sent * (1 - hs[t + 1] ** 2)
        grads['W1'] += X[t:t + 1].T @ local
        grads['U'] += hs[t].T @ local
        grads['b1'] += local[0]
        back = local @ p['U'].T
    return grads
"""
RECURRENT_SHAPES = {"W1": (3, 4), "U": (4, 4), "b1": (4,), "W2": (4, 2)}
COLUMN_SHAPES = {"W1": (H, N), "b1": (H, 1), "W2": (H2, H), "b2": (H2, 1), "W3": (K, H2), "b3": (K, 1)}


class TracedProgram:
    """``loss(p)`` and ``gradient(p)`` of a text."""

    def __init__(self, text: str, shapes: dict[str, tuple[int, ...]] | None = None, **given: Any) -> None:
        self.text = textwrap.dedent(text).lstrip("\n")
        self.name = f"<program {abs(hash(self.text))}>"
        linecache.cache[self.name] = (len(self.text), None, self.text.splitlines(keepends=True), self.name)
        rng = np.random.default_rng(3)
        self.space: dict[str, Any] = {
            "np": np,
            "X": rng.standard_normal((M, N)),
            "Y": (rng.random((M, K)) > 0.5) * 1.0,
            "m": M,
            "__name__": "program",
            **given,
        }
        exec(compile(self.text, self.name, "exec"), self.space)
        self.shapes = SHAPES if shapes is None else shapes
        self.problem = Problem(self.space["loss"], self.space["gradient"], self._draw(0))

    def _draw(self, seed: int) -> dict[str, Any]:
        rng = np.random.default_rng(100 + seed)
        return {name: rng.standard_normal(shape) for name, shape in self.shapes.items()}

    def line(self, part: str) -> int:
        """The number of the only line that holds a text."""
        (found,) = [number for number, line in enumerate(self.text.split("\n"), 1) if part in line]
        return found

    def point(self, seed: int = 0, *, differentiable: bool = True) -> TracedPoint:
        """The program at a random point."""
        driver = self.problem.driver
        values = list(self._draw(seed).values())
        names = [block.name for block in driver.blocks]
        with recording({self.name: self.text}) as recorder:
            claimed = driver.gradient([value.copy() for value in values])
        trace = recorder.trace()
        forward = record_forward(driver, values)
        network = None
        true = {
            name: value.adjoint if value.adjoint is not None else np.zeros(value.value.shape)
            for name, value in zip(names, forward.values, strict=False)
        }
        if differentiable:
            try:
                network = with_names(read_network(forward, driver.blocks), [trace], forward)
            except (UnavailableError, OracleUnavailableError):
                network = None
        pairs = zip(names, claimed, strict=True)
        return TracedPoint(
            trace=trace,
            true=true,
            claimed={name: np.asarray(claim, dtype=float) for name, claim in pairs if claim is not None},
            forward=forward if differentiable else None,
            network=network,
        )

    def judged(self, points: int = 1, *, differentiable: bool = True) -> AdjointTrace:
        """Its adjoint trace."""
        found = [self.point(seed, differentiable=differentiable) for seed in range(points)]
        return trace_adjoints(found, self.text)
