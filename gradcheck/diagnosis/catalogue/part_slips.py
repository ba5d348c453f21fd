"""Wrong slopes of any activation, put together from the values that its own forward code computes on the way."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from gradcheck.diagnosis.catalogue.plain_activations import Function, sigmoid, step
from gradcheck.diagnosis.network import Array, Layer
from gradcheck.language import tr

__all__ = ["slips_of_parts"]

# Values that differ by less, relative to their size, are one.
SAME = 1e-9
# What is made of one value, as it is written.
FORMS: dict[str, Function] = {
    "{v}": lambda v: v,
    "{v}^2": lambda v: v**2,
    "1/{v}": lambda v: 1.0 / v,
    "1/{v}^2": lambda v: v**-2.0,
    "1 - {v}": lambda v: 1.0 - v,
    "1 + {v}": lambda v: 1.0 + v,
    "1 - {v}^2": lambda v: 1.0 - v**2,
    "1 + {v}^2": lambda v: 1.0 + v**2,
    "{v}*(1 - {v})": lambda v: v * (1.0 - v),
    "1/(1 + {v}^2)": lambda v: 1.0 / (1.0 + v**2),
    "1/(1 + |{v}|)": lambda v: 1.0 / (1.0 + np.abs(v)),
    "exp({v})": np.exp,
    "exp(-{v})": lambda v: np.exp(-v),
    "sigmoid({v})": sigmoid,
    "sigmoid'({v})": lambda v: sigmoid(v) * sigmoid(-v),
    "tanh'({v})": lambda v: 1.0 - np.tanh(v) ** 2,
    "cos({v})": np.cos,
    "sin({v})": np.sin,
    "{v} > 0": step,
}


def slips_of_parts(layer: Layer) -> Iterator[tuple[str, Array]]:
    """Wrong forms of a layer's slope, with words for each; none that is the slope up to a constant, or a constant.

    Forms of one value of the way; the derivative of a part of the way; one term of a sum or a product left out.

    Parameters
    ----------
    layer : Layer
        With ``parts``.
    """
    assert layer.slope is not None
    seen = [layer.slope]
    with np.errstate(all="ignore"):
        for text, values in itertools.chain(_chains(layer), _forms(layer)):
            if values.shape == layer.slope.shape and not _is_known(values, seen):
                seen.append(values)
                yield text, values


def _values(layer: Layer) -> list[tuple[str, Array]]:
    found = [("z", layer.pre_activation), ("a", layer.output)]
    for number, part in enumerate(layer.parts):
        if not any(np.array_equal(part.values, known) for _, known in found):
            found.append((_name(number, part.line), part.values))
    return found


def _name(number: int, line: int) -> str:
    return tr("[value {number} of line {line}]", number=number + 1, line=line) if line else f"[{number + 1}]"


def _forms(layer: Layer) -> Iterator[tuple[str, Array]]:
    right = layer.pre_activation > 0
    rectified = layer.slope is not None and bool(right.any() and (layer.slope[right] == 1.0).all())
    for name, values in _values(layer):
        for text, form in FORMS.items():
            said, made = text.replace("{v}", name), form(values)
            yield said, made
            if rectified:
                yield tr("{formula} left of zero", formula=said), np.where(right, 1.0, made)


def _chains(layer: Layer) -> Iterator[tuple[str, Array]]:
    """The chain rule gone only part of the way, and terms of it left out."""
    slope = layer.slope
    assert slope is not None
    named = [(_name(number, part.line), part.values, part.slope) for number, part in enumerate(layer.parts)]
    for name, _, inner in named:
        yield tr("the derivative of {value}", value=name), inner
        yield tr("the derivative with respect to {value}", value=name), slope / inner
        yield tr("the term of {value} left out", value=name), slope - inner
    factors = [("z", layer.pre_activation), *((name, values) for name, values, _ in named)]
    slopes = [*((name, inner) for name, _, inner in named), ("a", slope)]
    for (one, values), (other, inner) in itertools.product(factors, slopes):
        text = tr("{value} times the derivative of {other}", value=one, other=other)
        yield text, values * inner
        yield tr("all but {form}", form=text), slope - values * inner
        yield tr("the derivative of {other} over {value}", value=one, other=other), inner / values


def _is_known(values: Array, seen: list[Array]) -> bool:
    """Whether values are useless: not finite, one constant, or a multiple of what is there already."""
    size = float(np.linalg.norm(values))
    if not np.isfinite(size) or size == 0.0 or float(np.ptp(values)) <= SAME * float(np.abs(values).max()):
        return True
    for other in seen:
        factor = float(np.vdot(other, values)) / float(np.vdot(other, other) or 1.0)
        if float(np.linalg.norm(values - factor * other)) <= SAME * size:
            return True
    return False
