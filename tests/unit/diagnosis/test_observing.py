"""What is claimed and what is true at a point, by whichever means the code allows."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from running_programs import program_of

from gradcheck import Problem
from gradcheck.diagnosis.observing import DIFFERENCE_PRECISION, EXACT_PRECISION, MAX_ENTRIES, Look, Observer
from gradcheck.diagnosis.programs.local import LocalProgram
from gradcheck.diagnosis.programs.program import Array, UnavailableError

RNG = np.random.default_rng(5)
X, Y = RNG.standard_normal((6, 3)), RNG.standard_normal((6, 2))
START = {"W": RNG.standard_normal((3, 2)), "b": RNG.standard_normal(2)}
Params = Mapping[str, Any]


def loss(p: Params) -> float:
    """Mean of squares behind tanh."""
    return float(np.sum((np.tanh(X @ p["W"] + p["b"]) - Y) ** 2) / len(X))


def opaque(p: Params) -> float:
    """The same, by a way that no automatic differentiation follows."""
    return loss({name: np.frombuffer(value.tobytes()).reshape(value.shape) for name, value in p.items()})


def gradient(p: Params) -> dict[str, Array]:
    """The true gradient of both."""
    a = np.tanh(X @ p["W"] + p["b"])
    d = 2 * (a - Y) / len(X) * (1 - a**2)
    return {"W": X.T @ d, "b": d.sum(axis=0)}


def halved(p: Params) -> dict[str, Array]:
    """A gradient whose weights are wrong."""
    true = gradient(p)
    return {"W": 0.5 * true["W"], "b": true["b"]}


def observer(loss: Any, gradient: Any, params: Any = START, seed: int = 0) -> Observer:
    """An observer of a problem in this process."""
    return Observer(LocalProgram(Problem(loss, gradient, params)), np.random.default_rng(seed))


def looked(loss: Any, gradient: Any, params: Any = START) -> Look:
    """A look at the first point."""
    watching = observer(loss, gradient, params)
    return watching.look(watching.points(1)[0], "here", traced=False)


def as_params(look: Look) -> dict[str, Array]:
    """Where a look was taken."""
    return dict(zip(look.true, look.arrays, strict=True))


def test_the_truth_by_the_code_itself() -> None:
    """A loss that can be followed gives its exact gradient, its forward pass and its layers."""
    look = looked(loss, halved)
    expected = gradient(as_params(look))
    for name, value in look.true.items():
        np.testing.assert_allclose(value, expected[name], rtol=1e-12, atol=1e-14)
    assert look.precision == EXACT_PRECISION
    assert look.missing == ()
    assert look.forward is not None
    assert look.network is not None
    assert [layer.weight for layer in look.network.layers] == ["W"]
    assert look.wrong() == ("W",)
    np.testing.assert_allclose(look.claimed["W"], 0.5 * look.true["W"])


def test_the_truth_by_differences() -> None:
    """A loss that cannot be followed is differentiated entry by entry, and what is missing is said."""
    look = looked(opaque, halved)
    expected = gradient(as_params(look))
    for name, value in look.true.items():
        assert float(np.linalg.norm(value - expected[name])) < DIFFERENCE_PRECISION * float(np.linalg.norm(value))
    assert look.precision == DIFFERENCE_PRECISION
    assert (look.forward, look.network) == (None, None)
    assert "The forward pass could not be followed" in look.missing[0]
    assert look.wrong() == ("W",)


def test_too_many_parameters_for_differences() -> None:
    """Beyond a limit no difference is taken; below it one is, and a loss that can be followed has no limit."""
    many = np.full(MAX_ENTRIES + 1, 0.3)

    def squares(w: Array) -> float:
        return float(np.sum(np.frombuffer(np.asarray(w).tobytes()) ** 2))

    with pytest.raises(UnavailableError, match=f"{MAX_ENTRIES + 1} parameters are too many"):
        looked(squares, lambda w: 2 * w, many)
    assert looked(squares, lambda w: 2 * w, many[1:]).wrong() == ()
    assert looked(lambda w: float(np.sum(w**2)), lambda w: 2 * w, many).wrong() == ()


def test_automatic_differentiation_is_not_believed_blindly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Adjoints that a difference of the loss contradicts are not taken for the truth."""
    watching = observer(loss, gradient)
    real = watching.program.forward

    def lying(arrays: Any) -> Any:
        forward = real(arrays)
        values = tuple(
            dataclasses.replace(value, adjoint=1.001 * value.adjoint) if value.operation == "parameter" else value
            for value in forward.values
        )
        return dataclasses.replace(forward, values=values)

    monkeypatch.setattr(watching.program, "forward", lying)
    look = watching.look(watching.points(1)[0], "here", traced=False)
    assert look.precision == DIFFERENCE_PRECISION
    assert look.wrong() == ()


