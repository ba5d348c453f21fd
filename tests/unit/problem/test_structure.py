"""Parameters of every form: taken apart, rebuilt as they were, refused with path, expectation and cure."""

# ruff: noqa: ARG005, PLW0108 - cases are functions of one form, whatever they use of it

from __future__ import annotations

import collections
import decimal
import types
from typing import Any, NamedTuple

import numpy as np
import pytest
import scipy.sparse

from gradcheck import Problem, check
from gradcheck.errors import InvalidArgumentError
from gradcheck.problem.leaves import as_block_array, same_bits
from gradcheck.problem.structure import StructureMismatchError, flatten

pytestmark = pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")


class Layer(NamedTuple):
    """Weights and bias."""

    W: Any
    b: Any


class Keeper(dict[str, Any]):
    """A mapping with an attribute."""

    note = "none"


class Other(list[Any]):
    """A list that is built from two arguments."""

    def __init__(self, a: Any, b: Any) -> None:
        super().__init__([a, b])


A, B = np.array([[1.0, -2.0], [0.5, 3.0]]), np.array([0.25, -0.75])
KEEPER = Keeper(W=A)
KEEPER.note = "kept"
FORMS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "array": (A, ("params",)),
    "flat vector": (B, ("params",)),
    "number": (0.5, ("params",)),
    "NumPy number": (np.float32(0.5), ("params",)),
    "0-d": (np.array(2.0), ("params",)),
    "mapping": ({"W": A, "b": B}, ("W", "b")),
    "list": ([A, B], ("[0]", "[1]")),
    "tuple": ((A, 0.5), ("[0]", "[1]")),
    "named tuple": (Layer(A, B), ("[0]", "[1]")),
    "ordered": (collections.OrderedDict(b=B, W=A), ("b", "W")),
    "default": (collections.defaultdict(list, W=A), ("W",)),
    "mapping with attributes": (KEEPER, ("W",)),
    "read-only mapping": (types.MappingProxyType({"W": A}), ("W",)),
    "list by another constructor": (Other(A, B), ("[0]", "[1]")),
    "numbers as keys": ({1: A, 2: B}, ("1", "2")),
    "one path twice": ({1: A, "1": B}, ("1", "1 (2)")),
    "nested": (
        {"layers": [Layer(A, B), {"W": [A], "b": 0.5}], "s": 1.5},
        ("layers[0][0]", "layers[0][1]", "layers[1].W[0]", "layers[1].b", "s"),
    ),
    "list of numbers": ([0.5, 1.0, -2.0], ("params",)),
    "list of NumPy numbers": ([np.float64(0.5), 1.0], ("params",)),
    "matrix as lists": ([[0.5, 1.0], [-2.0, 3.0]], ("params",)),
    "one list twice": ({"a": (row := [1.0, 2.0]), "b": row}, ("a", "b")),
    "np.matrix": (np.matrix(A), ("params",)),
    "Fortran order": (np.asfortranarray(A), ("params",)),
    "strided": (np.arange(12.0).reshape(3, 4)[::2, ::3], ("params",)),
    "float16": (A.astype(np.float16), ("params",)),
    "float32": (A.astype(np.float32), ("params",)),
    "longdouble": (A.astype(np.longdouble), ("params",)),
    "big-endian": (A.astype(">f8"), ("params",)),
    "with an empty block": ({"W": A, "e": np.empty((0, 3))}, ("W", "e")),
}


def _leaves(params: Any) -> list[Any]:
    return flatten(params)[0].extract(params)


def _square(value: Any) -> Any:
    return sum(float(np.sum(np.asarray(leaf, dtype=np.float64) ** 2)) for leaf in _leaves(value))


def _double(value: Any) -> Any:
    structure, arrays = flatten(value)
    return structure.build([2 * array for array in arrays])


