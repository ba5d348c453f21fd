"""Whole diagnoses, whatever the network: what they must not depend on, and what right code never gets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import gradcheck
from gradcheck import Problem, Verdict

# Two layers with the mean of squares, and ways to spoil their gradient.
TEXT = """
x, y = rng.standard_normal((m, n)), rng.uniform(0.1, 0.9, (m, k))
params = {
    "W1": rng.standard_normal((n, h)), "b1": rng.standard_normal(h), "W2": rng.standard_normal((h, k)),
    "b2": rng.standard_normal(k),
}

def activated(name, z):
    return {"tanh": np.tanh, "sigmoid": lambda z: 1 / (1 + np.exp(-z)), "linear": lambda z: z}[name](z)

def slope(name, a):
    return {"tanh": 1 - a**2, "sigmoid": a * (1 - a), "linear": np.ones_like(a)}[name]

def forward(p):
    a1 = activated(hidden, x @ p["W1"] + p["b1"])
    return a1, activated(output, a1 @ p["W2"] + p["b2"])

def loss(p):
    return scale * np.sum((forward(p)[1] - y) ** 2) / m

def gradient(p):
    a1, a2 = forward(p)
    d2 = 2 * scale * (a2 - y) / m * slope(output, a2)
    d1 = d2 @ p["W2"].T * (1.0 if spoil == "slope" else slope(hidden, a1))
    blocks = {"W1": x.T @ d1, "b1": d1.sum(axis=0), "W2": a1.T @ d2, "b2": d2.sum(axis=0)}
    return {name: (-1.0 if spoil == "sign" else 1.0) * blocks[name] for name in p}
"""
CODE = compile(TEXT, "<nowhere>", "exec")  # of a file that nobody can read: numbers alone tell, and no patch is tried


@dataclass(frozen=True)
class Net:
    """A network of batch, features, units and outputs."""

    sizes: tuple[int, int, int, int]
    hidden: str
    output: str
    seed: int

    def problem(self, *, scale: float = 1.0, spoil: str = "", turned: bool = False) -> Problem:
        """Loss and gradient times ``scale``; blocks the other way round where ``turned``."""
        space: dict[str, Any] = {
            **dict(zip("mnhk", self.sizes, strict=True)), "hidden": self.hidden, "output": self.output, "np": np,
            "rng": np.random.default_rng(self.seed), "scale": scale, "spoil": spoil,
        }  # fmt: skip
        exec(CODE, space)
        params = space["params"]
        return Problem(space["loss"], space["gradient"], dict(reversed(params.items())) if turned else params)


NETS = st.builds(
    Net,
    sizes=st.tuples(st.integers(3, 6), st.integers(2, 4), st.integers(3, 5), st.integers(2, 3)),
    hidden=st.sampled_from(["tanh", "sigmoid"]),
    output=st.sampled_from(["linear", "sigmoid"]),
    seed=st.integers(0, 10**6),
)
FEW = settings(max_examples=max(5, (settings.default or settings()).max_examples // 6))


def names(problem: Problem) -> list[set[str]]:
    """What each diagnosis may be."""
    found = gradcheck.diagnose(problem)
    assert found.verdict is Verdict.FAIL
    return [{bug.bug, *bug.same_as} for bug in found.diagnoses]


@FEW
@given(NETS, st.sampled_from([1e-3, 1.0, 40.0]))
def test_right_code_has_no_bug(net: Net, scale: float) -> None:
    """No false alarm."""
    found = gradcheck.diagnose(net.problem(scale=scale))
    assert (found.verdict, found.diagnoses) == (Verdict.PASS, ())


@FEW
@given(NETS, st.sampled_from([0.01, 7.0]))
def test_the_loss_s_scale_changes_no_name(net: Net, scale: float) -> None:
    """A loss and a gradient times a constant have the bugs that they had."""
    for spoil, bug in (("sign", "sign-flip"), ("slope", "missing-hidden-derivative")):
        one, other = names(net.problem(spoil=spoil)), names(net.problem(spoil=spoil, scale=scale))
        assert bug in one[0]
        assert bug in other[0]


@FEW
@given(NETS)
def test_the_order_of_blocks_changes_no_name(net: Net) -> None:
    """Parameters that are handed over in another order have the same bugs."""
    for spoil in ("sign", "slope"):
        assert names(net.problem(spoil=spoil)) == names(net.problem(spoil=spoil, turned=True))


@FEW
@given(NETS, st.integers(0, 5))
def test_a_seed_repeats_itself(net: Net, seed: int) -> None:
    """The same seed, the same document."""
    problem = net.problem(spoil="slope")
    assert gradcheck.diagnose(problem, rng=seed).to_dict() == gradcheck.diagnose(problem, rng=seed).to_dict()
