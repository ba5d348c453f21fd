"""The forward computation as data: operations, operands, places in the code, values and adjoints."""

from __future__ import annotations

import concurrent.futures
import linecache
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from gradcheck import Problem
from gradcheck.oracles.autodiff import recording, true_gradient
from gradcheck.oracles.autodiff.forward import Forward, Intermediate
from gradcheck.oracles.autodiff.recording import function_name, record_forward
from gradcheck.problem.driver import OracleUnavailableError

X = np.arange(6.0).reshape(3, 2) - 2.5


def _forward(loss: Callable[[Any], Any], params: Any) -> Forward:
    driver = Problem(loss, lambda p: p, params).driver
    return record_forward(driver, driver.values())


def _only(forward: Forward, operation: str) -> Intermediate:
    (found,) = (value for value in forward.values if value.operation == operation)
    return found


def _params() -> dict[str, Any]:
    return {"W": np.array([[1.0, -2.0], [0.5, 3.0]]), "b": np.array([0.25, -0.5])}


def test_parameters_come_first_under_their_names() -> None:
    """Parameters come first under their names."""
    forward = _forward(lambda p: np.sum(X @ p["W"] + p["b"]), _params())
    assert [(v.operation, v.block) for v in forward.values[:3]] == [
        ("parameter", "W"),
        ("parameter", "b"),
        ("constant", None),
    ]


def test_operations_their_operands_and_their_values_in_order() -> None:
    """Operations their operands and their values in order."""
    p = _params()
    forward = _forward(lambda p: np.sum(np.tanh(X @ p["W"] + p["b"]) * 3.0), p)
    operations = [v.operation for v in forward.values if v.operation not in ("parameter", "constant")]
    assert operations == ["matmul", "add", "tanh", "multiply", "sum"]
    matmul = _only(forward, "matmul")
    assert [forward.values[n].operation for n in matmul.inputs] == ["constant", "parameter"]
    np.testing.assert_array_equal(forward.values[matmul.inputs[0]].value, X)
    np.testing.assert_array_equal(matmul.value, X @ p["W"])
    scaled = _only(forward, "multiply")
    assert forward.values[scaled.inputs[1]].value == 3.0
    assert forward.values[forward.loss] is _only(forward, "sum")


def test_every_adjoint_is_the_derivative_of_the_loss_with_respect_to_that_value() -> None:
    """Every adjoint is the derivative of the loss with respect to that value."""
    p = _params()
    forward = _forward(lambda p: np.sum(np.tanh(X @ p["W"] + p["b"]) ** 2), p)
    a = np.tanh(X @ p["W"] + p["b"])
    adjoint = 2.0 * a * (1.0 - a**2)
    np.testing.assert_allclose(_only(forward, "tanh").adjoint, 2.0 * a)
    np.testing.assert_allclose(_only(forward, "add").adjoint, adjoint)
    np.testing.assert_allclose(forward.values[0].adjoint, X.T @ adjoint)
    np.testing.assert_allclose(forward.values[1].adjoint, adjoint.sum(axis=0))


def test_parameter_adjoints_are_the_true_gradient() -> None:
    """Parameter adjoints are the true gradient."""
    problem = Problem(lambda p: np.mean(np.exp(X @ p["W"] * 0.1) ** 2), lambda p: p, _params())
    forward = record_forward(problem.driver, problem.driver.values())
    gradient = true_gradient(problem.driver, problem.driver.values())
    np.testing.assert_array_equal(forward.values[0].adjoint, gradient[0])
    assert forward.values[1].adjoint is None  # b is not used


def test_what_the_loss_does_not_depend_on_has_no_adjoint() -> None:
    """What the loss does not depend on has no adjoint."""

    def loss(p: Any) -> Any:
        _ = np.sinh(p["W"])
        return np.sum(p["W"] ** 2)

    forward = _forward(loss, _params())
    assert _only(forward, "sinh").adjoint is None
    assert _only(forward, "power").adjoint is not None


def test_options_are_what_else_was_asked_for() -> None:
    """Options are what else was asked for."""
    forward = _forward(lambda p: np.sum(np.sum(p["W"], axis=1, keepdims=True) ** 2), _params())
    inner = next(v for v in forward.values if v.operation == "sum")
    assert inner.options == {"axis": 1, "keepdims": True}
    assert inner.value.shape == (2, 1)


@pytest.mark.parametrize(
    ("move", "entries"),
    [
        (lambda w: w.T, [[1, 3], [2, 4]]),
        (lambda w: w[1], [3, 4]),
        (lambda w: w.reshape(-1)[::-1], [4, 3, 2, 1]),
        (lambda w: np.c_[w, np.ones(2)], [[1, 2, 0], [3, 4, 0]]),
        (lambda w: np.insert(w, 0, 1.0, axis=1), [[0, 1, 2], [0, 3, 4]]),
        (lambda w: np.concatenate([w, 2.0 * w], axis=0), [[1, 2], [3, 4], [5, 6], [7, 8]]),
    ],
    ids=["transpose", "row", "reversed", "column of ones", "insert", "concatenate"],
)
def test_a_move_says_where_each_entry_comes_from(move: Callable[[Any], Any], entries: list[Any]) -> None:
    """A move says where each entry comes from."""
    forward = _forward(lambda p: np.sum(move(p["W"]) ** 2), _params())
    moved = [v for v in forward.values if v.entries is not None]
    np.testing.assert_array_equal(np.asarray(moved[-1].entries), entries)


