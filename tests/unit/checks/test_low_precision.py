"""Kernels of one 16-bit type: a wrong block among right ones is found, right ones raise no alarm."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from networks.kernels import BITS, KERNELS, WRONG, attention, posed, rounded

from gradcheck import CheckConfig, CheckReport, Problem, Verdict, check
from gradcheck.checks import low_precision
from gradcheck.checks.evaluator import BudgetSpentError, Evaluator
from gradcheck.checks.line_fits import MOVES, SIDE
from gradcheck.checks.low_precision import ACROSS, GROSS, looked_at_closely, reports_of_blocks
from gradcheck.checks.places import Examined, State
from gradcheck.checks.preliminaries import choose_evaluator, first_point
from gradcheck.checks.probing import LADDER, Tolerance

Array = npt.NDArray[Any]


def verdict_of(problem: Problem, seed: int = 0) -> CheckReport:
    """As the checks of frameworks ask: differences alone, at the point as given."""
    return check(problem, rng=seed, config=CheckConfig(oracle="finite-difference", better_point=False))


@pytest.mark.parametrize("dtype", BITS)
@pytest.mark.parametrize("name", KERNELS)
def test_right_kernels_raise_no_alarm(name: str, dtype: str) -> None:
    """And most of them pass."""
    seen = Counter(verdict_of(posed(name, dtype, seed), seed).verdict for seed in range(12))
    assert seen[Verdict.FAIL] == 0
    assert seen[Verdict.PASS] >= 9


@pytest.mark.parametrize("dtype", BITS)
@pytest.mark.parametrize("how", WRONG)
@pytest.mark.parametrize("name", KERNELS)
def test_one_wrong_block_of_several_is_found(name: str, how: str, dtype: str) -> None:
    """It never passes, hardly ever is left open, and it is the one that is named."""
    seen: Counter[Verdict] = Counter()
    for seed in range(6):
        wrong = seed % 3
        report = verdict_of(posed(name, dtype, seed, wrong=wrong, how=WRONG[how]), seed)
        seen[report.verdict] += 1
        if report.verdict is Verdict.FAIL:
            assert report.blocks[wrong].verdict is Verdict.FAIL
            assert [block.verdict for block in report.blocks].count(Verdict.FAIL) == 1
    assert seen[Verdict.PASS] == 0
    assert seen[Verdict.FAIL] >= 4


def test_a_block_that_the_loss_cannot_show_is_named() -> None:
    """A small summand among large ones, of eight bits: its sign cannot be told, and the report says so."""
    reports = []
    for seed in range(8):
        x, y = np.random.default_rng(seed).standard_normal((2, 4))

        def loss(p: Any) -> Any:
            if p["x"].dtype != np.float16:
                raise TypeError("expected 16 bits")
            total = 8.0 * np.sum(rounded(p["x"], 8)) + 40.0 + 0.3 * np.sum(rounded(p["y"], 8))
            return np.float16(rounded(total, 8))

        problem = Problem(
            loss,
            lambda p: {"x": np.full_like(p["x"], 8.0), "y": np.full_like(p["y"], -0.3)},
            {"x": rounded(x, 8).astype(np.float16), "y": rounded(y, 8).astype(np.float16)},
        )
        reports.append(verdict_of(problem, seed))
    assert {report.verdict for report in reports} <= {Verdict.FAIL, Verdict.INCONCLUSIVE}
    told = [report for report in reports if "whether the gradient of y is right" in report.reason]
    assert told
    assert [block.verdict for block in told[0].blocks] == [Verdict.PASS, Verdict.INCONCLUSIVE]


def test_a_gradient_that_is_rounding_alone_hinders_no_pass() -> None:
    """The keys' bias of an attention has no effect: what is claimed of it is noise, and no verdict is made of that."""

    def forward(q: Array, k: Array, v: Array, b: Array) -> Array:
        if q.dtype != np.float16:
            raise TypeError("expected 16 bits")
        wide = [array.astype(np.float64) for array in (q, k + b, v)]
        return attention(*wide)[0].astype(np.float16)

    def backward(cotangent: Array, q: Array, k: Array, v: Array, b: Array) -> list[Array]:
        wide = [array.astype(np.float64) for array in (q, k + b, v)]
        grads = attention(*wide)[1](cotangent.astype(np.float64))
        dk = grads[1].astype(np.float16)
        return [grad.astype(np.float16) for grad in (*grads, dk.sum(axis=0))]

    seen: Counter[Verdict] = Counter()
    for seed in range(6):
        rng = np.random.default_rng(seed)
        inputs = [rng.standard_normal(shape).astype(np.float16) for shape in ((5, 4), (6, 4), (6, 3), (4,))]
        seen[verdict_of(Problem.from_vjp(forward, backward, inputs, rng=seed), seed).verdict] += 1
    assert seen[Verdict.FAIL] == 0
    assert seen[Verdict.PASS] >= 2


