"""PyTorch's own table of operations and sample inputs, ``op_db``, as cases for a check."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch.testing._internal.common_methods_invocations import op_db

__all__ = ["CONSTANT", "DISCONTINUOUS", "NOT_FINITE", "SPARSE", "WRONG", "OpCase", "cases"]

# PyTorch's own checker fails on these too: outputs that share memory with what is read, pooling windows that overlap,
# statistics whose derivative is not implemented, random numbers of which nothing is differentiated.
WRONG = {
    "as_strided_scatter": "entries that share memory",
    "native_group_norm": "mean and rstd have no right derivative",
    "nn.functional.max_unpool3d": "windows overlap",
    "normal": "a random number is a constant to PyTorch",
    "normal.number_mean": "a random number is a constant to PyTorch",
}
# The target among the inputs is compared with 1 and -1: there is no derivative along it.
DISCONTINUOUS = ("nn.functional.cosine_embedding_loss", "nn.functional.hinge_embedding_loss")
NOT_FINITE = ("torch.ops.aten._safe_softmax.default", "__rpow__")
SPARSE = ("sparse.sampled_addmm", "sparse.mm.reduce")
# The derivative at the sample input is zero, on both sides: the report says that nothing could be compared.
CONSTANT = (
    *("angle", "bernoulli", "cdist", "ceil", "corrcoef", "div.floor_rounding", "div.trunc_rounding", "fill", "floor"),
    *("index_fill", "linalg.matrix_power", "max_pool2d_with_indices_backward", "native_dropout_backward"),
    *("nn.functional.multi_margin_loss", "nn.functional.multilabel_margin_loss", "nn.functional.pdist", "round"),
    *("round.decimals_0", "round.decimals_3", "round.decimals_neg_3", "_segment_reduce.lengths"),
    *("_segment_reduce.offsets", "sgn", "sign", "trunc", "zero_"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpCase:
    """An operation and its first sample input with something to differentiate.

    ``function`` takes ``inputs`` one by one; ``flat`` takes only the tensors that require a gradient, as PyTorch's own
    checker wants it.
    """

    name: str
    function: Callable[..., Any]
    inputs: tuple[Any, ...]
    flat: Callable[..., tuple[Any, ...]]
    tensors: list[Any]
    fast: bool


def cases() -> Iterator[OpCase]:
    """One case for each operation that PyTorch differentiates in float64."""
    for op in op_db:
        if not op.supports_autograd or torch.float64 not in op.supported_backward_dtypes("cpu"):
            continue
        torch.manual_seed(0)
        samples = op.sample_inputs("cpu", torch.float64, requires_grad=True)
        usable = (sample for sample in samples if _is_usable(sample))
        for sample in itertools.islice(usable, 1):
            yield _case(op, sample)


def _is_usable(sample: Any) -> bool:
    tensors = _differentiated((sample.input, sample.args, sample.kwargs))
    return bool(tensors) and all(tensor.numel() for tensor in tensors)


def _differentiated(tree: Any) -> list[Any]:
    leaves = torch.utils._pytree.tree_leaves(tree)
    return [leaf for leaf in leaves if isinstance(leaf, torch.Tensor) and leaf.requires_grad]


def _case(op: Any, sample: Any) -> OpCase:
    inputs = (sample.input, sample.args, sample.kwargs)
    leaves, structure = torch.utils._pytree.tree_flatten(inputs)
    places = [k for k, leaf in enumerate(leaves) if isinstance(leaf, torch.Tensor) and leaf.requires_grad]

    def function(first: Any, args: Any, kwargs: Any) -> Any:
        result = op.gradcheck_wrapper(op.op, first, *args, **kwargs)
        return result if sample.output_process_fn_grad is None else sample.output_process_fn_grad(result)

    def flat(*tensors: Any) -> tuple[Any, ...]:
        values = list(leaves)
        for place, tensor in zip(places, tensors, strict=True):
            values[place] = tensor
        torch.manual_seed(0)
        return tuple(_differentiated(function(*torch.utils._pytree.tree_unflatten(values, structure))))

    return OpCase(
        name=f"{op.name}.{op.variant_test_name}" if op.variant_test_name else op.name,
        function=function,
        inputs=inputs,
        flat=flat,
        tensors=[leaves[place] for place in places],
        fast=bool(op.gradcheck_fast_mode),
    )