@pytest.mark.parametrize("name", FORMS)
def test_parameters_are_rebuilt_as_they_were(name: str) -> None:
    """Same types, same numbers, other objects."""
    params, names = FORMS[name]
    structure, arrays = flatten(params)
    assert structure.names == names
    built = structure.build(arrays)
    assert type(built) is type(params) or (type(params), type(built)) == (Other, list)
    for old, new, array in zip(_leaves(params), structure.extract(built), arrays, strict=True):
        assert type(new) is type(old)
        assert not isinstance(old, np.ndarray) or not np.shares_memory(old, array)
        assert np.asarray(new).dtype == np.asarray(old).dtype
        np.testing.assert_array_equal(new, old)


@pytest.mark.parametrize("name", FORMS)
def test_any_form_is_checked(name: str) -> None:
    """The sum of squares and its derivative, and nothing of the caller's is changed."""
    params, _ = FORMS[name]
    before = [np.array(leaf, copy=True) for leaf in _leaves(params)]
    report = check(Problem(_square, _double, params))
    assert report.verdict.name == "PASS", report.reason
    assert report.finding("input-mutated") is None
    assert all(np.array_equal(a, b) for a, b in zip(before, _leaves(params), strict=True))


def test_kinds_of_mapping_are_kept() -> None:
    """Default factories and attributes."""
    assert flatten(FORMS["default"][0])[0].build([A]).default_factory is list
    assert flatten(KEEPER)[0].build([B]).note == "kept"
    assert KEEPER["W"] is A


@pytest.mark.parametrize("params", [{}, [], np.empty((0, 3)), {"a": [], "b": ()}], ids=repr)
def test_nothing_to_compare_is_invalid(params: Any) -> None:
    """Not a pass."""
    report = check(Problem(lambda p: 0.0, lambda p: p, params))
    assert report.verdict.name == "INVALID"
    assert "nothing to compare" in report.reason


@pytest.mark.parametrize("params", [{"W": np.arange(3)}, [[1, 2], [3, 4]], 3, True, np.array([True])], ids=str)
def test_integers_are_kept_and_refused_by_the_check_with_the_cure(params: Any) -> None:
    """``integer-dtype``."""
    assert flatten(params)[1][0].dtype.kind in "ib"
    report = check(Problem(_square, _double, params))
    assert report.verdict.name == "INVALID"
    assert "dtype=float" in report.finding("integer-dtype").message  # type: ignore[union-attr]


def _cyclic_list() -> list[Any]:
    value: list[Any] = [1.0]
    value.append(value)
    return value


def _cyclic_rows() -> list[Any]:
    value: list[Any] = [[1.0]]
    value[0].append(value[0])
    return value


def _cyclic_mapping() -> dict[str, Any]:
    value: dict[str, Any] = {"W": A}
    value["self"] = {"again": value}
    return value


class Tensor:
    """Something of another library."""