# ------------------------------------------------------------------------------------------------------- its parts


def _looked_at(problem: Problem, seed: int = 0) -> tuple[Evaluator, Examined]:
    """Blocks one by one at the point as given, beside nothing else."""
    with np.errstate(all="ignore"):
        evaluator, _ = choose_evaluator(problem)
        point = first_point(evaluator)
        tolerance = Tolerance(rtol=0.1, atol=0.0)
        rng = np.random.default_rng(seed)
        return evaluator, looked_at_closely(evaluator, Examined(point, (), State.UNDECIDED), tolerance, LADDER, rng)


def test_at_one_point_blocks_are_looked_at_once() -> None:
    """What was seen there is taken over; directions across the claims are new ones."""
    evaluator, place = _looked_at(posed("linear", "bfloat16", 0))
    losses = evaluator.losses
    again = looked_at_closely(
        evaluator,
        Examined(place.point, (), State.UNDECIDED),
        Tolerance(rtol=0.1, atol=0.0),
        LADDER,
        np.random.default_rng(1),
        [place],
    )
    assert again.single == place.single
    assert len(place.single) == 3
    assert evaluator.losses - losses <= losses - 3 * 2 * SIDE


def test_float64_is_not_looked_at_again() -> None:
    """The place comes back as it is."""
    evaluator, place = _looked_at(Problem(lambda w: float(np.sin(w).sum()), np.cos, np.array([0.3, 0.7])))
    assert place.outcomes == ()
    assert evaluator.losses == 1


def test_blocks_that_are_right_need_no_report() -> None:
    """Only a block that failed by itself says more than the joint directions."""
    evaluator, place = _looked_at(posed("linear", "float16", 0))
    assert reports_of_blocks(evaluator, place) is None
    evaluator, place = _looked_at(posed("linear", "float16", 0, wrong=1))
    reports = reports_of_blocks(evaluator, place)
    assert reports is not None
    assert [report.verdict.name for report in reports] == ["PASS", "FAIL", "PASS"]
    assert reports[1].relative_error == pytest.approx(2.0, abs=0.2)


def test_an_empty_block_and_a_faint_one_have_no_outcome() -> None:
    """Nor have they a verdict, where another has failed."""

    def loss(p: Any) -> Any:
        return np.float16(np.sum(p["x"].astype(np.float16)) + np.float16(0) * np.sum(p["z"].astype(np.float16)))

    def gradient(_: Any) -> Any:
        return {"x": -np.ones(4, np.float16), "e": np.ones(0, np.float16), "z": np.zeros(3, np.float16)}

    x = np.array([0.5, 1.0, -2.0, 1.5], np.float16)
    evaluator, place = _looked_at(
        Problem(loss, gradient, {"x": x, "e": np.ones(0, np.float16), "z": np.ones(3, np.float16)})
    )
    assert [outcome.probe.blocks for outcome in place.single] == [("x",)]
    reports = reports_of_blocks(evaluator, place)
    assert reports is not None
    assert [report.verdict.name for report in reports] == ["FAIL", "INCONCLUSIVE", "INCONCLUSIVE"]