def test_a_write_is_a_value_of_its_own_and_views_follow() -> None:
    """A write is a value of its own and views follow."""

    def loss(p: Any) -> Any:
        out = np.zeros((2, 2))
        row = out[0]
        out[1] = p["W"][0]
        row[:] = p["b"]
        out *= 2.0
        return np.sum(out**2)

    p = _params()
    forward = _forward(loss, p)
    written = [v for v in forward.values if v.operation == "setitem"]
    final = next(v for v in forward.values if v.operation == "multiply")
    np.testing.assert_array_equal(final.value, 2.0 * np.array([p["b"], p["W"][0]]))
    assert written[0].entries is not None
    np.testing.assert_array_equal(written[0].entries, [[0, 0], [1, 2]])


def test_lines_and_functions_are_those_of_the_users_file() -> None:
    """Lines and functions are those of the users file."""
    text = (
        "def helper(z):\n    return np.tanh(z)\n\ndef loss(p):\n    z = X.dot(p['W'])\n    return np.sum(helper(z))\n"
    )
    name = "<recorded lines>"
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    space: dict[str, Any] = {"np": np, "X": X, "__name__": "student"}
    exec(compile(text, name, "exec"), space)
    forward = _forward(space["loss"], _params())
    places = {v.operation: (v.line, v.function) for v in forward.values}
    assert places["dot"] == (5, "loss")
    assert places["tanh"] == (2, "helper")
    assert places["sum"] == (6, "loss")
    assert forward.lines == {2, 5, 6}


@pytest.mark.parametrize(
    ("qualified", "shown"),
    [
        ("Net.forward", "Net.forward"),
        ("train.<locals>.step", "train.step"),
        ("train.<locals>.__gradcheck_step_3__", "train"),
        ("__gradcheck_step_0__", "<module>"),
    ],
)
def test_functions_are_named_as_their_file_names_them(qualified: str, shown: str) -> None:
    """Functions are named as their file names them."""
    assert function_name(qualified) == shown


@pytest.mark.parametrize(
    ("loss", "reason"),
    [
        (lambda _: 1.0, "depends on no parameter"),
        (lambda p: float(p["W"].sum()) + np.sum(np.sqrt(p["b"] * 0.0)), "not finite"),
        (lambda p: np.linalg.svd(p["W"])[1].sum() + np.unique(p["b"]).sum(), "not supported"),
    ],
)
def test_what_cannot_be_recorded_is_refused(loss: Callable[[Any], Any], reason: str) -> None:
    """What cannot be recorded is refused."""
    with pytest.raises(OracleUnavailableError, match=reason):
        _forward(loss, _params())


@pytest.mark.parametrize(
    ("limit", "value", "reason"), [("MAX_OPERATIONS", 10, "operations"), ("MAX_BYTES", 100, "MB of values")]
)
def test_a_computation_that_is_too_long_or_too_large_is_refused(
    monkeypatch: pytest.MonkeyPatch, limit: str, value: int, reason: str
) -> None:
    """A computation that is too long or too large is refused."""

    def loss(p: Any) -> Any:
        total = 0.0
        for _ in range(10):
            try:
                total = total + np.sum(p["W"] ** 2)
            except Exception:  # noqa: BLE001 - code that swallows everything does not hide the refusal
                total = total + 1.0
        return total

    _forward(loss, _params())
    monkeypatch.setattr(recording, limit, value)
    with pytest.raises(OracleUnavailableError, match=reason):
        _forward(loss, _params())


def test_a_driver_of_another_process_is_refused() -> None:
    """A driver of another process is refused."""

    class Elsewhere:
        blocks: tuple[Any, ...] = ()

    with pytest.raises(OracleUnavailableError, match="another process"):
        record_forward(Elsewhere(), [])


def test_code_and_parameters_are_as_before() -> None:
    """Code and parameters are as before."""
    seen: list[Mapping[str, Any]] = []

    def loss(p: Any) -> Any:
        seen.append(p)
        return np.sum(p["W"] ** 2)

    problem = Problem(loss, lambda p: p, _params())
    code = loss.__code__
    record_forward(problem.driver, problem.driver.values())
    assert loss.__code__ is code
    assert type(problem.driver.loss(problem.driver.values())) is np.float64


def test_an_operand_that_is_no_number_has_none() -> None:
    """A directive stands among what is joined, and holds nothing that could be looked up."""
    forward = _forward(lambda p: np.sum(np.r_["0,1", p["b"], p["b"]]), _params())
    joined = next(value for value in forward.values if value.operation not in ("parameter", "constant"))
    values = [forward.values[number].value for number in joined.inputs]
    assert [np.size(value) for value in values] == [1, 2, 2]
    assert np.isnan(values[0])


def test_options_that_hold_several_values_are_kept_whole() -> None:
    """A tuple of axes is data like a number."""
    forward = _forward(lambda p: np.sum(np.transpose(p["W"], (1, 0)), axis=(0, 1)), _params())
    assert _only(forward, "sum").options["axis"] == (0, 1)


def test_a_loss_without_any_code_of_the_users_has_no_place() -> None:
    """A function of NumPy's own, in a thread of the standard library's."""
    driver = Problem(np.sum, np.ones_like, np.array([1.0, 2.0])).driver
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        forward = pool.submit(record_forward, driver, driver.values()).result()
    total = _only(forward, "sum")
    assert (total.line, total.function) == (None, None)
    np.testing.assert_array_equal(forward.values[0].adjoint, [1.0, 1.0])  # type: ignore[arg-type]