@pytest.mark.parametrize("distance", [1e-4, -1e-4], ids=["just above", "just below"])
def test_a_kink_that_only_the_difference_crosses(distance: float) -> None:
    """Next to a kink the code's own derivative is believed by steps that do not reach it, and right code is right."""

    def bent(p: Params) -> float:
        return float(np.sum((np.maximum(X @ p["W"] + p["b"], 0.0) - Y) ** 2))

    def right(p: Params) -> dict[str, Array]:
        z = X @ p["W"] + p["b"]
        d = 2 * (np.maximum(z, 0.0) - Y) * (z > 0)
        return {"W": X.T @ d, "b": d.sum(axis=0)}

    shift = np.array([float((X @ START["W"])[0, 0]) - distance, 0.0])
    at = {"W": START["W"], "b": START["b"] * 0.0 - shift}
    for seed in range(5):
        look = observer(bent, right, at, seed).look([at["W"], at["b"]], "here", traced=False)
        assert look.precision == EXACT_PRECISION
        assert look.wrong() == ()


def test_a_gradient_that_raises() -> None:
    """What the gradient raises is told, and the truth is known all the same."""

    def raising(p: Params) -> Any:  # noqa: ARG001
        raise ZeroDivisionError("no samples")

    look = looked(loss, raising)
    assert look.claimed == {}
    assert "ZeroDivisionError: no samples" in (look.error or "")
    assert look.wrong() == ("W", "b")
    assert set(look.true) == {"W", "b"}


def test_a_loss_that_is_nowhere_finite() -> None:
    """Without a loss there is no truth."""
    with pytest.raises(UnavailableError, match="not finite there"):
        looked(lambda p: float("nan"), gradient)  # noqa: ARG005


def test_a_loss_that_ends_beside_the_point() -> None:
    """A single entry along which the loss is not finite is enough to know no truth."""

    def cliff(w: Array) -> float:
        numbers = np.frombuffer(w.tobytes())  # plain ones: nothing of it can be followed
        moved = np.flatnonzero(numbers != here)
        return float("inf") if moved.tolist() == [1] else float(np.sum(numbers))

    watching = observer(cliff, np.ones_like, np.array([0.5, 0.7, 0.2]))
    arrays = watching.points(1)[0]
    here = arrays[0]
    with pytest.raises(UnavailableError, match="not finite next to it"):
        watching.look(arrays, "here", traced=False)


def _network_in_float32(inside: Any) -> tuple[Any, Any, Params]:
    """Loss, gradient and parameters of a network whose data are float32; ``inside``: what it makes of parameters."""
    x, y = X.astype(np.float32), Y.astype(np.float32)

    def outputs(p: Params) -> Any:
        return np.tanh(x @ inside(p["W"]) + inside(p["b"]))

    def loss(p: Params) -> Any:
        return np.sum((outputs(p) - y) ** 2) / np.float32(len(x))

    def gradient(p: Params) -> dict[str, Any]:
        a = outputs(p)
        d = 2 * (a - y) / np.float32(len(x)) * (1 - a**2)
        return {"W": x.T @ d, "b": d.sum(axis=0)}

    return loss, gradient, {name: value.astype(np.float32) for name, value in START.items()}


def test_low_precision_is_allowed_for() -> None:
    """Numbers of a network that computes in float32 are compared as closely as float32 allows, and no closer."""
    low_loss, low_gradient, start = _network_in_float32(lambda value: value.astype(np.float32))
    right = looked(low_loss, low_gradient, start)
    assert right.precision >= 1e-4
    assert right.wrong() == ()
    assert looked(low_loss, lambda p: {**low_gradient(p), "W": 1.1 * low_gradient(p)["W"]}, start).wrong() == ("W",)
    for array in right.arrays:
        assert np.array_equal(array, array.astype(np.float32).astype(np.float64))


def test_low_precision_that_takes_float64_is_looked_at_in_float64() -> None:
    """As a check compares it: an error that float32 would hide is seen."""
    loss, gradient, start = _network_in_float32(lambda value: value)
    right = looked(loss, gradient, start)
    assert right.precision < 1e-6
    assert right.wrong() == ()
    assert looked(loss, lambda p: {**gradient(p), "W": 1.00001 * gradient(p)["W"]}, start).wrong() == ("W",)


