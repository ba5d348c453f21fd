"""``check_function``, ``check_module`` and ``check_second_order`` of PyTorch code."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np

from gradcheck.checks import CheckConfig
from gradcheck.errors import InvalidArgumentError
from gradcheck.integrations.functions import (
    BOTH,
    REVERSE,
    Options,
    Product,
    argument_names,
    check_linearised,
    leaves_of,
    require,
)
from gradcheck.integrations.torch.function import TorchFunction, differentiated
from gradcheck.records import CheckReport

__all__ = ["check_function", "check_module", "check_second_order"]


def check_function(
    function: Any,
    inputs: Any,
    *,
    products: Collection[Product] | None = None,
    rng: np.random.Generator | int | None = None,
    rtol: float | None = None,
    atol: float | None = None,
    config: CheckConfig | None = None,
    reset: Callable[[], Any] | None = None,
) -> CheckReport:
    """Whether what PyTorch differentiates a function to is its derivative.

    Parameters
    ----------
    function : callable or subclass of torch.autograd.Function
        Takes tensors, returns a tensor of any shape or (nested) tuples, lists and mappings with tensors.
    inputs : tensor, sequence or mapping
        The arguments, by position or by name: tensors, (nested) lists, tuples and mappings of them, and anything else.
        Differentiated are the tensors that require a gradient or, where none does, all of floating-point or complex
        numbers. Of an expanded tensor the numbers that it really holds are the parameters. Strides and device are kept;
        the function is given new tensors each time, into which it may write.
    products : collection of {"vjp", "jvp"}, optional
        What to check: ``backward``, and ``jvp`` (forward mode). By default the first, and the second where a
        ``torch.autograd.Function`` defines it.
    rng, rtol, atol, config : optional
        As for ``gradcheck.check``; by default it looks at the inputs as given and close by, by finite differences.
    reset : callable, optional
        Called before every evaluation, to put random generators back: ``lambda: torch.manual_seed(0)``. A function
        that draws random numbers is ``INVALID`` without it.

    Returns
    -------
    CheckReport
        A block for each tensor, by argument name; ``NAME (jvp)`` for its Jacobian-vector product.

    Raises
    ------
    InvalidArgumentError
        If there is nothing to differentiate, the function fails at the inputs, or a tensor is sparse, quantised or
        overlaps itself.
    MissingLibraryError
        If PyTorch is not installed.

    Notes
    -----
    Inputs in float32, float16 or bfloat16 are checked in float64 where the function accepts it: the tensors that are
    held fixed are converted too. A complex tensor counts as its real and imaginary parts.
    """
    call, names = _callable(function, inputs)
    chosen = products if products is not None else (BOTH if _defines(function, "jvp") else REVERSE)
    options = Options(rng=rng, rtol=rtol, atol=atol, config=config, reset=reset)
    return check_linearised(TorchFunction(call, names), chosen, options, interface="torch-function")


def check_second_order(
    function: Any,
    inputs: Any,
    *,
    rng: np.random.Generator | int | None = None,
    rtol: float | None = None,
    atol: float | None = None,
    config: CheckConfig | None = None,
    reset: Callable[[], Any] | None = None,
) -> CheckReport:
    """Whether the derivative of a function's backward pass is right: the gradient of its directional derivative.

    Parameters
    ----------
    function, inputs, rng, rtol, atol, config, reset
        As for ``check_function``.

    Returns
    -------
    CheckReport
        A block for each tensor and one for each output's ``cotangent[0]``, ..., of ``(x, c) -> J(x)^T c``.

    Raises
    ------
    InvalidArgumentError, MissingLibraryError
        As for ``check_function``.

    Notes
    -----
    It says nothing about the first derivative: check that as well.
    """
    call, names = _callable(function, inputs)
    if reset is not None:
        reset()
    second, everything = _gradient_of(call, names, np.random.default_rng(0))
    options = Options(rng=rng, rtol=rtol, atol=atol, config=config, reset=reset)
    return check_linearised(TorchFunction(second, everything), REVERSE, options, interface="torch-second-order")


def check_module(
    module: Any,
    inputs: Any,
    *,
    products: Collection[Product] = REVERSE,
    rng: np.random.Generator | int | None = None,
    rtol: float | None = None,
    atol: float | None = None,
    config: CheckConfig | None = None,
    reset: Callable[[], Any] | None = None,
) -> CheckReport:
    """Whether the gradients of a module's parameters, and of inputs that require one, are right.

    Parameters
    ----------
    module : torch.nn.Module
        In the mode (training or not) that it is in. Parameters and buffers are copied, never changed.
    inputs : tensor, sequence or mapping
        Arguments of its ``forward``, as for ``check_function``.
    products, rng, rtol, atol, config, reset
        As for ``check_function``.

    Returns
    -------
    CheckReport
        A block for each parameter (``layers.0.weight``) and each input that requires a gradient.

    Raises
    ------
    InvalidArgumentError, MissingLibraryError
        As for ``check_function``; and if ``module`` is none.
    """
    torch = require("torch", "torch")
    if not isinstance(module, torch.nn.Module):
        raise InvalidArgumentError(f"module is a {type(module).__name__}; expected a torch.nn.Module.")
    state = {**dict(module.named_parameters()), **dict(module.named_buffers())}
    _, given = _callable(module.forward, inputs)
    arguments = {f"{name} (input)" if name in state else name: value for name, value in given.items()}
    by_name = isinstance(inputs, Mapping)

    def call(named: dict[str, Any]) -> Any:
        values = [named[label] for label in arguments]
        held = {name: named[name] for name in state}
        if by_name:
            return torch.func.functional_call(module, held, (), dict(zip(given, values, strict=True)))
        return torch.func.functional_call(module, held, tuple(values))

    # Weights live at unit scale, unlike the inputs of a function: a better point shows more there.
    weights = config or CheckConfig(oracle="finite-difference")
    options = Options(rng=rng, rtol=rtol, atol=atol, config=weights, reset=reset)
    return check_linearised(TorchFunction(call, {**state, **arguments}), products, options, interface="torch-module")


def _callable(function: Any, inputs: Any) -> tuple[Callable[[dict[str, Any]], Any], dict[str, Any]]:
    """What to call with named inputs, and the inputs by name."""
    torch = require("torch", "torch")
    is_class = isinstance(function, type) and issubclass(function, torch.autograd.Function)
    target = function.apply if is_class else function
    if not callable(target):
        raise InvalidArgumentError(
            f"function is a {type(function).__name__}; expected a callable or a subclass of torch.autograd.Function."
        )
    if isinstance(inputs, Mapping):
        return (lambda named: target(**named)), dict(inputs)
    values: Sequence[Any] = inputs if isinstance(inputs, (list, tuple)) else [inputs]
    signature = function.forward if is_class else function
    skip = int(is_class and not _defines(function, "setup_context"))  # the context
    names = argument_names(signature, len(values), skip=skip)
    return (lambda named: target(*named.values())), dict(zip(names, values, strict=True))


def _defines(function: Any, name: str) -> bool:
    """Whether a subclass of torch.autograd.Function has a method of its own."""
    torch = require("torch", "torch")
    if not (isinstance(function, type) and issubclass(function, torch.autograd.Function)):
        return False
    own = function.__mro__[: function.__mro__.index(torch.autograd.Function)]
    return any(name in vars(kind) for kind in own)


def _gradient_of(
    call: Callable[[dict[str, Any]], Any], inputs: dict[str, Any], rng: np.random.Generator
) -> tuple[Callable[[dict[str, Any]], Any], dict[str, Any]]:
    """``(x, c) -> J(x)^T c`` as a function of tensors, and its inputs: those of the function, and cotangents."""
    torch = require("torch", "torch")
    first = TorchFunction(call, inputs)
    positions = differentiated(leaves_of(inputs))
    trial = first.differentiable()
    cotangents = [
        torch.tensor(rng.standard_normal(tuple(torch.view_as_real(o).shape if o.is_complex() else o.shape)))
        for o in trial
    ]
    seeds = [
        (torch.view_as_complex(c) if o.is_complex() else c).to(o.dtype).to(o.device).requires_grad_()
        for c, o in zip(cotangents, trial, strict=True)
    ]

    def gradient(named: dict[str, Any]) -> Any:
        *_, last = named
        weights = named[last]
        primal = {name: value for name, value in named.items() if name != last}
        chosen = [leaf.value for position, leaf in enumerate(leaves_of(primal)) if position in positions]
        outputs = first.select(call(primal))
        grads = torch.autograd.grad(outputs, chosen, weights, create_graph=True, allow_unused=True)
        return [torch.zeros_like(x) if g is None else g for g, x in zip(grads, chosen, strict=True)]

    return gradient, {**first.marked(), "cotangent": seeds}
