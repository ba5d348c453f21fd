"""A forward function and its hand-written backward (vector-Jacobian product) as a scalar problem.

With a fixed random cotangent ``c`` the loss is ``sum_k <c_k, forward_k(inputs)>`` and its gradient is what
``backward(c)`` claims: ``<c, J v> = <J^T c, v>`` for every direction ``v``.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from gradcheck.errors import InvalidArgumentError
from gradcheck.language import tr
from gradcheck.problem.leaves import Array, as_block_array
from gradcheck.problem.state import StateGuard
from gradcheck.problem.structure import StructureMismatchError, missing_and_surplus

__all__ = ["VectorJacobianProduct"]


class VectorJacobianProduct:
    """Loss and gradient, as functions of a mapping of names to the real inputs.

    Parameters
    ----------
    forward : callable
        ``forward(*inputs)`` -> an array, or a tuple or list of arrays. Inputs given by name (a mapping) go to the
        arguments of those names.
    backward : callable
        ``backward(cotangent)`` or ``backward(cotangent, *inputs)`` -> cotangents of the inputs, in their order or by
        name (one array for one input). The cotangent has the form of forward's output. For inputs that are held fixed
        ``None`` is expected, or nothing.
    inputs : sequence or mapping of arrays
        Integer and boolean inputs (indices, masks), strings and ``None`` are held fixed.
    rng : numpy.random.Generator
        Draws the cotangent.

    Raises
    ------
    InvalidArgumentError
        If no input is real, forward fails or returns anything but real arrays, or backward takes other arguments.

    Attributes
    ----------
    params : dict
        Name to real input.

    Notes
    -----
    Outputs of integers (an argmax beside the values) get a cotangent of zeros and no part in the loss.
    """

    def __init__(
        self,
        forward: Callable[..., Any],
        backward: Callable[..., Any],
        inputs: Sequence[Any] | Mapping[str, Any],
        rng: np.random.Generator,
    ) -> None:
        self.forward, self.backward = forward, backward
        self._names, values = _named(forward, inputs)
        self._by_name = isinstance(inputs, Mapping) and _takes_names(forward, self._names)
        self._values = [
            value if _is_fixed(value) else np.array(as_block_array(value, name), copy=True)
            for name, value in zip(self._names, values, strict=True)
        ]
        self.params = {
            name: value
            for name, value in zip(self._names, self._values, strict=True)
            if isinstance(value, np.ndarray) and value.dtype.kind == "f"
        }
        if not self.params:
            raise InvalidArgumentError(
                tr(
                    "none of the inputs {names} is a real floating-point array: there is nothing to differentiate. "
                    "Pass float64 inputs.",
                    names=self._names,
                )
            )
        names = self._names
        given_by_name = isinstance(inputs, Mapping) and _takes_names(backward, names)
        self._passed: tuple[list[str], list[str]] = ([], names) if given_by_name else _passed(backward, names)
        self._cotangents, self._many = self._draw(rng)

    def loss(self, params: Mapping[str, Any]) -> Any:
        """``sum_k <c_k, forward_k>``."""
        results, _ = _outputs(self._run(self._complete(params)))
        return sum((c * _plain(result)).sum() for c, result in zip(self._cotangents, results, strict=True) if np.any(c))

    def gradient(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """What backward claims, right after forward at the same inputs."""
        full = self._complete(params)
        self._run({name: _copied(value) for name, value in full.items()})
        seed = [cotangent.copy() for cotangent in self._cotangents]
        positions, names = self._passed
        claimed = self.backward(
            tuple(seed) if self._many else seed[0],
            *(full[name] for name in positions),
            **{name: full[name] for name in names},
        )
        return self._by_input(claimed)

    def _complete(self, params: Mapping[str, Any]) -> dict[str, Any]:
        return {
            name: params[name] if name in params else _copied(value)
            for name, value in zip(self._names, self._values, strict=True)
        }

    def _run(self, full: Mapping[str, Any]) -> Any:
        return self.forward(**full) if self._by_name else self.forward(*full.values())

    def _draw(self, rng: np.random.Generator) -> tuple[list[Array], bool]:
        """A cotangent for each output, from a trial run that leaves no traces."""
        guard = StateGuard({"forward": self.forward})
        try:
            outputs, many = _outputs(self._run(self._complete({})))
            return [_cotangent(output, position, rng) for position, output in enumerate(outputs)], many
        except InvalidArgumentError:
            raise
        except Exception as error:
            raise InvalidArgumentError(
                tr(
                    "forward raised {error}; expected forward(*inputs) to run at the inputs {names} as given.",
                    error=f"{type(error).__name__}: {error}",
                    names=self._names,
                )
            ) from error
        finally:
            guard.restore_all()

    def _by_input(self, claimed: Any) -> dict[str, Any]:
        if isinstance(claimed, Mapping):
            missing = [name for name in self.params if name not in claimed]
            surplus = [str(name) for name in claimed if name not in self._names]
            if missing or surplus:
                raise StructureMismatchError(
                    tr(
                        "backward has cotangents of {found}, expected {names}: {difference}",
                        found=sorted(map(str, claimed)),
                        names=list(self.params),
                        difference=missing_and_surplus(missing, surplus),
                    )
                )
            return {name: claimed[name] for name in self.params}
        found = list(claimed) if isinstance(claimed, (list, tuple)) else [claimed]
        if len(found) == len(self._names):
            return {name: item for name, item in zip(self._names, found, strict=True) if name in self.params}
        if len(found) == len(self.params):
            return dict(zip(self.params, found, strict=True))
        raise ValueError(
            tr(
                "backward returned {found} cotangents for {number} inputs {names}",
                found=len(found),
                number=len(self._names),
                names=self._names,
            )
        )


def _named(forward: Callable[..., Any], inputs: Sequence[Any] | Mapping[str, Any]) -> tuple[list[str], list[Any]]:
    if isinstance(inputs, Mapping):
        return [str(name) for name in inputs], list(inputs.values())
    values = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
    plain = [p.name for p in _parameters(forward) if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    if len(plain) >= len(values):
        return plain[: len(values)], values
    return [f"input{position}" for position in range(len(values))], values


def _takes_names(forward: Callable[..., Any], names: list[str]) -> bool:
    """Whether inputs can go by name: in any order, to keyword-only arguments."""
    parameters = _parameters(forward)
    known = {p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
    return known.issuperset(names) or any(p.kind is p.VAR_KEYWORD for p in parameters)


def _passed(backward: Callable[..., Any], names: list[str]) -> tuple[list[str], list[str]]:
    """The inputs that backward takes after the cotangent: those by position, and those by name."""
    parameters = _parameters(backward)
    plain = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    required = [p for p in plain[1:] if p.default is p.empty]
    by_name = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY and p.name in names]
    spread = any(p.kind is p.VAR_POSITIONAL for p in parameters)
    if spread or (required and len(plain) == 1 + len(names)):
        return names, []
    takes_cotangent = bool(plain) or not _has_signature(backward)
    if required and len(plain) > 1 + len(names) and len(required) <= len(names):  # the rest has defaults
        return names, by_name
    if takes_cotangent and all(p.name in names for p in required):
        return [p.name for p in required], by_name
    raise InvalidArgumentError(
        tr(
            "backward takes ({found}); expected backward(cotangent) or backward(cotangent, {names}). "
            "Wrap it: lambda cotangent, {names}: ...",
            found=", ".join(p.name for p in parameters),
            names=", ".join(names),
        )
    )


def _parameters(function: Callable[..., Any]) -> list[inspect.Parameter]:
    return list(inspect.signature(function).parameters.values()) if _has_signature(function) else []


def _has_signature(function: Callable[..., Any]) -> bool:
    try:
        inspect.signature(function)
    except (TypeError, ValueError):  # some built-in callables
        return False
    return True


def _outputs(result: Any) -> tuple[list[Any], bool]:
    many = isinstance(result, (list, tuple))
    return (list(result), True) if many else ([result], False)


def _cotangent(output: Any, position: int, rng: np.random.Generator) -> Array:
    try:
        array = np.asarray(output)
        kind = array.dtype.kind
    except ValueError:  # ragged
        kind = "O"
    if kind not in "fiub":
        raise InvalidArgumentError(
            tr(
                "output {position} of forward is a {type}; expected real arrays. If forward also returns "
                "a cache, wrap it: lambda *inputs: forward(*inputs)[0].",
                position=position,
                type=type(output).__name__,
            )
        )
    if kind != "f":
        return np.zeros(array.shape)
    return np.asarray(rng.standard_normal(array.shape)).astype(array.dtype)


def _is_fixed(value: Any) -> bool:
    return value is None or isinstance(value, (str, bool, int, np.integer, np.bool_))


def _copied(value: Any) -> Any:
    return value.copy() if isinstance(value, np.ndarray) else value


def _plain(result: Any) -> Any:
    """Products with ``np.matrix`` are matrix products."""
    return np.asarray(result) if isinstance(result, (np.matrix, list, tuple)) else result
