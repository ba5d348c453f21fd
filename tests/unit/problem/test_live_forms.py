"""What live parameters and their gradients may look like: tied, overlapping, locked or claimed in another form."""

# ruff: noqa: ARG005 - cases are functions of one form, whatever they use of it

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from gradcheck import Problem, check, ref
from gradcheck.errors import InvalidArgumentError
from gradcheck.problem import OracleUnavailableError
from gradcheck.problem.structure import StructureMismatchError

TIED = {
    "totals": lambda a, b: {"a": b**2 + 2 * a * b, "b": b**2 + 2 * a * b},
    "parts": lambda a, b: {"a": b**2, "b": 2 * a * b},
    "one name": lambda a, b: {"b": b**2 + 2 * a * b},
    "wrong": lambda a, b: {"a": b**2, "b": a * b},
    "missing": lambda a, b: {"a": None, "b": b},
    "wrong shape": lambda a, b: {"a": b**2, "b": np.ones((2, 2))},
}


@pytest.mark.parametrize("name", TIED)
@pytest.mark.parametrize("by", ["array", "place"])
def test_tied_parameters_by_either_convention(name: str, by: str) -> None:
    """``L = sum a b^2`` with ``a`` and ``b`` one array: the total is ``3 a^2``."""
    shared = np.array([1.0, -2.0, 0.5])
    held = {"a": shared, "b": shared[:]}
    places = {"a": ref(held, "a"), "b": ref(held, "b")} if by == "place" else held
    problem = Problem.live(lambda: np.sum(held["a"] * held["b"] ** 2), lambda: TIED[name](held["a"], held["b"]), places)
    assert [block.name for block in problem.blocks] == ["a=b"]
    expected = "PASS" if name in ("totals", "parts", "one name") else "FAIL"
    assert check(problem).verdict.name == expected
    assert held["a"] is shared


@pytest.mark.parametrize(("factor", "verdict"), [(2.0, "PASS"), (4.0, "PASS"), (3.0, "FAIL"), (0.0, "FAIL")])
@pytest.mark.parametrize("sign", [1, -1])
def test_equal_tied_claims_are_totals_or_parts_as_the_loss_says(factor: float, verdict: str, sign: int) -> None:
    """``L = sum a^2 + sum b^2``: each part is ``2 a``, the total ``4 a``; both names may claim either."""
    w = np.array([1.0, -2.0])
    claim = lambda: {"a": sign * factor * w, "b": sign * factor * w}  # noqa: E731
    problem = Problem.live(lambda: np.sum(w**2) + np.sum(w**2), claim, {"a": w, "b": w}, sign=sign)
    assert check(problem).verdict.name == verdict


def test_tied_places_of_numbers_and_lists() -> None:
    """One place under two names is one block; equal numbers in two places are two."""
    held = {"x": 1.5, "y": 1.5, "w": [1.0, 2.0]}
    params = {"a": ref(held, "x"), "b": ref(held, "x"), "c": ref(held, "y"), "d": ref(held, "w"), "e": ref(held, "w")}
    problem = Problem.live(lambda: 0.0, lambda: None, params)
    assert [block.name for block in problem.blocks] == ["a=b", "c", "d=e"]


@pytest.mark.parametrize(
    ("pick_a", "pick_b"),
    [
        (lambda w: w[:2], lambda w: w[1:]),
        (lambda w: w, lambda w: w.T),
        (lambda w: w, lambda w: w[::-1]),
        (lambda w: w, lambda w: w.view(np.int64).view(np.float32)),
    ],
    ids=["rows", "transposed", "reversed", "other dtype"],
)
def test_partial_overlap_is_refused(pick_a: Any, pick_b: Any) -> None:
    """By name, with the cure."""
    w = np.arange(9.0).reshape(3, 3)
    with pytest.raises(InvalidArgumentError, match=r"params\['a'\] and params\['b'\] share memory.*not both"):
        Problem.live(lambda: 0.0, lambda: None, {"a": pick_a(w), "b": pick_b(w)})


def test_parts_of_one_array_that_interleave_are_apart() -> None:
    """Columns of one matrix, the matrices of a flat vector, empty parts."""
    M = np.arange(12.0).reshape(3, 4)
    parts = {"even": M[:, ::2], "odd": M[:, 1::2], "none": M[:0], "nothing": M[:0]}
    problem = Problem.live(lambda: np.sum(M**2), lambda: {name: 2 * part for name, part in parts.items()}, parts)
    assert len(problem.blocks) == 4
    assert check(problem).verdict.name == "PASS"


def _locked() -> Any:
    array = np.ones(3)
    array.flags.writeable = False
    return array


@dataclasses.dataclass(frozen=True)
class Frozen:
    """Cannot be assigned."""

    bias: float = 0.5
    weight: Any = dataclasses.field(default_factory=lambda: np.array([1.0, 2.0]))


