"""A function of tensors as a function of NumPy arrays, with the products that PyTorch computes of it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from gradcheck.errors import InvalidArgumentError
from gradcheck.integrations.functions import Leaf, as_computed, leaves_of, rebuilt, require
from gradcheck.integrations.torch.layout import Layout, numbers, wider
from gradcheck.integrations.torch.undefined import UndefinedCotangentError, require_undefined
from gradcheck.problem.state import StateGuard
from gradcheck.records import Finding, Severity

__all__ = ["TorchFunction", "differentiated", "tensors_in"]

Array = npt.NDArray[Any]


class TorchFunction:
    """Runs ``call(inputs)`` at arrays.

    Parameters
    ----------
    call : callable
        Takes the inputs by name, returns a tensor, or (nested) tuples, lists or mappings with tensors.
    inputs : mapping of name to value
        Tensors, also nested in lists, tuples and mappings, and whatever else the function takes.

    Raises
    ------
    InvalidArgumentError
        For tensors that cannot be perturbed entry by entry (see ``Layout``).
    """

    def __init__(self, call: Callable[[dict[str, Any]], Any], inputs: Mapping[str, Any]) -> None:
        self._call, self._inputs = call, inputs
        self._leaves = leaves_of(inputs)
        self._layouts = {
            position: Layout(self._leaves[position].value, self._leaves[position].name)
            for position in differentiated(self._leaves)
        }
        self._written: list[str] = []
        self._outputs: list[int] = []
        self._left_out: list[int] = []
        self._undefined: UndefinedCotangentError | None = None
        if self._layouts:
            self._try()

    @property
    def names(self) -> list[str]:
        """Of the tensors that are differentiated: those that require a gradient, or all where none does."""
        return [self._leaves[position].name for position in self._layouts]

    @property
    def values(self) -> list[Array]:
        """Their numbers."""
        return [layout.array for layout in self._layouts.values()]

    def outputs(self, arrays: Sequence[Array]) -> list[Array]:
        """The differentiable outputs."""
        results = self._run(self._tensors(arrays, requires_grad=True))
        return [as_computed(numbers(output), arrays) for output in results]

    def vjp(self, arrays: Sequence[Array], cotangents: Sequence[Array]) -> list[Array]:
        """Cotangents of the inputs by ``torch.autograd.grad``; a gradient that is None is zero."""
        torch = require("torch", "torch")
        leaves = self._tensors(arrays, requires_grad=True)
        outputs = self._run(leaves)
        seeds = [_like(cotangent, output) for cotangent, output in zip(cotangents, outputs, strict=True)]
        linked = [(output, seed) for output, seed in zip(outputs, seeds, strict=True) if output.requires_grad]
        if not linked:
            return [np.zeros_like(array) for array in arrays]
        if self._undefined is not None:
            raise self._undefined
        grads = torch.autograd.grad(
            [output for output, _ in linked], leaves, [seed for _, seed in linked], allow_unused=True
        )
        return [_claimed(grad, leaf) for grad, leaf in zip(grads, leaves, strict=True)]

    def jvp(self, arrays: Sequence[Array], tangents: Sequence[Array]) -> list[Array]:
        """Tangents of the outputs by forward-mode differentiation."""
        forward_ad = require("torch.autograd.forward_ad", "torch")
        with warnings.catch_warnings(), forward_ad.dual_level():
            # PyTorch loads parts of itself here that use what it has deprecated: no fault of the function's.
            warnings.simplefilter("ignore", DeprecationWarning)
            warnings.filterwarnings("ignore", category=FutureWarning, module="torch")
            leaves = [
                forward_ad.make_dual(leaf, tangent)
                for leaf, tangent in zip(
                    self._tensors(arrays, requires_grad=False),
                    self._tensors(tangents, requires_grad=False),
                    strict=True,
                )
            ]
            pairs = [forward_ad.unpack_dual(output) for output in self._run(leaves)]
            return [
                np.zeros_like(numbers(primal)) if tangent is None else numbers(tangent) for primal, tangent in pairs
            ]

    def findings(self) -> tuple[Finding, ...]:
        """Inputs that are written into, outputs that are no function of the inputs for PyTorch."""
        found = []
        if self._written:
            found.append(
                Finding(
                    id="input-mutated",
                    severity=Severity.WARNING,
                    message=f"The function writes into {', '.join(self._written)} in place, so that the caller's "
                    "tensors change; it was checked on copies.",
                )
            )
        if self._left_out:
            found.append(
                Finding(
                    id="output-not-differentiable",
                    severity=Severity.INFO,
                    message=f"Outputs {', '.join(map(str, self._left_out))} require no gradient (detached, or marked "
                    "as not differentiable): their dependence on the inputs was not checked.",
                )
            )
        return tuple(found)

    def differentiable(self) -> list[Any]:
        """The differentiable outputs at the inputs as given, as tensors."""
        return self._run(self._tensors(self.values, requires_grad=True))

    def select(self, result: Any) -> list[Any]:
        """The differentiable outputs among what the function returned."""
        outputs = list(tensors_in(result))
        return [outputs[position] for position in self._outputs]

    def marked(self) -> dict[str, Any]:
        """The inputs as given, of which those that are differentiated require a gradient, and no others."""
        return rebuilt(
            self._inputs,
            [
                leaf.value.detach().requires_grad_() if position in self._layouts else leaf.value
                for position, leaf in enumerate(self._leaves)
            ],
        )

    def _arguments(self, leaves: Sequence[Any], *, wide: bool) -> dict[str, Any]:
        """The inputs with other tensors in place of those that are differentiated; all tensors are new ones."""
        remaining = iter(leaves)
        values = []
        for position, leaf in enumerate(self._leaves):
            if position in self._layouts:
                values.append(self._layouts[position].arranged(next(remaining)))
            else:
                values.append(_fixed(wider(leaf.value) if wide else leaf.value))
        return rebuilt(self._inputs, values)

    def _tensors(self, arrays: Sequence[Array], *, requires_grad: bool) -> list[Any]:
        leaves = [layout.leaf(array) for layout, array in zip(self._layouts.values(), arrays, strict=True)]
        return [leaf.requires_grad_() if requires_grad else leaf for leaf in leaves]

    def _try(self) -> None:
        """One run that leaves no traces: which outputs count, what is written into, what missing cotangents do."""
        torch = require("torch", "torch")
        guard = StateGuard({"function": self._call})
        try:
            leaves = self._tensors(self.values, requires_grad=True)
            outputs = list(tensors_in(self._called(leaves, self._written)))
            self._choose(outputs)
            linked = [outputs[position] for position in self._outputs if outputs[position].requires_grad]
            if linked:
                require_undefined(linked, leaves, [torch.ones_like(output) for output in linked])
        except InvalidArgumentError:
            raise
        except UndefinedCotangentError as error:
            self._undefined = error
        except Exception as error:
            raise InvalidArgumentError(
                f"forward raised {type(error).__name__}: {error}; expected the function to run at the inputs as given."
            ) from error
        finally:
            guard.restore_all()

    def _run(self, leaves: Sequence[Any]) -> list[Any]:
        """The differentiable outputs."""
        return self.select(self._called(leaves, []))

    def _called(self, leaves: Sequence[Any], written: list[str]) -> Any:
        """What the function returns; the names of the tensors that it writes into are added to ``written``."""
        torch = require("torch", "torch")
        wide = any(
            leaf.dtype is torch.float64 and layout.array.dtype != np.float64
            for leaf, layout in zip(leaves, self._layouts.values(), strict=True)
        )
        with torch.enable_grad():
            arguments = self._arguments(leaves, wide=wide)
            given = [leaf.value for leaf in leaves_of(arguments)]
            versions = [getattr(value, "_version", 0) for value in given]
            result = self._call(arguments)
        written += [
            leaf.name
            for leaf, value, version in zip(self._leaves, given, versions, strict=True)
            if getattr(value, "_version", 0) != version
        ]
        return result

    def _choose(self, outputs: Sequence[Any]) -> None:
        real = [
            position for position, output in enumerate(outputs) if output.is_floating_point() or output.is_complex()
        ]
        if not real:
            raise InvalidArgumentError(
                "the function returned no tensor of floating-point numbers: there is nothing to differentiate. Return "
                "tensors, not .item() or NumPy arrays."
            )
        linked = [position for position in real if outputs[position].requires_grad]
        self._outputs = linked or real
        self._left_out = [position for position in real if linked and position not in linked]


def differentiated(leaves: Sequence[Leaf]) -> list[int]:
    """Positions of the tensors to differentiate: those that require a gradient, or every real one where none does."""
    torch = require("torch", "torch")
    real = [
        position
        for position, leaf in enumerate(leaves)
        if isinstance(leaf.value, torch.Tensor) and (leaf.value.is_floating_point() or leaf.value.is_complex())
    ]
    return [position for position in real if leaves[position].value.requires_grad] or real


def tensors_in(value: Any) -> Iterator[Any]:
    """The tensors in a (nested) result, in order."""
    torch = require("torch", "torch")
    for leaf in leaves_of({"": value}):
        if isinstance(leaf.value, torch.Tensor):
            yield leaf.value


def _fixed(value: Any) -> Any:
    """A copy of a tensor that is held fixed: the function may write into it."""
    torch = require("torch", "torch")
    return value.detach().clone() if isinstance(value, torch.Tensor) and value.layout is torch.strided else value


def _like(array: Array, output: Any) -> Any:
    """A cotangent of an output: its dtype, device and shape."""
    torch = require("torch", "torch")
    if output.is_complex():
        real = torch.tensor(array, dtype=output.dtype.to_real(), device=output.device)
        return torch.view_as_complex(real)
    return torch.tensor(array, dtype=output.dtype, device=output.device)


def _claimed(grad: Any, leaf: Any) -> Array:
    return numbers(grad if grad is not None else require("torch", "torch").zeros_like(leaf))
