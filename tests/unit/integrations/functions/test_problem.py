"""Both products of a function as one problem."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest

from gradcheck import Finding, InvalidArgumentError, Severity
from gradcheck.integrations.functions import (
    BOTH,
    MissingLibraryError,
    Options,
    Product,
    check_linearised,
    require,
)

Arrays = Sequence[npt.NDArray[np.float64]]
NOTE = Finding(id="note", severity=Severity.INFO, message="something that running it showed")


class Product2:
    """``x * y`` with claims that can be wrong by a factor."""

    names = ("x", "y")
    values = (np.array([1.0, -2.0, 0.5]), np.array([0.3, 1.5, -1.0]))

    def __init__(self, reverse: float = 1.0, forward: float = 1.0) -> None:
        self.reverse, self.forward = reverse, forward

    def outputs(self, arrays: Arrays) -> list[npt.NDArray[np.float64]]:
        """One output."""
        return [arrays[0] * arrays[1]]

    def vjp(self, arrays: Arrays, cotangents: Arrays) -> list[npt.NDArray[np.float64]]:
        """Of both inputs; the second may be wrong."""
        return [cotangents[0] * arrays[1], self.reverse * cotangents[0] * arrays[0]]

    def jvp(self, arrays: Arrays, tangents: Arrays) -> list[npt.NDArray[np.float64]]:
        """The part of the second input may be wrong."""
        return [tangents[0] * arrays[1] + self.forward * arrays[0] * tangents[1]]

    def findings(self) -> tuple[Finding, ...]:
        """One."""
        return (NOTE,)


@pytest.mark.parametrize(
    ("function", "wrong"),
    [
        (Product2(), []),
        (Product2(reverse=-1.0), ["y"]),
        (Product2(forward=1.001), ["y (jvp)"]),
        (Product2(reverse=2.0, forward=0.0), ["y", "y (jvp)"]),
    ],
    ids=["right", "reverse", "forward", "both"],
)
def test_the_wrong_product_is_named(function: Product2, wrong: list[str]) -> None:
    """The block says which input, and which product."""
    report = check_linearised(function, BOTH, Options(), interface="test")
    assert report.verdict.name == ("FAIL" if wrong else "PASS")
    assert [block.name for block in report.blocks if block.verdict.name == "FAIL"] == wrong
    assert NOTE in report.findings
    assert report.interface == "test"


@pytest.mark.parametrize("products", [(), ("gradient",)], ids=str)
def test_other_products_are_refused(products: tuple[Product, ...]) -> None:
    """None at all would show nothing."""
    with pytest.raises(InvalidArgumentError, match="vjp, jvp"):
        check_linearised(Product2(), products, Options(), interface="test")


def test_a_missing_library_is_told_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is an ``ImportError`` with the cure."""
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingLibraryError, match=r"pip install 'gradcheck\[torch\]'"):
        require("torch", "torch")