UNUSABLE: list[tuple[Any, str]] = [
    (lambda: [("w", 1)], "params is a list; expected a mapping of names"),
    (lambda: {"w": _locked()}, r"params\['w'\] is a read-only array; expected a writable one.*ref\(owner"),
    (lambda: {"w": 0.5}, r"params\['w'\] is a float, which cannot be changed in place.*ref\(owner"),
    (lambda: {"w": [1.0]}, r"params\['w'\] is a list, which cannot be changed in place.*ref\(owner"),
    (lambda: {"w": "abc"}, r"params\['w'\] is a str; expected an array"),
    (lambda: {"w": np.ones(2) * 1j}, r"params\['w'\] is complex"),
    (lambda: {"w": ref(Frozen(), "bias")}, r"ref\(Frozen, 'bias'\) cannot be assigned \(FrozenInstanceError"),
    (lambda: {"w": ref((1.0, 2.0), 0)}, r"ref\(tuple, 0\) cannot be assigned \(TypeError"),
    (lambda: {"w": ref({"w": None}, "w")}, "w is a NoneType; expected an array"),
    (lambda: ref({}, "w"), r"ref\(dict, 'w'\) holds nothing: KeyError.*Name an attribute or key"),
    (lambda: ref(Frozen(), "w"), r"ref\(Frozen, 'w'\) holds nothing"),
    (lambda: ref([], 0), r"ref\(list, 0\) holds nothing"),
]


@pytest.mark.parametrize(("params", "message"), UNUSABLE, ids=[message[:40] for _, message in UNUSABLE])
def test_unusable_parameters_are_refused_with_the_cure(params: Any, message: str) -> None:
    """Before anything is touched."""
    with pytest.raises(InvalidArgumentError, match=message):
        Problem.live(lambda: 0.0, lambda: None, params())


def test_an_array_in_a_frozen_place_is_written_into() -> None:
    """Nothing has to be assigned."""
    frozen = Frozen()
    problem = Problem.live(
        lambda: np.sum(frozen.weight**2), lambda: 2 * frozen.weight, {"weight": ref(frozen, "weight")}
    )
    assert check(problem).verdict.name == "PASS"


CLAIMS: list[tuple[Any, str | None]] = [
    (lambda a, b: {"a": 2 * a, "b": 2 * b}, None),
    (lambda a, b: [2 * a, 2 * b], None),
    (lambda a, b: (2 * a, 2 * b), None),
    (lambda a, b: {"a": 2 * a}, r"missing \['b'\], surplus none"),
    (lambda a, b: {"a": 2 * a, "b": 2 * b, "c": 0}, r"missing none, surplus \['c'\]"),
    (lambda a, b: [2 * a], "returned a list of 1, expected a mapping"),
    (lambda a, b: 2 * a, "returned a ndarray, expected a mapping"),
    (lambda a, b: None, "returned a NoneType, expected a mapping"),
]


@pytest.mark.parametrize(("claim", "message"), CLAIMS, ids=[str(i) for i in range(len(CLAIMS))])
def test_forms_of_the_gradient(claim: Any, message: str | None) -> None:
    """By name, by order, or refused with what was expected."""
    a, b = np.array([1.0, 2.0]), np.array([[3.0]])
    problem = Problem.live(lambda: np.sum(a**2) + np.sum(b**2), lambda: claim(a, b), {"a": a, "b": b})
    if message is None:
        assert check(problem).verdict.name == "PASS"
    else:
        with pytest.raises(StructureMismatchError, match=message):
            problem.driver.gradient(problem.values())
        assert check(problem).finding("shape-mismatch") is not None


@pytest.mark.parametrize(
    ("form", "right"),
    [(lambda g: g, True), (lambda g: [g], True), (lambda g: g.tolist(), True), (lambda g: [[1.0], [2.0, 3.0]], False)],
    ids=["array", "sequence of one", "list of numbers", "ragged"],
)
def test_one_parameter_may_be_claimed_bare(form: Any, right: bool) -> None:
    """As an array, as a list of numbers, or in a sequence of one."""
    w = np.array([1.0, 2.0])
    report = check(Problem.live(lambda: np.sum(w**2), lambda: form(2 * w), {"w": w}))
    assert (report.verdict.name == "PASS") is right
    assert (report.finding("shape-mismatch") is None) is right


def test_a_gradient_buffer_that_is_used_again_is_copied() -> None:
    """Two calls do not share what they return."""
    w, buffer = np.array([1.0, 2.0]), np.empty(2)

    def gradient() -> Any:
        np.multiply(w, 2.0, out=buffer)
        return {"w": buffer}

    driver = Problem.live(lambda: np.sum(w**2), gradient, {"w": w}).driver
    first = driver.gradient([np.array([1.0, 1.0])])
    driver.gradient([np.array([5.0, 5.0])])
    np.testing.assert_array_equal(first[0], [2.0, 2.0])


def test_arrays_in_place_take_no_other_dtype() -> None:
    """The oracles are told so."""
    w = np.ones(3, np.float32)
    driver = Problem.live(lambda: np.sum(w), lambda: [np.ones(3)], {"w": w}).driver
    with pytest.raises(OracleUnavailableError, match="w is held in place as float32: it cannot take float64 values"):
        driver.loss([np.ones(3)])


def test_a_gradient_that_overwrites_live_parameters_is_named() -> None:
    """``input-mutated``, and put back."""
    w = np.array([1.0, 2.0])

    def gradient() -> Any:
        found = 2 * w
        w[...] -= 0.1 * found
        return [found]

    report = check(Problem.live(lambda: np.sum(w**2), gradient, {"w": w}))
    assert report.verdict.name == "PASS"
    assert "overwrites w" in report.finding("input-mutated").message  # type: ignore[union-attr]
    np.testing.assert_array_equal(w, [1.0, 2.0])