def test_a_loss_that_ends_close_by_leaves_a_block_open() -> None:
    """No move of a block can be taken: nothing is known of it, and the report says so."""
    x = np.array([1.0, 2.0, 3.0, 4.0], np.float16)

    def loss(p: Any) -> Any:
        if np.any(p != x):
            raise ValueError("outside the domain")
        return np.float16(p.sum())

    evaluator, place = _looked_at(Problem(loss, np.ones_like, x))
    (outcome,) = place.single
    assert outcome.verdict is Verdict.INCONCLUSIVE
    assert not np.isfinite(outcome.probe.error_bound)
    assert evaluator.losses <= 8 + len(MOVES)


def test_a_loss_that_overflows_close_by_leaves_a_block_open() -> None:
    """Infinity is no value that a line could be fitted to."""
    x = np.array([60000.0], np.float16)
    _, place = _looked_at(
        Problem(lambda p: np.float16(1.09 * float(p.astype(np.float16)[0])), lambda p: np.full_like(p, 1.09), x)
    )
    assert [outcome.verdict for outcome in place.single] == [Verdict.INCONCLUSIVE]


def test_losses_taken_aside_count_towards_no_budget() -> None:
    """The next one outside may not be more than the budget allows."""
    evaluator = Evaluator(Problem(lambda w: float(np.sum(w**2)), lambda w: 2 * w, np.ones(2)))
    with evaluator.within(2):
        evaluator.loss(np.ones(2))
        with evaluator.aside():
            for _ in range(5):
                evaluator.loss(np.ones(2))
        assert (evaluator.losses, evaluator.counted) == (6, 1)
        evaluator.loss(np.ones(2))
        with pytest.raises(BudgetSpentError):
            evaluator.loss(np.ones(2))
    with evaluator.aside():
        evaluator.loss(np.ones(2))
    assert evaluator.counted == 2


def rectified(seed: int, dtype: str, *, lacking: int | None = None) -> Problem:
    """A hidden layer of rectified units in 16 bits; of one block every second row may be left at zero."""
    shapes, bits = ((6, 5), (5, 7), (7,), (7, 3), (3,)), BITS[dtype]
    rng = np.random.default_rng([5, seed])
    inputs = [rounded(0.7 * rng.standard_normal(shape), bits).astype(np.float16) for shape in shapes]

    def forward(*arrays: Array) -> Array:
        if any(array.dtype != np.float16 for array in arrays):
            raise TypeError("expected 16 bits")
        x, w, b, v, c = (rounded(array, bits) for array in arrays)
        return rounded(np.maximum(x @ w + b, 0.0) @ v + c, bits).astype(np.float16)

    def backward(d: Array, *arrays: Array) -> list[Array]:
        e = d.astype(np.float64)
        x, w, b, v, _ = (rounded(array, bits) for array in arrays)
        z = x @ w + b
        h = (e @ v.T) * (z > 0.0)
        grads = [h @ w.T, x.T @ h, h.sum(axis=0), np.maximum(z, 0.0).T @ e, e.sum(axis=0)]
        if lacking is not None:
            grads[lacking][::2] = 0.0
        return [rounded(grad, bits).astype(np.float16) for grad in grads]

    return Problem.from_vjp(forward, backward, inputs, rng=seed)


def test_kinks_that_add_up_are_no_alarm() -> None:
    """Rectified units cross their kinks in every block at once: a joint direction that disagrees decides nothing."""
    for seed in (43, 167):  # two of two hundred in which each block agreed by itself, and all of them together did not
        report = verdict_of(rectified(seed, "float16"), seed)
        assert report.verdict in (Verdict.PASS, Verdict.INCONCLUSIVE)


def test_rectified_units_of_eight_bits_are_decided() -> None:
    """Most of them: what one direction cannot tell of all blocks together, four over longer moves can."""
    seen = Counter(verdict_of(rectified(seed, "bfloat16"), seed).verdict for seed in range(24))
    assert seen[Verdict.FAIL] == 0
    assert seen[Verdict.PASS] >= 16


