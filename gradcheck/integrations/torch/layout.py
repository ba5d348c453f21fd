"""One tensor as a NumPy array of real numbers, and back with the dtype, device and strides that it had."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from gradcheck.errors import InvalidArgumentError
from gradcheck.integrations.functions import require

__all__ = ["Layout", "numbers", "wider"]

Array = npt.NDArray[Any]


class Layout:
    """How a tensor lies in memory, and the independent numbers in it.

    A dimension of stride 0 (``expand``) holds one number many times: the array has it once. A complex tensor is an
    array with a last axis of real and imaginary parts.

    Parameters
    ----------
    tensor : torch.Tensor
        Dense, of floating-point or complex numbers.
    name : str
        For messages.

    Raises
    ------
    InvalidArgumentError
        For sparse and quantised tensors, tensors without data, and memory that overlaps otherwise than by ``expand``.
    """

    def __init__(self, tensor: Any, name: str) -> None:
        torch = require("torch", "torch")
        if tensor.layout is not torch.strided or tensor.is_quantized:
            raise InvalidArgumentError(
                f"{name} is a tensor of layout {tensor.layout}; expected a dense one. Pass its values and build it "
                "inside the function: lambda values: f(torch.sparse_coo_tensor(indices, values, shape))."
            )
        if tensor.device.type == "meta":
            raise InvalidArgumentError(f"{name} is on the meta device and has no numbers: pass a tensor with data.")
        self.dtype, self._device, self.complex = tensor.dtype, tensor.device, tensor.is_complex()
        self._size, self._stride = tensor.shape, tensor.stride()
        compact = tensor.detach()
        for axis, (length, stride) in enumerate(zip(self._size, self._stride, strict=True)):
            if stride == 0 and length > 1:
                compact = compact.narrow(axis, 0, 1)
        if _overlaps(compact):
            raise InvalidArgumentError(
                f"{name} (shape {tuple(self._size)}, strides {tuple(self._stride)}) overlaps itself in memory: entries "
                "cannot change one at a time. Pass name.clone(), or make the view inside the function."
            )
        self._expanded = compact.shape != tensor.shape
        self._contiguous = tensor.is_contiguous()
        self.array = numbers(compact)

    def leaf(self, array: Array) -> Any:
        """A tensor of independent numbers: in float64 if the array is, whatever the original was."""
        torch = require("torch", "torch")
        return torch.tensor(array, dtype=self._real_dtype(array), device=self._device)

    def arranged(self, leaf: Any) -> Any:
        """The tensor of the original shape and strides that holds a leaf's numbers; differentiable."""
        torch = require("torch", "torch")
        compact = torch.view_as_complex(leaf) if self.complex else leaf
        if self._expanded:
            return compact.expand(self._size)
        if self._contiguous:
            return compact.clone()
        buffer = torch.empty_strided(self._size, self._stride, dtype=compact.dtype, device=compact.device)
        return buffer.copy_(compact)

    def _real_dtype(self, array: Array) -> Any:
        if array.dtype.kind != "f":
            raise TypeError(f"numbers of dtype {array.dtype} in place of real ones")
        if array.dtype == np.float64:
            return require("torch", "torch").float64
        return self.dtype.to_real() if self.complex else self.dtype


def numbers(tensor: Any) -> Array:
    """A tensor's numbers in real NumPy; bfloat16, which NumPy lacks, in float16 where that holds them."""
    torch = require("torch", "torch")
    tensor = tensor.detach().resolve_conj().resolve_neg()
    if tensor.is_complex():
        tensor = torch.view_as_real(tensor + 0.0)  # zeros that are not stored have no view
    if tensor.dtype in (torch.float64, torch.float32, torch.float16):
        return np.array(tensor.numpy(force=True))
    wide = np.array(tensor.float().numpy(force=True))
    narrow = wide.astype(np.float16)
    return narrow if np.array_equal(np.isfinite(narrow), np.isfinite(wide)) else wide


def wider(value: Any) -> Any:
    """A tensor that is held fixed, in double precision; anything else as it is."""
    torch = require("torch", "torch")
    if not isinstance(value, torch.Tensor):
        return value
    if value.is_floating_point():
        return value.double()
    return value.to(torch.complex128) if value.is_complex() else value


def _overlaps(tensor: Any) -> bool:
    """Whether two entries may share memory: in the order of their strides, one axis reaches into the next."""
    axes = sorted((stride, length) for stride, length in zip(tensor.stride(), tensor.shape, strict=True) if length > 1)
    reach = 0
    for stride, length in axes:
        if stride <= reach:
            return bool(tensor.numel() > 0)
        reach += stride * (length - 1)
    return False