def test_points_move_away_from_the_start() -> None:
    """Points are drawn by the generator: the same for a seed, each another one, none where the code stands."""
    one, other = observer(loss, gradient).points(2)
    again = observer(loss, gradient).points(2)
    for a, b in zip(one + other, again[0] + again[1], strict=True):
        assert np.array_equal(a, b)
    start = observer(loss, gradient).start()
    for here, there, origin in zip(one, other, start, strict=True):
        assert not np.array_equal(here, there)
        assert not np.array_equal(here, origin)
    assert all(np.array_equal(a, b) for a, b in zip(start, START.values(), strict=True))


def test_tiny_weights_and_zero_biases_get_a_size() -> None:
    """Where weights are next to zero and biases are zero, points are not."""
    start = {"W": 1e-6 * START["W"], "b": np.zeros(2)}
    weights, bias = observer(loss, gradient, start).points(1)[0]
    assert np.abs(weights).max() > 0.01
    assert np.abs(bias).max() > 0.01


def test_looking_changes_nothing() -> None:
    """Live parameters, and the state of random generators, are as they were."""
    held = {name: value.copy() for name, value in START.items()}
    problem = Problem.live(lambda: opaque(held), lambda: halved(held), held)
    watching = Observer(LocalProgram(problem), np.random.default_rng(0))
    np.random.seed(3)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # type: ignore[index,union-attr]  # noqa: NPY002
    watching.look(watching.points(1)[0], "here", traced=False)
    assert np.array_equal(np.random.get_state()[1], before)  # type: ignore[index]  # noqa: NPY002
    for name, value in START.items():
        assert np.array_equal(held[name], value)


def test_lines_are_followed_where_there_is_a_text(tmp_path: Path) -> None:
    """A file's lines are traced, unless that is not wanted."""
    program, _ = program_of(tmp_path)
    watching = Observer(program, np.random.default_rng(0))
    arrays = watching.points(1)[0]
    look = watching.look(arrays, "here")
    assert look.trace is not None
    assert "d1" in {event.name for event in look.trace.events}
    assert watching.look(arrays, "here", traced=False).trace is None


def test_without_a_text_no_lines_are_followed() -> None:
    """Code whose text is not to be had is looked at all the same, and what is missing is said."""
    space: dict[str, Any] = {"halved": halved}
    exec("def told(p):\n    return halved(p)\n", space)
    exec("def lost(w):\n    return 3 * w * w\n", space)
    watching = observer(lambda w: float(np.sum(w**3)), space["lost"], np.array([1.0, 2.0]))
    look = watching.look(watching.points(1)[0], "here")
    assert look.trace is None
    assert any("could not be followed line by line" in reason for reason in look.missing)
    assert look.wrong() == ()


@pytest.mark.parametrize(
    ("claimed", "precision", "wrong"),
    [
        ({"W": 1.0, "b": 1.0}, 0.0, ()),
        ({"W": 1.0 + 1e-5, "b": 1.0}, 0.0, ("W",)),
        ({"W": 1.0 + 1e-5, "b": 1.0}, 1e-5, ()),
        ({"W": 1.0 + 1e-7, "b": 1.0}, 0.0, ()),
        ({"b": 1.0}, 0.0, ("W",)),
        ({"W": -1.0, "b": 2.0}, 0.0, ("W", "b")),
    ],
    ids=["right", "wrong", "as precision allows", "as tolerance allows", "absent", "both"],
)
def test_which_blocks_are_wrong(claimed: dict[str, float], precision: float, wrong: tuple[str, ...]) -> None:
    """Blocks are wrong beyond the tolerance, or ten times the precision, of their own size."""
    true = {"W": np.ones((2, 2)), "b": np.ones(2)}
    held = {name: factor * true[name] for name, factor in claimed.items()}
    program = LocalProgram(Problem(loss, gradient, START))
    look = Look(what="", program=program, arrays=(), claimed=held, true=true, precision=precision)
    assert look.wrong() == wrong
    assert look.wrong(true) == ()
    assert look.wrong({**true, "b": np.ones(3)}) == ("b",)


def test_a_block_whose_truth_is_zero() -> None:
    """A block with no gradient is right where nothing, or next to nothing beside the others, is claimed."""
    true = {"W": np.ones(4), "b": np.zeros(2)}
    program = LocalProgram(Problem(loss, gradient, START))
    look = Look(what="", program=program, arrays=(), claimed=true, true=true, precision=0.0)
    assert look.wrong({"W": np.ones(4), "b": np.full(2, 1e-13)}) == ()
    assert look.wrong({"W": np.ones(4), "b": np.full(2, 1e-3)}) == ("b",)