def test_an_error_must_be_missed_by_every_direction_across_the_claims() -> None:
    """So the power is that of all of them, and those along a claim add nothing to it."""
    report = verdict_of(posed("linear", "float16", 1), 1)
    assert report.verdict is Verdict.PASS
    across = [probe for probe in report.probes if probe.tolerance == GROSS and len(probe.blocks) == 3]
    assert len(across) == 2 * ACROSS
    density = 2.0 / (np.sqrt(2.0 * np.pi) * 1.04)
    missed = [density * (probe.tolerance + probe.round_off_error) for probe in across]
    assert report.power["input0"] == pytest.approx((2.0 * np.prod(missed) / 0.001) ** (1.0 / len(missed)))


def test_what_a_faint_claim_lacks_shows_among_the_faint() -> None:
    """Beside large blocks a bias of three drowns: where its own claim agrees, directions of it alone look across it."""
    rng = np.random.default_rng(3)
    c = rng.standard_normal(40)
    x = np.concatenate([np.full(40, 1.0), [0.02, -0.03, 0.04]])

    def loss(p: Any) -> Any:
        if p["b"].dtype != np.float16:
            raise TypeError("expected 16 bits")
        return np.float16(c @ p["w"].astype(np.float64) + np.sum(p["b"].astype(np.float64)))

    params = {"w": x[:40].astype(np.float16), "b": x[40:].astype(np.float16)}
    for last, verdict in ((1.0, Verdict.PASS), (0.0, Verdict.INCONCLUSIVE)):
        claim = {"w": c.astype(np.float16), "b": np.array([1.0, 1.0, last], np.float16)}
        problem = Problem(loss, lambda _, claim=claim: claim, params)
        assert {verdict_of(problem, seed).verdict for seed in range(4)} == {verdict}


def last_bias(size: float, factor: float, seed: int) -> Problem:
    """``c . w + s . b`` in eight bits: forty weights near 1.5, and three biases of that size, which move it little."""
    rng = np.random.default_rng(seed)
    c, s = rng.standard_normal(40), np.array([1.0, -1.0, 1.0])
    start = {"w": 1.0 + rng.random(40), "b": size * np.array([1.0, -1.5, 0.8])}

    def loss(p: Any) -> Any:
        if p["b"].dtype != np.float16:
            raise TypeError("expected 16 bits")
        return rounded(c @ rounded(p["w"], 8) + s @ rounded(p["b"], 8), 8).astype(np.float16)

    claim = {"w": rounded(c, 8).astype(np.float16), "b": (factor * s).astype(np.float16)}
    return Problem(loss, lambda _: claim, {name: rounded(x, 8).astype(np.float16) for name, x in start.items()})


@pytest.mark.parametrize("size", [0.05, 0.2])
def test_a_wrong_sign_shows_where_little_more_than_it_could_be_told(size: float) -> None:
    """Off by 2, where the slope is known to 0.25: a right one is off by 0, and raises no alarm."""
    for seed in range(10):
        assert verdict_of(last_bias(size, 1.0, seed), seed).verdict is not Verdict.FAIL
        report = verdict_of(last_bias(size, -1.0, seed), seed)
        assert {block.name: block.verdict.name for block in report.blocks} == {"w": "PASS", "b": "FAIL"}


def test_what_is_no_disagreement_over_smaller_moves_is_looked_at_over_longer_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A jump of the slope may make a move disagree; as long as the slope is not known, that decides nothing."""
    asked: list[float] = []
    monkeypatch.setattr(low_precision, "_persists", lambda _line, move, _limit: bool(asked.append(move)))
    for seed in range(10):
        asked.clear()
        _, place = _looked_at(last_bias(0.2, -1.0, seed))
        assert all(outcome.verdict is not Verdict.FAIL for outcome in place.outcomes)
        if len(asked) > 1:
            break
    assert asked == sorted(set(asked))
    assert len(asked) > 1


@pytest.mark.parametrize("lacking", [0, 1, 3])
def test_entries_that_a_claim_lacks_show_across_it(lacking: int) -> None:
    """Along the claim itself nothing is missing."""
    seen = Counter(verdict_of(rectified(seed, "bfloat16", lacking=lacking), seed).verdict for seed in range(8))
    assert seen[Verdict.PASS] == 0
