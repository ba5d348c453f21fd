"""Numbers as a reader wants them: few digits, and as many as it takes to see a difference."""

from __future__ import annotations

from collections.abc import Sequence

from gradcheck.language import tr

__all__ = ["dimensions", "error_with_bound", "index", "pair", "percent", "ratio", "shape", "short"]

MISSING = "-"
MOST_DIGITS = 12


def short(value: float | None, digits: int = 2) -> str:
    """A number with few significant digits; a dash where nothing was measured.

    Examples
    --------
    >>> short(3.2187e-9), short(0.5), short(0.0), short(None)
    ('3.2e-09', '0.5', '0', '-')
    """
    return MISSING if value is None else f"{value:.{digits}g}"


def error_with_bound(error: float | None, bound: float | None, plus_minus: str = "+-") -> str:
    """A relative error beside the bound on it, both dimensionless.

    Examples
    --------
    >>> error_with_bound(0.5, 1e-10), error_with_bound(0.5, None), error_with_bound(None, None)
    ('0.5 +- 1e-10', '0.5', '-')
    >>> error_with_bound(0.999, 1e-12)
    '0.999 +- 1e-12'
    """
    told = _not_one(error)
    return told if error is None or bound is None else f"{told} {plus_minus} {short(bound)}"


def _not_one(error: float | None) -> str:
    """Two digits, or as many as it takes to see that a number is not 1: a ratio of 0.001 leaves an error of 0.999."""
    for digits in range(2, 7):
        told = short(error, digits)
        if told != "1":
            return told
    return "1"


def ratio(value: float | None) -> str:
    """Claimed over true gradient, where it is one constant (dimensionless)."""
    return short(value, 6)


def percent(share: float) -> str:
    """A share in per cent, with two significant digits.

    Examples
    --------
    >>> percent(5e-5), percent(0.5), percent(1.0)
    ('0.005 %', '50 %', '100 %')
    """
    value = f"{100.0 * share:.2g}"
    mantissa, _, exponent = value.partition("e")
    return (
        f"{float(value):.0f} %"
        if exponent and int(exponent) > 0
        else f"{mantissa}{'e' if exponent else ''}{exponent} %"
    )


def pair(analytic: float, numeric: float) -> tuple[str, str]:
    """Two numbers with the same count of digits: six, or as many as it takes to see that they differ.

    Examples
    --------
    >>> pair(0.1, 0.2)
    ('0.1', '0.2')
    >>> pair(1.00000001, 1.0)
    ('1.00000001', '1')
    """
    for digits in range(6, MOST_DIGITS):
        first, second = f"{analytic:.{digits}g}", f"{numeric:.{digits}g}"
        if first != second:
            return first, second
    return f"{analytic:.6g}", f"{numeric:.6g}"


def shape(value: Sequence[int]) -> str:
    """A shape as NumPy writes it.

    Examples
    --------
    >>> shape((2, 4)), shape((3,)), shape(())
    ('(2, 4)', '(3,)', '()')
    """
    return str(tuple(value))


def dimensions(value: Sequence[int]) -> str:
    """A shape for somebody who has not met tuples.

    Examples
    --------
    >>> dimensions((2, 4)), dimensions((3,)), dimensions(())
    ('2 x 4', '3', 'one number')
    """
    return " x ".join(map(str, value)) or tr("one number")


def index(value: Sequence[int]) -> str:
    """An index as it is typed behind the array's name.

    Examples
    --------
    >>> index((0, 1)), index(())
    ('[0, 1]', '[()]')
    """
    return f"[{', '.join(map(str, value))}]" if value else "[()]"
