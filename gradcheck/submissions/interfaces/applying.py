"""Applies returned or stored gradients to the parameters that their names belong to, as an update line would."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gradcheck.errors import SubmissionError
from gradcheck.language import tr

__all__ = ["GradientShapeError", "apply_gradients", "apply_like", "bare_name"]


class GradientShapeError(SubmissionError):
    """A gradient of another shape than its parameter: what explains most of all that was tried."""


def apply_gradients(owner: Any, result: Any, names: Sequence[str], rate: float) -> None:
    """Descend by ``rate``.

    Parameters
    ----------
    owner : mapping or object
        Holds the parameters: arrays, or lists of arrays, by name.
    result : mapping, sequence or None
        What the backward pass returned; with None the gradients are the owner's own attributes.
    names : sequence of str
        The expressions that a sequence was returned as.
    rate : float

    Raises
    ------
    LookupError
        If no gradient belongs to any parameter.
    SubmissionError
        If one has a shape that cannot be subtracted from its parameter.
    """
    gradients = _gradients(owner, result, names)
    done = 0
    for name, value in _parameters(owner).items():
        gradient = gradients.get(bare_name(name), gradients.get(bare_name(name)[:1]))
        if gradient is None:
            continue
        if isinstance(value, list):
            for i, part in enumerate(value):
                value[i] = _less(part, rate, gradient[i], f"{name}[{i}]")
        elif isinstance(owner, dict):
            owner[name] = _less(value, rate, gradient, name)
        else:
            setattr(owner, name, _less(value, rate, gradient, name))
        done += 1
    if done < max(1, len(gradients)):
        raise LookupError(tr("the gradients are not named like the parameters"))


def apply_like(params: Any, gradients: Any, rate: float) -> Any:
    """Parameters after a step along gradients of their form: by keys, by what the keys are without marks, or in order.

    Parameters
    ----------
    params : mapping, list or tuple of arrays
    gradients : mapping, list or tuple of arrays
    rate : float

    Raises
    ------
    LookupError
        If no gradient belongs to a parameter.
    SubmissionError
        If one has a shape that cannot be subtracted from its parameter.
    """
    if not isinstance(params, Mapping):
        return type(params)(_less(v, rate, g, f"[{i}]") for i, (v, g) in enumerate(zip(params, gradients, strict=True)))
    if not isinstance(gradients, Mapping):
        gradients = dict(zip(params, gradients, strict=True))
    bare = {bare_name(str(name)): gradient for name, gradient in gradients.items()}
    after = dict(params)
    for name, value in params.items():
        gradient = gradients.get(name, bare.get(bare_name(str(name))))
        if gradient is None:
            raise LookupError(tr("no gradient is named like {name}", name=name))
        after[name] = _less(value, rate, gradient, str(name))
    return after


def _less(value: Any, rate: float, gradient: Any, name: str) -> Any:
    try:
        return value - rate * gradient
    except ValueError:
        told = tr(
            "the gradient of {name} has the shape {shape}, and {name} is {expected}: they must be the same",
            name=name,
            shape=np.shape(gradient),
            expected=np.shape(value),
        )
        raise GradientShapeError(told) from None


def bare_name(name: str) -> str:
    """A parameter's name without what marks its gradient.

    Examples
    --------
    >>> bare_name("dW1"), bare_name("grad_W1"), bare_name("W1_grad")
    ('w1', 'w1', 'w1')
    >>> bare_name("weight_gradients"), bare_name("weights")
    ('weight', 'weight')
    """
    text = re.sub(r"(?i)gradients?|grads?|nabla|delta|的?梯度", "", name)
    text = re.sub(r"^[dg](?=[A-Z_]|[wb]\d?$|weights?|bias)", "", text).strip("_").lower()
    word = re.match(r"bias|weight", text)
    return re.sub(r"^(bias|weight)(es|s)?", r"\1", text) if word else text


def _parameters(owner: Any) -> dict[str, Any]:
    items = owner.items() if isinstance(owner, Mapping) else vars(owner).items()
    return {
        str(name): value
        for name, value in items
        if (isinstance(value, np.ndarray) and value.dtype.kind == "f") or (isinstance(value, list) and _arrays(value))
    }


def _arrays(value: Sequence[Any]) -> bool:
    return bool(value) and all(isinstance(part, np.ndarray) for part in value)


def _gradients(owner: Any, result: Any, names: Sequence[str]) -> dict[str, Any]:
    if isinstance(result, Mapping):
        return {bare_name(str(name)): value for name, value in result.items()}
    if isinstance(result, (tuple, list)) and len(result) == len(names):
        return {bare_name(name.rsplit(".", 1)[-1]): value for name, value in zip(names, result, strict=True)}
    if isinstance(owner, Mapping):
        return {}
    marked = {
        name: value
        for name, value in vars(owner).items()
        if bare_name(name) != name.lower() and not re.match(r"(?i)bias|weight", name)
    }
    return {bare_name(name): value for name, value in marked.items()}
