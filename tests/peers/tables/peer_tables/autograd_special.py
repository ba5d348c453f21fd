"""The functions of ``autograd.scipy`` that HIPS autograd's suite checks numerically, with shapes like those it uses."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import autograd.numpy as anp
import autograd.scipy.linalg as spla
import autograd.scipy.stats.multivariate_normal as mvn
import numpy as np
from autograd.scipy import signal, special, stats

from peer_tables.case import Case

__all__ = ["CASES"]

RNG = np.random.default_rng(1)
UNARY: dict[str, tuple[float, float]] = {
    "psi": (0.3, 2.0), "gamma": (0.3, 2.0), "gammaln": (0.3, 2.0), "rgamma": (0.3, 2.0), "j0": (0.2, 20.0),
    "j1": (0.2, 20.0), "y0": (0.2, 20.0), "y1": (0.2, 20.0), "i0": (0.2, 5.0), "i1": (0.2, 5.0), "erf": (-3.0, 3.0),
    "erfc": (-3.0, 3.0), "erfinv": (-0.95, 0.95), "erfcinv": (0.05, 1.95), "logit": (0.1, 0.9), "expit": (-4.0, 4.0),
}  # fmt: skip
SHAPES = (((4,), (4,)), ((4, 3), (4, 1)))


def _positive(shape: tuple[int, ...], least: float = 1.1) -> Any:
    return RNG.standard_normal(shape) ** 2 + least


def _unit(shape: tuple[int, ...]) -> Any:
    return RNG.uniform(0.05, 0.95, shape)


def _normal(shape: tuple[int, ...]) -> Any:
    return RNG.standard_normal(shape)


def _special() -> Iterator[Case]:
    for (name, limits), shape in itertools.product(UNARY.items(), ((), (4,), (3, 4))):
        yield _reverse(f"{name}{shape}", getattr(special, name), RNG.uniform(*limits, shape))
    for name, (a, b) in itertools.product(("beta", "betaln"), SHAPES):
        yield _reverse(f"{name}{a}", getattr(special, name), _positive(a), _positive(b))
    for name, order in itertools.product(("jn", "yn", "iv", "ive"), (1, 2)):
        function = getattr(special, name)
        yield _reverse(f"{name} {order}", _after(function, order), _positive((4,)))
    yield _reverse("polygamma", lambda x: special.polygamma(0, x), _positive((4,)))
    for name in ("gammainc", "gammaincc"):
        yield _reverse(name, _after(getattr(special, name), 1), _positive((4,)))
    yield _reverse("multigammaln", lambda x: special.multigammaln(x, 3), RNG.uniform(4.0, 5.0, (2, 3)))
    for axis, keepdims in itertools.product((None, 0, 1), (False, True)):
        options: dict[str, Any] = {"axis": axis, "keepdims": keepdims}
        weights = np.exp(_normal((3, 4)))
        yield Case(
            name=f"logsumexp {options}",
            function=lambda x, o=options: special.logsumexp(x, **o),
            inputs=(_normal((3, 4)),),
        )
        yield Case(
            name=f"logsumexp weighted {options}",
            function=lambda x, o=options, b=weights: special.logsumexp(x, b=b, **o),
            inputs=(_normal((3, 4)),),
        )


def _stats() -> Iterator[Case]:
    for name, (a, b) in itertools.product(("pdf", "cdf", "sf", "logpdf", "logcdf", "logsf"), SHAPES):
        yield _reverse(f"norm.{name}{a}", getattr(stats.norm, name), _normal(a), _normal(a[-1:]), _positive(b))
    for name, (a, b) in itertools.product(("pdf", "logpdf"), SHAPES):
        inputs = (_normal(a), _positive(b, 2.1), _normal(a), _positive(b, 2.1))
        yield _reverse(f"t.{name}{a}", getattr(stats.t, name), *inputs)
        yield _reverse(f"beta.{name}{a}", getattr(stats.beta, name), _unit(a), _positive(b), _positive(b))
        yield _reverse(f"gamma.{name}{a}", getattr(stats.gamma, name), _positive(a), _positive(b))
        yield _reverse(f"chi2.{name}{a}", _before(getattr(stats.chi2, name), 3), _positive(a))
    for name, (a, b) in itertools.product(("pmf", "logpmf", "cdf"), SHAPES):
        counts = np.round(_normal(a) ** 2).astype(int)
        yield _reverse(f"poisson.{name}{a}", _after(getattr(stats.poisson, name), counts), _positive(b))
    for name, shape in itertools.product(("pdf", "logpdf"), ((4,), (5, 4))):
        yield _reverse(
            f"multivariate_normal.{name}{shape}",
            _with_symmetric(getattr(mvn, name)),
            _normal(shape), _normal((4,)), _spread(4),
        )  # fmt: skip
    for name in ("pdf", "logpdf"):
        function = getattr(stats.dirichlet, name)
        proportions = np.array([0.1, 0.2, 0.3, 0.4])
        yield _reverse(f"dirichlet.{name} x", lambda x, f=function: f(x / anp.sum(x), np.arange(2.0, 6.0)), proportions)
        yield _reverse(f"dirichlet.{name} alpha", lambda a, f=function, x=proportions: f(x, a), _positive((4,)))


def _others() -> Iterator[Case]:
    for mode, (a, b) in itertools.product(
        ("full", "valid", "same"), (((5,), (3,)), ((6,), (2,)), ((4, 3), (2, 2)), ((6, 7), (3, 2)))
    ):
        yield _reverse(
            f"convolve {mode}{a}{b}", lambda x, y, m=mode: signal.convolve(x, y, mode=m), _normal(a), _normal(b)
        )
    yield _reverse("sqrtm", lambda x: spla.sqrtm(_symmetric(x)), _spread(3))
    yield _reverse("solve_sylvester", spla.solve_sylvester, _spread(3), _spread(3), _normal((3, 3)))
    for transposed, lower in itertools.product((0, 1), (False, True)):
        yield _reverse(
            f"solve_triangular {transposed} {lower}",
            lambda a, b, t=transposed, low=lower: spla.solve_triangular(a, b, trans=t, lower=low),
            _normal((4, 4)) + 3.0 * np.eye(4), _normal((4, 2)),
        )  # fmt: skip


def _after(function: Callable[..., Any], first: Any) -> Callable[..., Any]:
    return lambda x: function(first, x)


def _before(function: Callable[..., Any], second: Any) -> Callable[..., Any]:
    return lambda x: function(x, second)


def _with_symmetric(density: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x, mean, spread: density(x, mean, _symmetric(spread))


def _symmetric(matrix: Any) -> Any:
    return 0.5 * (matrix + anp.swapaxes(matrix, -1, -2))


def _spread(size: int) -> Any:
    matrix = _normal((size, size))
    return matrix.T @ matrix + np.eye(size)


def _reverse(name: str, function: Callable[..., Any], *inputs: Any) -> Case:
    return Case(name=name, function=function, inputs=inputs, forward=False)


CASES = [*_special(), *_stats(), *_others()]