Tensor.__module__ = "torch.nn"
REFUSED: dict[str, tuple[Any, str, str]] = {
    "sparse matrix": (scipy.sparse.csr_matrix(A), "SciPy sparse", r"\.data.*\.toarray"),
    "sparse array": (scipy.sparse.coo_array(A), "SciPy sparse", r"\.data.*\.toarray"),
    "masked": (np.ma.masked_array(A, A > 0), "masked array", r"\.filled"),
    "complex": (A + 1j, "complex", "real and imaginary parts"),
    "complex number": (1j, "complex", "real and imaginary parts"),
    "complex in a list": ([1.0, 1j], "complex", "real and imaginary parts"),
    "objects": (np.array([A, None], dtype=object), "dtype=object", "list of its elements"),
    "decimals": ([decimal.Decimal(1)], "dtype=object", "astype"),
    "ragged": ([[1.0, 2.0], [3.0]], "not a regular array", "list of arrays"),
    "torch": (Tensor(), "torch array; expected NumPy", "Wrap"),
    "text": ("abc", "is a str; expected an array", "np.asarray"),
    "strings": (np.array(["a"]), "dtype=<U1", "Leave it out"),
    "dates": (np.datetime64("2020-01-01"), "datetime64", "Leave it out"),
    "none": (None, "NoneType; expected an array", "Leave it out"),
    "deque": (collections.deque([1.0]), "deque; expected an array", "np.asarray"),
    "set": ({1.0}, "set; expected an array", "np.asarray"),
    "record": (np.zeros(2, dtype=[("a", float)]), "dtype=", "Leave it out"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_would_be_guessed_at_is_refused_with_path_and_cure(name: str) -> None:
    """Deep inside, and at the top."""
    value, what, cure = REFUSED[name]
    with pytest.raises(InvalidArgumentError, match=rf"(?s)layers\[1\]\.W .*{what}.*{cure}"):
        Problem(_square, _double, {"layers": [{"W": A}, {"W": value}]})
    with pytest.raises(InvalidArgumentError, match=rf"(?s)params .*{what}.*{cure}"):
        Problem(_square, _double, value)
    with pytest.raises(InvalidArgumentError, match="params "):
        as_block_array(value, "")


@pytest.mark.parametrize(
    ("params", "path"),
    [(_cyclic_list(), r"\[1\]"), (_cyclic_rows(), r"\[0\]\[1\]"), (_cyclic_mapping(), "self.again")],
    ids=["list", "rows", "mapping"],
)
def test_cycles_are_refused(params: Any, path: str) -> None:
    """Named by the path that comes back."""
    with pytest.raises(InvalidArgumentError, match=f"{path} contains itself: pass a structure without cycles"):
        flatten(params)


PARAMS = {"W": A, "layers": [B, (0.5, B)]}
WRONG: list[tuple[Any, str]] = [
    (None, "the gradient is a NoneType, expected a mapping"),
    ([A, B], "the gradient is a list, expected a mapping"),
    ({"W": A}, r"missing \['layers'\], surplus none"),
    ({"W": A, "layers": [B, (0.5, B)], "x": 1}, r"missing none, surplus \['x'\]"),
    ({"W": A, "layers": B}, "layers is a ndarray, expected a sequence"),
    ({"W": A, "layers": [B]}, "layers has 1 elements, expected 2"),
    ({"W": A, "layers": [B, 3.0]}, r"layers\[1\] is a float, expected a sequence"),
]


@pytest.mark.parametrize(("claimed", "message"), WRONG, ids=str)
def test_gradients_of_another_structure_name_the_path(claimed: Any, message: str) -> None:
    """And fail the check."""
    with pytest.raises(StructureMismatchError, match=message):
        flatten(PARAMS)[0].extract(claimed)
    report = check(Problem(lambda p: _square(p), lambda _: claimed, PARAMS))
    assert report.verdict.name == "FAIL"
    assert report.finding("shape-mismatch") is not None


def test_boxes_go_where_arrays_go() -> None:
    """Values of another kind are handed on as they are."""
    box = object()
    for params in (1.5, np.float64(1.5), np.matrix(A), A):
        assert flatten(params)[0].build([box]) is box


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        (np.array([np.nan, 1.0]), np.array([np.nan, 1.0]), True),
        (np.array([0.0]), np.array([-0.0]), False),
        (np.array([1.0], np.float32), np.array([1.0], np.float32), True),
        (np.array([0.0], np.float32), np.array([-0.0], np.float32), False),
        (np.array([1.0]), np.array([1.0], np.float32), False),
        (np.ones((2, 1)), np.ones((1, 2)), False),
        (np.ones((4, 4))[::2, ::2], np.asfortranarray(np.ones((2, 2))), True),
        (np.array(1.0), np.array(1.0), True),
        (np.empty((0, 2)), np.empty((0, 2)), True),
        (np.array([PARAMS]), np.array([PARAMS]), True),
        (np.array([[1.0]], dtype=object), np.array([[1.5]], dtype=object), False),
    ],
)
def test_same_bits(a: Any, b: Any, same: bool) -> None:
    """NaN equals itself, signed zeros differ, layout in memory does not count."""
    assert same_bits(a, b) is same
