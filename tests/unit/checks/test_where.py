"""Where a gradient is wrong: blocks, rows, columns, entries, by every oracle, and what finding them may cost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gradcheck import CheckConfig, CheckReport, Problem, check
from gradcheck.checks.localisation import TooManyError

FORCED = CheckConfig(oracle="finite-difference")
ORACLES = ["auto", "finite-difference", "complex-step", "autodiff"]


def _network(
    sizes: tuple[int, int, int] = (12, 9, 5), *, wrong: Callable[[Any], object] = id, seed: int = 0
) -> Problem:
    """Tanh and softmax cross-entropy; ``wrong`` changes the right gradient in place."""
    rng = np.random.default_rng(seed)
    batch = 8
    X, labels = rng.standard_normal((batch, sizes[0])), rng.integers(sizes[2], size=batch)
    params = {
        "W1": rng.standard_normal(sizes[:2]) / np.sqrt(sizes[0]),
        "b1": 0.1 * rng.standard_normal(sizes[1]),
        "W2": rng.standard_normal(sizes[1:]) / np.sqrt(sizes[1]),
        "b2": 0.1 * rng.standard_normal(sizes[2]),
    }
    rows = np.arange(batch)

    def loss(p: Any) -> Any:
        z = np.tanh(X @ p["W1"] + p["b1"]) @ p["W2"] + p["b2"]
        return np.mean(np.log(np.sum(np.exp(z), axis=1)) - z[rows, labels])

    def gradient(p: Any) -> Any:
        a = np.tanh(X @ p["W1"] + p["b1"])
        z = a @ p["W2"] + p["b2"]
        d = np.exp(z) / np.sum(np.exp(z), axis=1, keepdims=True)
        d[rows, labels] -= 1.0
        d /= batch
        below = d @ p["W2"].T * (1.0 - a**2)
        g = {"W1": X.T @ below, "b1": below.sum(axis=0), "W2": a.T @ d, "b2": d.sum(axis=0)}
        wrong(g)
        return g

    return Problem(loss, gradient, params)


def _scaled(name: str, where: Any, factor: Any) -> Callable[[Any], None]:
    def change(g: Any) -> None:
        g[name][where] *= factor

    return change


# ------------------------------------------------------------------------------------------- what is named


@pytest.mark.parametrize("oracle", ORACLES)
@pytest.mark.parametrize(
    ("where", "kind", "indices"),
    [
        (np.s_[7, 3], "entries", ((7, 3),)),
        (np.s_[[1, 4, 11], [0, 5, 8]], "entries", ((1, 0), (4, 5), (11, 8))),
        (np.s_[5, :], "rows", ((5,),)),
        (np.s_[:, 2], "columns", ((2,),)),
        (np.s_[:, [2, 6]], "columns", ((2,), (6,))),
        (np.s_[:], "block", ()),
    ],
    ids=["entry", "entries", "row", "column", "columns", "block"],
)
def test_the_pattern_of_a_wrong_block(where: Any, kind: str, indices: Any, oracle: Any) -> None:
    """The same words whatever the numeric derivatives come from; the other blocks pass."""
    report = check(_network(wrong=_scaled("W1", where, 1.5)), config=CheckConfig(oracle=oracle))
    pattern = report.block("W1").pattern
    assert report.verdict.name == "FAIL"
    assert pattern is not None
    assert (pattern.kind, pattern.indices) == (kind, indices)
    assert [block.verdict.name for block in report.blocks] == ["FAIL", "PASS", "PASS", "PASS"]


@pytest.mark.parametrize(("wrong", "kind"), [(8, "rows"), (9, "block"), (12, "block")])
def test_few_rows_are_named_and_many_are_the_block(wrong: int, kind: str) -> None:
    """By differences alone, of a matrix too large to be measured entry by entry: up to eight."""
    slopes = 1.0 + np.random.default_rng(0).random((40, 30))
    claimed = slopes.copy()
    claimed[:wrong] *= 1.5
    report = check(Problem(lambda w: np.sum(slopes * w), lambda _: claimed, np.ones((40, 30))), config=FORCED)
    pattern = report.blocks[0].pattern
    assert pattern is not None
    assert pattern.kind == kind
    if kind == "rows":
        assert sorted(pattern.indices) == [(row,) for row in range(wrong)]


@pytest.mark.parametrize(("wrong", "kind"), [(1, "rows"), (2, "block")])
def test_of_three_rows_two_are_the_block(wrong: int, kind: str) -> None:
    """Most of a block is no pattern of rows."""
    factors = np.random.default_rng(4).uniform(1.5, 3.0, (wrong, 40))
    report = check(_network((3, 40, 5), wrong=_scaled("W1", np.s_[:wrong], factors)), config=FORCED)
    pattern = report.block("W1").pattern
    assert pattern is not None
    assert pattern.kind == kind


@pytest.mark.parametrize("oracle", ORACLES)
def test_most_of_a_block_wrong_in_no_pattern(oracle: Any) -> None:
    """Every entry off by an amount of its own: the block is named, and no ratio."""
    noise = np.random.default_rng(1).uniform(0.5, 2.0, (12, 9))
    report = check(_network(wrong=_scaled("W1", np.s_[:], noise)), config=CheckConfig(oracle=oracle))
    block = report.block("W1")
    assert block.ratio is None
    assert block.pattern is not None
    assert block.pattern.kind == "block"
    assert len(block.worst) == 5


@pytest.mark.parametrize("oracle", ORACLES)
@pytest.mark.parametrize("factor", [0.5, -1.0, 3.0, 0.0])
def test_a_constant_factor_is_the_ratio(factor: float, oracle: Any) -> None:
    """Of the whole block, to six digits."""
    report = check(_network(wrong=_scaled("W2", np.s_[:], factor)), config=CheckConfig(oracle=oracle))
    assert report.block("W2").ratio == pytest.approx(factor, abs=1e-6)


@pytest.mark.parametrize("oracle", ORACLES)
def test_one_slightly_wrong_entry_is_no_ratio_near_one(oracle: Any) -> None:
    """Off by 5e-6 of the block's norm: all but that entry have ratio 1, which is no constant that explains it."""

    def nudge(g: Any) -> None:
        g["W1"][7, 3] += 5e-6 * np.linalg.norm(g["W1"])

    block = check(_network(wrong=nudge), config=CheckConfig(oracle=oracle)).block("W1")
    assert block.verdict.name == "FAIL"
    assert block.ratio is None
    assert block.worst[0].index == (7, 3)


