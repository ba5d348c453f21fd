"""Structures and live parameters that Hypothesis makes up."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from gradcheck import Problem, check
from gradcheck.problem.places import Slot, ref
from gradcheck.problem.state import StateGuard
from gradcheck.problem.structure import flatten, same_bits

ANY_FLOAT = st.floats(width=64)
ARRAYS = arrays(np.float64, array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3), elements=ANY_FLOAT)
LEAVES = st.one_of(ARRAYS, st.floats(), st.lists(st.floats(), min_size=1, max_size=3))
STRUCTURES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.dictionaries(st.text(max_size=2), inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
    ),
    max_leaves=8,
)


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, dict):
        return list(a) == list(b) and all(_same(a[key], b[key]) for key in a)
    if isinstance(a, (list, tuple)):
        return type(a) is type(b) and len(a) == len(b) and all(map(_same, a, b))
    return type(a) is type(b) and same_bits(np.asarray(a), np.asarray(b))


@given(params=STRUCTURES)
def test_flatten_and_build_are_inverse(params: Any) -> None:
    """Bit for bit, with one name a block."""
    structure, values = flatten(params)
    assert _same(structure.build(values), params)
    assert len(set(structure.names)) == len(structure.names) == len(values)
    for leaf, value in zip(structure.extract(params), values, strict=True):
        assert same_bits(np.asarray(leaf), value)


@given(old=ARRAYS, data=st.data(), order=st.sampled_from("CF"), view=st.booleans())
def test_a_slot_restores_what_it_held(old: Any, data: st.DataObject, order: Any, view: bool) -> None:
    """Any bits, any layout, after any values."""
    held = np.array(old, order=order)
    if view and held.ndim:
        held = np.repeat(held, 2, axis=0)[::2]
    new = data.draw(arrays(np.float64, held.shape, elements=ANY_FLOAT))
    before = held.tobytes()
    owner = SimpleNamespace(w=held)
    for target in (held, ref(owner, "w")):
        slot = Slot("w", target)
        assert slot.set(new) is held
        assert same_bits(slot.get(), new)
        slot.restore()
        assert held.tobytes() == before
        assert owner.w is held


@given(state=STRUCTURES, other=STRUCTURES)
def test_a_guard_undoes_any_change_of_attributes(state: Any, other: Any) -> None:
    """Replaced, added, deleted, and arrays written into."""
    box = SimpleNamespace(kept=state, dropped=1)
    guard = StateGuard({"f": lambda: box})
    box.kept, box.added = other, other
    del box.dropped
    for leaf in flatten(state)[0].extract(state):
        if isinstance(leaf, np.ndarray):
            leaf[...] = -1.5
    guard.restore_all()
    assert not guard.changed()
    assert box.kept is state
    assert vars(box).keys() == {"kept", "dropped"}


@given(rate=st.floats(1e-6, 100.0), scale=st.floats(-6.0, 6.0), seed=st.integers(0, 99))
def test_plain_steps_give_their_gradient_whatever_rate_and_scale(rate: float, scale: float, seed: int) -> None:
    """Within 1e-8 of it, and within the error that is reported."""
    rng = np.random.default_rng(seed)
    A, w = 10.0**scale * rng.standard_normal((6, 4)), rng.standard_normal(4)

    def step(lr: float) -> None:
        w[...] -= lr * (A.T @ (A @ w))

    driver = Problem.from_update(lambda: 0.5 * np.sum((A @ w) ** 2), step, {"w": w}, rate).driver
    true = A.T @ (A @ w)
    driver.begin()
    found, error = driver.gradient(driver.values())[0], driver.gradient_error()[0]
    driver.end()
    assert np.linalg.norm(found - true) <= 1e-8 * np.linalg.norm(true)
    assert np.max(np.abs(found - true)) <= error + 1e-14 * np.max(np.abs(true))


@given(seed=st.integers(0, 999), samples=st.integers(2, 8))
def test_loops_over_samples_never_fail(seed: int, samples: int) -> None:
    """A right per-sample loop is right, at any rate that the code would use."""
    rng = np.random.default_rng(seed)
    X, y = rng.standard_normal((samples, 3)), rng.standard_normal(samples)
    net = SimpleNamespace(W=rng.standard_normal((3, 3)), v=rng.standard_normal(3))

    def loss() -> Any:
        return np.sum((np.tanh(X @ net.W) @ net.v - y) ** 2)

    def step(lr: float) -> None:
        for x, target in zip(X, y, strict=True):
            a = np.tanh(x @ net.W)
            d = 2.0 * (a @ net.v - target)
            hidden = d * net.v * (1.0 - a**2)
            net.v = net.v - lr * d * a
            net.W = net.W - lr * np.outer(x, hidden)

    report = check(Problem.from_update(loss, step, {"W": net.W, "v": net.v}))
    assert report.verdict.name in ("PASS", "INCONCLUSIVE"), report.reason
