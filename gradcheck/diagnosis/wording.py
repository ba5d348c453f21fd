"""The catalogue's sentences with the reader's own names in them; ratios, names and lines in words."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping, Sequence

from gradcheck import language
from gradcheck.diagnosis.catalogue.bug import Family
from gradcheck.diagnosis.network import Network
from gradcheck.language import mark, tr, trn

__all__ = ["Names", "closed_up", "fill", "lines_in_words", "listed", "names_for", "ratio_words"]

Names = Mapping[str, str]

# Between Chinese characters no blank belongs: a template has one where a name in Latin letters may stand.
BETWEEN = re.compile(r"(?<=[\u3000-\u9fff\uff00-\uffef]) (?=[\u3000-\u9fff\uff00-\uffef])")

# What a sentence says where the code has no name for a thing, or the name could not be read off.
GENERIC = {
    "delta": mark("the delta of this layer"),
    "above": mark("the delta of the layer above"),
    "weights": mark("the weights"),
    "upper": mark("the weights of the layer above"),
    "inputs": mark("the layer's input"),
    "z": "z",
    "a": "a",
    "targets": "y",
    "output": mark("the output"),
    "block": mark("the block"),
    "batch": "m",
    "rate": mark("the learning rate"),
}


class _Generic(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return tr(GENERIC.get(key, key))


def names_for(
    network: Network | None,
    layer: int | None,
    blocks: Sequence[str],
    known: Names | None = None,
    *,
    family: Family | None = None,
) -> Names:
    """What the reader's code calls the quantities of one layer.

    Parameters
    ----------
    network : Network or None
        Its layers know their blocks, and the variables that hold their values.
    layer : int or None
        Which, where that holds one of ``blocks``; by default the last of theirs, else the last of all.
    blocks : sequence of str
        Blocks that are wrong.
    known : mapping, optional
        Names found otherwise (``delta``, ``above``, ``batch``, ``rate``); they win.
    family : Family, optional
        Of the bug: one of bias gradients is told of a bias, one of weight gradients of weights.
    """
    found: dict[str, str] = {}
    index = None if network is None else _layer_of(network, layer, blocks)
    if blocks:
        found["block"] = _block(network, index, blocks, family)
    if network is not None and index is not None:
        own = network.layers[index]
        found["weights"] = own.weight
        if index + 1 < len(network.layers):
            found["upper"] = network.layers[index + 1].weight
        found |= {key: own.names[name] for key, name in _OF_LAYER.items() if name in own.names}
        last = network.layers[-1]
        if "output" in last.names:
            found["output"] = last.names["output"]
        if "targets" in last.names:
            found["targets"] = last.names["targets"]
    return found | dict(known or {})


_OF_LAYER = {"inputs": "inputs", "z": "pre_activation", "a": "output", "delta": "delta"}


def _block(network: Network | None, index: int | None, blocks: Sequence[str], family: Family | None) -> str:
    """The block that a sentence is about: of the bug's kind and layer, as far as that is known."""
    if network is None or index is None or family not in (Family.BIAS, Family.WEIGHT):
        return blocks[0]
    kinds = [part.bias if family is Family.BIAS else part.weight for part in network.layers]
    wanted = [kinds[index], *kinds]
    return next((name for name in wanted if name is not None and name in blocks), blocks[0])


def _layer_of(network: Network, layer: int | None, blocks: Sequence[str]) -> int:
    owners = [i for i, part in enumerate(network.layers) if part.weight in blocks or part.bias in blocks]
    if layer is not None and 0 <= layer < len(network.layers) and (layer in owners or not owners):
        return layer
    return max(owners, default=len(network.layers) - 1)


def fill(template: str, names: Names) -> str:
    """A sentence of the catalogue in the language that is spoken, with names put in.

    Braces that are no placeholder stay as they are.
    """
    said = tr(template)
    opening = re.match(r"\{(\w+)\}", said) if said.endswith(".") else None
    try:
        found = closed_up(string.Formatter().vformat(said, (), _Generic(names)))
        # A sentence that begins with words in the place of a name: formulas do not end with a full stop.
        return found[:1].upper() + found[1:] if opening and opening[1] not in names else found
    except (ValueError, KeyError, IndexError, AttributeError):
        return said


def closed_up(sentence: str) -> str:
    """A sentence without the blanks that a template has around a name, where Chinese words stand for the name.

    Examples
    --------
    >>> closed_up("把 W1 的梯度 除以 学习率")
    '把 W1 的梯度除以学习率'
    """
    return BETWEEN.sub("", sentence)


def ratio_words(value: float) -> str:
    """A constant ratio for a sentence: ``-1``, ``0.5``, ``1/3``."""
    for denominator in range(1, 65):
        scaled = value * denominator
        if abs(scaled - round(scaled)) <= 1e-6 * abs(scaled) and abs(round(scaled)) <= 64:
            number = round(scaled)
            return (
                f"{number}" if denominator == 1 else (f"{number}/{denominator}" if abs(number) == 1 else f"{value:.6g}")
            )
    return f"{value:.6g}"


def listed(names: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``.

    Examples
    --------
    >>> listed(["W1", "b1", "W2"])
    'W1, b1 and W2'
    """
    *others, last = names
    if not others:
        return last
    return closed_up(tr("{names} and {last}", names=language.listed(others), last=last))


def lines_in_words(numbers: Sequence[int]) -> str:
    """``line 3``, or ``lines 3 and 5``; each once.

    Examples
    --------
    >>> lines_in_words([3, 5, 3])
    'lines 3 and 5'
    """
    told = [str(number) for number in dict.fromkeys(numbers)]
    return trn("line {lines}", "lines {lines}", len(told), lines=listed(told))
