"""Backward functions that PyTorch ships, beside the forward functions that they belong to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.nn import functional

__all__ = ["BACKWARDS", "Backward", "as_function"]

aten = torch.ops.aten
Backward = Callable[..., tuple[Any, ...]]


def _normal(*shape: int) -> Any:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(sum(shape)), dtype=torch.float64)


def _layer_norm(g: Any, _: Any, x: Any, w: Any, b: Any) -> tuple[Any, ...]:
    mean, variance = x.mean(-1, keepdim=True), x.var(-1, keepdim=True, unbiased=False)
    rstd = (variance + 1e-5).rsqrt()
    grads: tuple[Any, ...] = aten.native_layer_norm_backward(g, x, [x.shape[-1]], mean, rstd, w, b, [True] * 3)
    return grads


def _max_pool(g: Any, _: Any, x: Any) -> tuple[Any, ...]:
    _, places = aten.max_pool2d_with_indices(x, [2, 2], [2, 2])
    return (aten.max_pool2d_with_indices_backward(g, x, [2, 2], [2, 2], [0, 0], [1, 1], False, places),)


PLACES = torch.tensor([0, 3, 3, 1])
TARGET = _normal(4, 4)
X = _normal(4, 4)
# Forward, backward(cotangent, output, *inputs), inputs.
BACKWARDS: dict[str, tuple[Callable[..., Any], Backward, tuple[Any, ...]]] = {
    "tanh": (torch.tanh, lambda g, y, _: (aten.tanh_backward(g, y),), (X,)),
    "sigmoid": (torch.sigmoid, lambda g, y, _: (aten.sigmoid_backward(g, y),), (X,)),
    "softmax": (
        lambda x: torch.softmax(x, -1),
        lambda g, y, x: (aten._softmax_backward_data(g, y, -1, x.dtype),),
        (X,),
    ),
    "log_softmax": (
        lambda x: torch.log_softmax(x, -1),
        lambda g, y, x: (aten._log_softmax_backward_data(g, y, -1, x.dtype),),
        (X,),
    ),
    "relu": (torch.relu, lambda g, _, x: (aten.threshold_backward(g, x, 0),), (X,)),
    "leaky_relu": (
        lambda x: functional.leaky_relu(x, 0.1),
        lambda g, _, x: (aten.leaky_relu_backward(g, x, 0.1, False),),
        (X,),
    ),
    "elu": (functional.elu, lambda g, _, x: (aten.elu_backward(g, 1, 1, 1, False, x),), (X,)),
    "gelu": (functional.gelu, lambda g, _, x: (aten.gelu_backward(g, x),), (X,)),
    "silu": (functional.silu, lambda g, _, x: (aten.silu_backward(g, x),), (X,)),
    "softplus": (functional.softplus, lambda g, _, x: (aten.softplus_backward(g, x, 1, 20),), (X,)),
    "hardswish": (functional.hardswish, lambda g, _, x: (aten.hardswish_backward(g, x),), (X,)),
    "mse_loss": (
        lambda x: functional.mse_loss(x, TARGET),
        lambda g, _, x: (aten.mse_loss_backward(g, x, TARGET, 1),),
        (X,),
    ),
    "smooth_l1_loss": (
        lambda x: functional.smooth_l1_loss(x, TARGET),
        lambda g, _, x: (aten.smooth_l1_loss_backward(g, x, TARGET, 1, 1.0),),
        (X,),
    ),
    "linear": (
        functional.linear,
        lambda g, _, x, w, b: (g @ w, g.T @ x, g.sum(0) + 0 * b),
        (X, _normal(3, 4), _normal(3)),
    ),
    "broadcast product": (
        torch.mul,
        lambda g, _, x, w: ((g * w).sum((0,), keepdim=True), g * x),
        (_normal(1, 4), _normal(5, 4)),
    ),
    "layer_norm": (
        lambda x, w, b: functional.layer_norm(x, [4], w, b),
        _layer_norm,
        (X, 1 + 0.1 * _normal(4), _normal(4)),
    ),
    "conv2d": (
        functional.conv2d,
        lambda g, _, x, w, b: aten.convolution_backward(
            g, x, w, list(b.shape), [1, 1], [0, 0], [1, 1], False, [0, 0], 1, [True] * 3
        ),
        (_normal(2, 3, 5, 5), _normal(4, 3, 3, 3), _normal(4)),
    ),
    "avg_pool2d": (
        lambda x: functional.avg_pool2d(x, 2),
        lambda g, _, x: (aten.avg_pool2d_backward(g, x, [2, 2], [2, 2], [0, 0], False, True, None),),
        (_normal(2, 3, 4, 4),),
    ),
    "max_pool2d": (lambda x: functional.max_pool2d(x, 2), _max_pool, (_normal(2, 3, 4, 4),)),
    "embedding": (
        lambda w: functional.embedding(PLACES, w),
        lambda g, _, w: (aten.embedding_dense_backward(g, PLACES, len(w), -1, False),),
        (X,),
    ),
}


def as_function(forward: Callable[..., Any], backward: Backward) -> Any:
    """A ``torch.autograd.Function`` of the two."""

    class Shipped(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, *inputs: Any) -> Any:
            output = forward(*inputs)
            ctx.save_for_backward(output, *inputs)
            return output

        @staticmethod
        def backward(ctx: Any, grad: Any) -> Any:
            return tuple(backward(grad, *ctx.saved_tensors))

    return Shipped