@pytest.mark.parametrize("oracle", ORACLES)
def test_small_blocks_are_known_entry_by_entry(oracle: Any) -> None:
    """A bias of nine: its wrong entry, its cosine, and the rest right."""
    report = check(_network(wrong=_scaled("b1", 4, -1.0)), config=CheckConfig(oracle=oracle))
    block = report.block("b1")
    assert [entry.index for entry in block.worst][:1] == [(4,)]
    assert block.cosine is not None
    assert block.cosine < 1.0
    assert block.pattern is not None
    assert block.pattern.indices == ((4,),)


def test_all_blocks_wrong_are_all_named() -> None:
    """Up to eight by name in the reason."""

    def halve(g: Any) -> None:
        for block in g.values():
            np.multiply(block, 0.5, out=block)

    report = check(_network(wrong=halve))
    assert {block.verdict.name for block in report.blocks} == {"FAIL"}
    assert report.reason.startswith("wrong: W1, b1, W2, b2 (")


@pytest.mark.parametrize("oracle", ORACLES)
def test_bounds_hold_the_true_entries(oracle: Any) -> None:
    """Numeric entries are as near the truth, two thirds of the claim, as their bounds say; the bounds are worth it."""
    problem = _network(wrong=_scaled("W1", np.s_[[1, 4], [0, 5]], 1.5))
    worst = check(problem, config=CheckConfig(oracle=oracle)).block("W1").worst[:2]
    assert {entry.index for entry in worst} == {(1, 0), (4, 5)}
    for entry in worst:
        assert entry.error_bound is not None
        assert abs(entry.numeric - entry.analytic / 1.5) <= entry.error_bound < 1e-6


# ------------------------------------------------------------------------------------------- many blocks


def _blocks(count: int, wrong: tuple[int, ...], factor: float = 2.0) -> Problem:
    """Many small blocks, sum of sines; some gradients are off."""
    rng = np.random.default_rng(2)
    params = [rng.standard_normal(3) for _ in range(count)]

    def gradient(p: Any) -> Any:
        return [np.cos(w) * (factor if k in wrong else 1.0) for k, w in enumerate(p)]

    return Problem(lambda p: sum(np.sum(np.sin(w)) for w in p), gradient, params)


@pytest.mark.parametrize("config", [FORCED, CheckConfig(oracle="complex-step")], ids=["differences", "complex step"])
@pytest.mark.parametrize("wrong", [(0,), (999,), (17, 500, 803)], ids=str)
def test_wrong_blocks_among_a_thousand_are_found(wrong: tuple[int, ...], config: CheckConfig) -> None:
    """By coded probes, not one by one."""
    report = check(_blocks(1000, wrong), config=config)
    failed = tuple(k for k, block in enumerate(report.blocks) if block.verdict.name == "FAIL")
    assert failed == wrong
    assert all(report.blocks[k].ratio == pytest.approx(2.0, abs=1e-4) for k in wrong)
    assert report.evaluations.loss < 200


