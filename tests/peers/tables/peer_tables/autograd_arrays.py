"""The functions of ``autograd.numpy`` that HIPS autograd's suite checks numerically, with shapes like those it uses."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import autograd.numpy as anp
import autograd.numpy.linalg as la
import numpy as np

from peer_tables.case import Case

__all__ = ["CASES"]

RNG = np.random.default_rng(0)
BROADCAST = (((), ()), ((3,), ()), ((4,), (1, 4)), ((3, 4), (4,)), ((2, 1), (3, 2, 4)))
# Functions of one argument, and the interval in which the suite looks at them.
UNARY: dict[str, tuple[float, float]] = {
    "abs": (0.1, 4.0), "arccos": (-0.9, 0.9), "arccosh": (1.1, 4.0), "arcsin": (-0.9, 0.9), "arcsinh": (-0.9, 0.9),
    "arctan": (-0.9, 0.9), "arctanh": (-0.9, 0.9), "ceil": (-1.5, 1.5), "cos": (-2.0, 2.0), "cosh": (-2.0, 2.0),
    "deg2rad": (-2.0, 2.0), "degrees": (-2.0, 2.0), "exp": (-2.0, 2.0), "exp2": (-2.0, 2.0), "expm1": (-2.0, 2.0),
    "fabs": (-2.0, 2.0), "floor": (-1.5, 1.5), "log": (0.2, 2.0), "log10": (0.2, 2.0), "log1p": (0.2, 2.0),
    "log2": (0.2, 2.0), "nan_to_num": (-2.0, 2.0), "negative": (-2.0, 2.0), "rad2deg": (-2.0, 2.0),
    "radians": (-2.0, 2.0), "real": (-2.0, 2.0), "conj": (-2.0, 2.0), "reciprocal": (0.5, 2.0), "sign": (-2.0, 2.0),
    "sin": (-2.0, 2.0), "sinc": (0.1, 2.0), "sinh": (-2.0, 2.0), "sqrt": (1.0, 3.0), "square": (-2.0, 2.0),
    "tan": (-1.1, 1.1), "tanh": (-2.0, 2.0),
}  # fmt: skip
COMPLEX = ("abs", "conj", "cos", "cosh", "exp", "imag", "log", "real", "sin", "sinh", "sqrt", "tan", "tanh", "negative")
BINARY: dict[str, tuple[tuple[float, float], tuple[float, float]]] = {
    "add": ((-2.0, 2.0), (-2.0, 2.0)), "subtract": ((-2.0, 2.0), (-2.0, 2.0)), "multiply": ((-2.0, 2.0), (-2.0, 2.0)),
    "divide": ((-2.0, 2.0), (0.3, 2.0)), "true_divide": ((-2.0, 2.0), (-2.0, -0.3)), "power": ((0.7, 2.0), (-2.0, 2.0)),
    "logaddexp": ((-2.0, 2.0), (-2.0, 2.0)), "logaddexp2": ((-2.0, 2.0), (-2.0, 2.0)),
    "hypot": ((0.5, 2.0), (0.5, 2.0)),
    "maximum": ((-2.0, 2.0), (-2.0, 2.0)), "minimum": ((-2.0, 2.0), (-2.0, 2.0)), "fmax": ((-2.0, 2.0), (-2.0, 2.0)),
    "fmin": ((-2.0, 2.0), (-2.0, 2.0)), "arctan2": ((-2.0, 2.0), (0.3, 2.0)), "mod": ((-2.0, 2.0), (2.1, 4.0)),
    "remainder": ((-0.9, 0.9), (1.1, 1.9)),
}  # fmt: skip
REDUCTIONS = ("sum", "mean", "prod", "var", "std", "max", "min")
PRODUCTS: dict[str, Sequence[tuple[tuple[int, ...], tuple[int, ...]]]] = {
    "dot": (((), (3,)), ((3,), (3,)), ((2, 3), (3,)), ((2, 3), (3, 4)), ((3,), (3, 4)), ((2, 2, 3), (3, 4))),
    "matmul": (((3,), (3,)), ((2, 3), (3, 4)), ((5, 2, 3), (5, 3, 4)), ((5, 2, 3), (3, 4)), ((3,), (5, 3, 4))),
    "outer": (((3,), (4,)), ((2,), (5,))),
    "inner": (((3,), (3,)), ((2, 3), (4, 3))),
    "kron": (((2, 2), (2, 3)), ((3,), (2,))),
}
EINSUMS = ("ij->ji", "ij,jk->ik", "ijk,lji->lki", "...jk,...lj->...lk", "ij->", "i,j->ij", "ijk,lji,lki->l")
SIZES = {"i": 3, "j": 3, "k": 3, "l": 3}


def _within(limits: tuple[float, float], shape: tuple[int, ...]) -> Any:
    return RNG.uniform(*limits, shape)


def _normal(*shape: int) -> Any:
    return RNG.standard_normal(shape)


def _elementwise() -> Iterator[Case]:
    flat = {"ceil", "floor", "sign"}
    for name, limits in UNARY.items():
        for shape in ((), (4,), (3, 4)):
            yield Case(
                name=f"{name}{shape}",
                function=getattr(anp, name),
                inputs=(_within(limits, shape),),
                constant=name in flat,
            )
    for name in COMPLEX:
        inputs = _within((0.2, 0.9), (3,)) + 1j * _within((0.2, 0.9), (3,))
        yield Case(name=f"{name} complex", function=getattr(anp, name), inputs=(inputs,))
    for name, (left, right) in BINARY.items():
        for a, b in BROADCAST:
            yield Case(
                name=f"{name}{a}{b}",
                function=getattr(anp, name),
                inputs=(_within(left, a), _within(right, b)),
                forward=name not in FORWARD_MISSING,
            )


def _reductions() -> Iterator[Case]:
    for name, (shape, axis), keepdims in itertools.product(
        REDUCTIONS, (((4,), None), ((3, 4), 0), ((3, 4), 1), ((2, 3, 4), None), ((2, 3, 4), (0, 2))), (False, True)
    ):
        if name in ("max", "min", "prod", "var") and isinstance(axis, tuple):
            continue
        yield Case(
            name=f"{name}{shape} axis={axis} keepdims={keepdims}",
            function=_with(getattr(anp, name), axis=axis, keepdims=keepdims),
            inputs=(_normal(*shape),),
        )
    for axis in (0, -1):
        yield Case(name=f"cumsum axis={axis}", function=_with(anp.cumsum, axis=axis), inputs=(_normal(3, 4),))
    yield Case(name="sort", function=anp.sort, inputs=(_normal(7),))
    for kth in (0, 3, 6):
        yield Case(name=f"partition kth={kth}", function=_with(anp.partition, kth=kth), inputs=(_normal(7),))


def _with(function: Callable[..., Any], **options: Any) -> Callable[..., Any]:
    return lambda x: function(x, **options)


def _products() -> Iterator[Case]:
    for name, shapes in PRODUCTS.items():
        for a, b in shapes:
            yield Case(name=f"{name}{a}{b}", function=getattr(anp, name), inputs=(_normal(*a), _normal(*b)))
    for axes, a, b in ((1, (2, 3), (3, 4)), (2, (4, 2, 3), (2, 3, 5)), (((0, 1), (1, 0)), (2, 3, 4), (3, 2, 5))):
        yield Case(
            name=f"tensordot axes={axes}",
            function=lambda x, y, axes=axes: anp.tensordot(x, y, axes),
            inputs=(_normal(*a), _normal(*b)),
        )
    for text in EINSUMS:
        terms = [term.replace("...", "ab") for term in text.split("->")[0].split(",")]
        yield Case(
            name=f"einsum {text}",
            function=lambda *operands, text=text: anp.einsum(text, *operands),
            inputs=tuple(_normal(*(SIZES.get(letter, 2) for letter in term)) for term in terms),
        )


SHAPING: dict[str, tuple[Callable[..., Any], tuple[int, ...]]] = {
    "reshape": (lambda x: anp.reshape(x, (4, 3)), (3, 4)),
    "reshape F": (lambda x: anp.reshape(x, (4, 3), order="F"), (3, 4)),
    "ravel": (anp.ravel, (3, 4)),
    "squeeze": (anp.squeeze, (3, 1, 4)),
    "expand_dims": (lambda x: anp.expand_dims(x, 1), (3, 4)),
    "transpose": (anp.transpose, (2, 3, 4)),
    "transpose 120": (lambda x: anp.transpose(x, (1, 2, 0)), (2, 3, 4)),
    "swapaxes": (lambda x: anp.swapaxes(x, 0, 2), (2, 3, 4)),
    "moveaxis": (lambda x: anp.moveaxis(x, 0, 2), (2, 3, 4)),
    "rollaxis": (lambda x: anp.rollaxis(x, 2, 0), (2, 3, 4)),
    "repeat": (lambda x: anp.repeat(x, 3, axis=1), (2, 3)),
    "tile": (lambda x: anp.tile(x, (2, 3)), (2, 3)),
    "roll": (lambda x: anp.roll(x, 2, axis=1), (2, 5)),
    "pad": (lambda x: anp.pad(x, ((1, 2), (0, 3)), "constant"), (2, 3)),
    "diag": (anp.diag, (3,)),
    "diag of a matrix": (anp.diag, (3, 3)),
    "trace": (anp.trace, (4, 5)),
    "trace offset": (lambda x: anp.trace(x, offset=1), (4, 5)),
    "triu": (anp.triu, (4, 5)),
    "tril": (lambda x: anp.tril(x, k=-1), (4, 5)),
    "flipud": (anp.flipud, (3, 4)),
    "fliplr": (anp.fliplr, (3, 4)),
    "rot90": (anp.rot90, (3, 4)),
    "clip": (lambda x: anp.clip(x, -0.5, 0.5), (3, 4)),
    "diff": (lambda x: anp.diff(x, axis=1), (3, 5)),
    "diff twice": (lambda x: anp.diff(x, n=2), (3, 5)),
    "gradient": (anp.gradient, (6,)),
    "atleast_3d": (anp.atleast_3d, (3, 4)),
    "split": (lambda x: anp.split(x, [1, 3]), (5, 2)),
    "array_split": (lambda x: anp.array_split(x, 2, axis=1), (2, 5)),
    "concatenate": (lambda x: anp.concatenate([x, 2.0 * x], axis=1), (2, 3)),
    "stack": (lambda x: anp.stack([x, anp.sin(x)]), (2, 3)),
    "vstack": (lambda x: anp.vstack([x, x**2]), (2, 3)),
    "hstack": (lambda x: anp.hstack([x, x**2]), (2, 3)),
    "index": (lambda x: x[1], (3, 4)),
    "slice": (lambda x: x[::-1, 1:3], (3, 4)),
    "fancy index, repeated": (lambda x: x[[0, 2, 2, 1]], (3, 4)),
    "boolean index": (lambda x: x[np.array([True, False, True])], (3, 4)),
    "where": (lambda x: anp.where(x > 0, x**2, x), (3, 4)),
    "broadcast_to": (lambda x: anp.broadcast_to(x, (3, 4)), (3, 1)),
    "cross": (lambda x: anp.cross(x, x[::-1] ** 2), (2, 3)),
}
MATRICES: dict[str, Callable[..., Any]] = {
    "inv": la.inv,
    "pinv": la.pinv,
    "det": la.det,
    "slogdet": lambda x: la.slogdet(x)[1],
    "norm": la.norm,
    "norm of rows": lambda x: la.norm(x, axis=1),
    "norm 3 of rows": lambda x: la.norm(x, 3, axis=1),
    "nuclear norm": lambda x: la.norm(x, "nuc"),
    "singular values": lambda x: la.svd(x, compute_uv=False),
    "eigh": lambda x: la.eigh(x @ x.T + anp.diag(anp.arange(4.0)))[0],
    "eig": lambda x: anp.real(la.eig(x @ x.T + anp.diag(anp.arange(4.0)))[0]),
    "cholesky": lambda x: la.cholesky(x @ x.T + 4.0 * anp.eye(4)),
    "solve": lambda x: la.solve(x, anp.arange(4.0)),
    "solve many": lambda x: la.solve(x, x[:, :2] ** 2),
}
FORWARD_MISSING = (
    *("cholesky", "det", "diff", "diff twice", "eig", "eigh", "gradient", "hypot", "inv", "nuclear norm", "pinv"),
    *("singular values", "slogdet", "solve", "solve many"),
)
TRANSFORMS = ("fft", "ifft", "fft2", "ifft2", "fftn", "ifftn", "rfft", "rfft2", "rfftn", "fftshift", "ifftshift")


def _others() -> Iterator[Case]:
    for name, (function, shape) in SHAPING.items():
        yield Case(name=name, function=function, inputs=(_normal(*shape),), forward=name not in FORWARD_MISSING)
    for name, function in MATRICES.items():
        matrix = _normal(4, 4) + 3.0 * np.eye(4)
        yield Case(name=name, function=function, inputs=(matrix,), forward=name not in FORWARD_MISSING)
    for name in TRANSFORMS:
        yield Case(name=f"fft.{name}", function=getattr(anp.fft, name), inputs=(_normal(4, 6),), forward=False)


CASES = [*_elementwise(), *_reductions(), *_products(), *_others()]
