"""Unusual problems: declared signs, empty and 0-d blocks, one parameter, a million, foreign layouts."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, NamedTuple

import numpy as np
import pytest

from gradcheck import CheckConfig, Problem, check


def _sines(w: Any) -> Any:
    return np.sum(np.sin(w))


@pytest.mark.parametrize(
    ("factor", "sign", "verdict"), [(-1, -1, "PASS"), (1, -1, "FAIL"), (-1, 1, "FAIL"), (1, 1, "PASS")]
)
def test_a_declared_sign(factor: int, sign: int, verdict: str) -> None:
    """``sign=-1`` is for gradients of ascent; it excuses no other sign."""
    report = check(Problem(_sines, lambda w: factor * np.cos(w), np.array([0.2, 0.9, 1.4]), sign=sign))
    assert report.verdict.name == verdict
    if verdict == "FAIL":
        assert report.blocks[0].ratio == pytest.approx(-1.0, abs=1e-6)


def _cubes(p: Any) -> Any:
    return sum(np.sum(w**3) for w in p.values())


def _squares(p: Any) -> Any:
    return {name: 3 * w**2 for name, w in p.items()}


@pytest.mark.parametrize("factor", [1.0, 0.5], ids=["right", "wrong"])
@pytest.mark.parametrize("oracle", ["auto", "finite-difference"])
def test_empty_blocks_beside_full_ones(oracle: Any, factor: float) -> None:
    """They pass, whatever the others do."""
    params = {"first": np.empty((0, 3)), "full": np.array([0.5, -1.0, 2.0]), "last": np.empty(0)}
    problem = Problem(_cubes, lambda p: {name: factor * g for name, g in _squares(p).items()}, params)
    report = check(problem, config=CheckConfig(oracle=oracle))
    assert report.verdict.name == ("PASS" if factor == 1.0 else "FAIL")
    assert [block.verdict.name for block in report.blocks] == ["PASS", report.verdict.name, "PASS"]


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        (np.array(0.7), ()),
        (0.7, ()),
        (np.float64(0.7), ()),
        (np.array([0.7]), (1,)),
        (np.array([[0.7]]), (1, 1)),
        ([0.7], (1,)),
    ],
    ids=["0-d", "float", "numpy float", "one entry", "one by one", "list"],
)
@pytest.mark.parametrize("oracle", ["auto", "finite-difference"])
def test_one_parameter(value: Any, shape: tuple[int, ...], oracle: Any) -> None:
    """The smallest problem, right and wrong."""

    def loss(w: Any) -> Any:
        return np.sum(np.sin(w))

    config = CheckConfig(oracle=oracle)
    right = check(Problem(loss, np.cos, value), config=config)
    wrong = check(Problem(loss, lambda w: 2.0 * np.cos(w), value), config=config)
    assert (right.verdict.name, wrong.verdict.name) == ("PASS", "FAIL")
    assert wrong.blocks[0].shape == shape
    assert wrong.blocks[0].ratio == pytest.approx(2.0, abs=1e-6)
    assert wrong.blocks[0].worst[0].index == (0,) * len(shape)


def test_zero_dimensional_blocks_beside_others() -> None:
    """A bias that is one number."""
    params = {"w": np.array([0.5, 1.5]), "b": np.array(0.3)}
    assert check(Problem(_cubes, _squares, params)).verdict.name == "PASS"
    report = check(Problem(_cubes, lambda p: {"w": 3 * p["w"] ** 2, "b": np.array(1.0)}, params))
    assert [block.verdict.name for block in report.blocks] == ["PASS", "FAIL"]


@pytest.mark.parametrize("oracle", ["auto", "finite-difference"])
def test_a_flat_vector_of_a_million(oracle: Any) -> None:
    """Right in ten losses; one entry off is named."""
    w = np.random.default_rng(0).standard_normal(10**6)

    def one_off(w: Any) -> Any:
        g = np.cos(w)
        g[654_321] += 1.0
        return g

    config = CheckConfig(oracle=oracle)
    right, wrong = check(Problem(_sines, np.cos, w), config=config), check(Problem(_sines, one_off, w), config=config)
    assert right.verdict.name == "PASS"
    assert right.evaluations.loss <= 10
    assert wrong.verdict.name == "FAIL"
    assert wrong.blocks[0].worst[0].index == (654_321,)
    assert wrong.evaluations.loss <= 100


class _Pair(NamedTuple):
    W: Any
    b: Any


@pytest.mark.parametrize(
    ("params", "names"),
    [
        ((np.ones(2), np.ones(3)), ["[0]", "[1]"]),
        ({"layers": [{"W": np.ones((2, 2))}, {"W": np.ones(2)}]}, ["layers[0].W", "layers[1].W"]),
        (OrderedDict(z=np.ones(2), a=np.ones(1)), ["z", "a"]),
        (_Pair(np.ones((2, 2)), np.ones(2)), ["[0]", "[1]"]),
        ({1: np.ones(2)}, ["1"]),
    ],
    ids=["tuple", "nested", "ordered mapping", "named tuple", "number as key"],
)
def test_structures_of_parameters(params: Any, names: list[str]) -> None:
    """Blocks get path names in the order of the structure."""

    def each(tree: Any, function: Any) -> Any:
        if isinstance(tree, dict):
            return type(tree)((key, each(value, function)) for key, value in tree.items())
        if isinstance(tree, _Pair):
            return _Pair(*(each(value, function) for value in tree))
        return type(tree)(each(v, function) for v in tree) if isinstance(tree, (list, tuple)) else function(tree)

    def total(tree: Any) -> Any:
        items = tree.values() if isinstance(tree, dict) else tree
        return np.sum(np.sin(tree)) if isinstance(tree, np.ndarray) else sum(total(item) for item in items)

    report = check(Problem(total, lambda p: each(p, np.cos), params))
    assert report.verdict.name == "PASS"
    assert [block.name for block in report.blocks] == names


@pytest.mark.parametrize(
    "layout",
    [np.asfortranarray, lambda w: np.repeat(w, 2, axis=0)[::2], lambda w: w.T.copy().T],
    ids=["F", "strided", "T"],
)
def test_memory_layout_does_not_matter(layout: Any) -> None:
    """Entries are named by index, not by place in memory."""
    w = layout(np.arange(12.0).reshape(3, 4) / 5.0)

    def off(w: Any) -> Any:
        g = np.cos(w)
        g[1, 3] += 0.5
        return g

    report = check(Problem(_sines, off, w))
    assert report.blocks[0].worst[0].index == (1, 3)


@pytest.mark.parametrize("scale", [1e-12, 1e-8, 1e8, 1e12])
@pytest.mark.parametrize(("factor", "verdict"), [(1.0, "PASS"), (1.001, "FAIL")])
def test_the_unit_of_the_loss_does_not_matter(factor: float, verdict: str, scale: float) -> None:
    """Tolerances are relative."""
    w = np.random.default_rng(0).standard_normal(30)
    report = check(Problem(lambda w: scale * _sines(w), lambda w: factor * scale * np.cos(w), w))
    assert report.verdict.name == verdict


@pytest.mark.parametrize("scale", [1e-6, 1e6])
@pytest.mark.parametrize(("factor", "verdict"), [(1.0, "PASS"), (1.001, "FAIL")])
def test_the_unit_of_the_parameters_does_not_matter(factor: float, verdict: str, scale: float) -> None:
    """Steps are relative to the parameters."""
    w = scale * np.random.default_rng(0).standard_normal(30)
    report = check(
        Problem(lambda w: _sines(w / scale), lambda w: factor * np.cos(w / scale) / scale, w),
        config=CheckConfig(better_point=scale > 1.0),
    )
    assert report.verdict.name == verdict


def test_a_block_much_fainter_than_the_others_is_judged_by_itself() -> None:
    """A gradient of 1e-7 beside one of 1: right, and wrong by half."""
    params = {"loud": np.array([0.5, 1.5]), "faint": np.array([0.5, 1.0, 1.5])}

    def loss(p: Any) -> Any:
        return np.sum(np.sin(p["loud"])) + 1e-5 * np.sum(np.sin(p["faint"]))

    def gradient(factor: float) -> Any:
        return lambda p: {"loud": np.cos(p["loud"]), "faint": factor * 1e-5 * np.cos(p["faint"])}

    assert check(Problem(loss, gradient(1.0), params)).verdict.name == "PASS"
    report = check(Problem(loss, gradient(0.5), params))
    assert [block.verdict.name for block in report.blocks] == ["PASS", "FAIL"]