def test_too_many_wrong_blocks_are_asked_one_by_one() -> None:
    """A third of sixty."""
    wrong = tuple(range(0, 60, 3))
    report = check(_blocks(60, wrong), config=FORCED)
    assert tuple(k for k, block in enumerate(report.blocks) if block.verdict.name == "FAIL") == wrong
    assert report.reason.startswith("wrong: [0], [3], [6], [9], [12], [15], [18], [21], ...; right: [1], ")


def test_an_error_that_no_block_shows_alone_is_nobodys() -> None:
    """Thirty blocks off by a third of the tolerance each: jointly too much, and the reason blames none of them."""
    reports = [check(_blocks(30, tuple(range(30)), 1.0 + 4e-7), rng=seed) for seed in range(8)]
    failed = [report for report in reports if report.verdict.name == "FAIL"]
    assert failed
    for report in failed:
        assert {block.verdict.name for block in report.blocks} == {"PASS"}
        assert report.reason.startswith("along a random direction")


# ------------------------------------------------------------------------------------------- budgets


def _mnist(seed: int, count: int) -> tuple[Problem, set[tuple[int, int]]]:
    """784-100-10, 79,510 parameters; ``count`` entries of the first weight gradient doubled."""
    rng = np.random.default_rng(1000 + seed)
    places = {
        (int(i), int(j)) for i, j in zip(rng.integers(784, size=count), rng.integers(100, size=count), strict=True)
    }

    def double(g: Any) -> None:
        for place in places:
            g["W1"][place] *= 2.0

    return _network((784, 100, 10), wrong=double, seed=seed), places


@pytest.mark.parametrize("config", [FORCED, CheckConfig()], ids=["differences", "auto"])
@pytest.mark.parametrize(("count", "budget"), [(1, 60), (5, 200)])
def test_wrong_entries_of_79510_are_named_within_budget(count: int, budget: int, config: CheckConfig) -> None:
    """One within 60 loss evaluations in the median, five within 200; every one by its index."""
    costs = []
    for seed in range(7):
        problem, places = _mnist(seed, count)
        report = check(problem, config=config)
        assert report.verdict.name == "FAIL"
        assert {entry.index for entry in report.block("W1").worst[:count]} == places
        costs.append(report.evaluations.loss)
    assert np.median(costs) <= budget


@pytest.mark.parametrize("limit", [0, 1, 10, 50])
def test_a_budget_is_not_overrun_by_much(limit: int) -> None:
    """One search under way may finish; no other is begun."""
    noise = np.random.default_rng(1).uniform(0.5, 2.0, (60, 40))
    problem = _network((60, 40, 5), wrong=_scaled("W1", np.s_[:], noise))
    free = check(problem, config=CheckConfig(oracle="finite-difference", worst=1))
    bound = check(problem, config=CheckConfig(oracle="finite-difference", worst=1, max_losses=limit))
    assert bound.verdict.name == "FAIL"
    assert bound.block("W1").verdict.name == "FAIL"
    assert bound.evaluations.loss <= free.evaluations.loss


def test_a_wrong_vector_has_no_lines() -> None:
    """Most of a long bias wrong in no pattern: the block is named."""
    rng = np.random.default_rng(0)
    w, noise = rng.standard_normal(300), rng.uniform(0.5, 2.0, 300)
    report: CheckReport = check(Problem(lambda w: np.sum(np.sin(w)), lambda w: noise * np.cos(w), w), config=FORCED)
    pattern = report.blocks[0].pattern
    assert pattern is not None
    assert (pattern.kind, pattern.message) == ("block", "most of params")


def test_columns_are_tried_where_no_row_stands_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A row search that comes back empty has named nothing."""
    answers: list[Any] = [TooManyError(16), [], [2]]

    def locate(*_: Any) -> list[int]:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return list(answer)

    monkeypatch.setattr("gradcheck.checks.details.locate", locate)
    noise = np.random.default_rng(1).uniform(0.5, 2.0, 12)
    report = check(_network(wrong=_scaled("W1", np.s_[:, 2], noise)), config=FORCED)
    pattern = report.block("W1").pattern
    assert pattern is not None
    assert (pattern.kind, pattern.indices) == ("columns", ((2,),))
    assert answers == []
