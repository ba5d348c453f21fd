"""The catalogue's sentences with the reader's own names, and constants as a reader would write them."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from typing import Any

import pytest

from gradcheck.diagnosis.catalogue import CATALOGUE
from gradcheck.diagnosis.catalogue.bug import Family
from gradcheck.diagnosis.network import Network
from gradcheck.diagnosis.wording import GENERIC, fill, names_for, ratio_words


def with_names(network: Network, *named: dict[str, str]) -> Network:
    """The network with the code's names for the quantities of each layer."""
    layers = tuple(dataclasses.replace(layer, names=names) for layer, names in zip(network.layers, named, strict=True))
    return dataclasses.replace(network, layers=layers)


@pytest.fixture
def network(make: Callable[..., Any]) -> Network:
    """Three layers, whose code has names for most things."""
    return with_names(
        make().network,
        {"inputs": "X", "pre_activation": "Z1", "output": "A1", "delta": "dZ1"},
        {"inputs": "A1", "pre_activation": "Z2"},
        {"inputs": "A2", "output": "y_hat", "targets": "Y", "delta": "dZ3"},
    )


def test_names_of_the_layer_that_is_meant(network: Network) -> None:
    """The layer's own names, with those of the network's output and targets."""
    assert names_for(network, 0, ["W1"]) == {
        "block": "W1", "weights": "W1", "upper": "W2", "inputs": "X", "z": "Z1", "a": "A1", "delta": "dZ1",
        "output": "y_hat", "targets": "Y",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("layer", "blocks", "weights"),
    [
        (0, ["W1", "b1", "W2"], "W1"),
        (1, ["W1"], "W1"),
        (1, [], "W2"),
        (None, ["W1"], "W1"),
        (None, ["b2"], "W2"),
        (None, ["W1", "b1", "W2"], "W2"),
        (None, ["other"], "W3"),
        (None, [], "W3"),
        (3, ["b1"], "W1"),
        (-1, ["b1"], "W1"),
    ],
    ids=[
        "told",
        "told otherwise",
        "told alone",
        "by weight",
        "by bias",
        "nearest the output",
        "no layer's",
        "none",
        "too far",
        "negative",
    ],
)
def test_which_layer_is_meant(network: Network, layer: int | None, blocks: list[str], weights: str) -> None:
    """The layer that is told, where its blocks are wrong; else the last one whose are, else the last one."""
    assert names_for(network, layer, blocks)["weights"] == weights


@pytest.mark.parametrize(
    ("family", "layer", "blocks", "block"),
    [
        (Family.BIAS, None, ["W1", "b1"], "b1"),
        (Family.BIAS, 0, ["W1", "b1", "W2", "b2"], "b1"),
        (Family.WEIGHT, None, ["b1", "W1"], "W1"),
        (Family.BIAS, None, ["W1"], "W1"),
        (Family.RECURSION, None, ["W1", "b1"], "W1"),
        (None, None, ["b2", "W2"], "b2"),
    ],
    ids=["a bias", "of its layer", "weights", "none of its kind", "of no kind", "not told"],
)
def test_which_block_is_meant(
    network: Network, family: Family | None, layer: int | None, blocks: list[str], block: str
) -> None:
    """A bug of bias gradients is told of a bias, whatever else is wrong with it."""
    assert names_for(network, layer, blocks, family=family)["block"] == block


def test_known_names_win(network: Network) -> None:
    """What was found otherwise is believed rather than the network's names."""
    assert names_for(network, 0, ["W1"], {"delta": "error", "rate": "eta"})["delta"] == "error"
    assert names_for(None, None, [], {"rate": "eta"}) == {"rate": "eta"}
    assert names_for(None, 2, ["theta"]) == {"block": "theta"}


def test_a_sentence_gets_names_and_generic_words() -> None:
    """A name where there is one, a general word elsewhere; what is unknown stays readable."""
    assert fill("{delta} = {above} @ {weights}.T", {"weights": "W2"}) == (
        f"{GENERIC['delta']} = {GENERIC['above']} @ W2.T"
    )
    assert fill("no name", {}) == "no name"
    assert fill("{gate}", {}) == "gate"


@pytest.mark.parametrize("template", ["{", "}", "{0}", "{}", "{a.b}", "{a!x}", "{a:q}", "{z[0][1]}"])
def test_braces_of_code_are_left_alone(template: str) -> None:
    """A sentence whose braces are no placeholders comes back as it is, and nothing raises."""
    assert fill(template, {"a": "A1"}) == template


@pytest.mark.parametrize("bug", CATALOGUE.values(), ids=CATALOGUE)
def test_every_placeholder_of_the_catalogue_has_a_word(bug: Any) -> None:
    """No text of the catalogue leaves a brace or the name of a placeholder that nobody fills."""
    for template in (bug.what, bug.why, bug.formula_wrong, bug.formula_right):
        assert set(re.findall(r"\{(\w+)\}", template)) <= set(GENERIC)
        assert not re.search(r"\{(" + "|".join(GENERIC) + r")\}", fill(template, {}))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (-1.0, "-1"), (2.0, "2"), (0.5, "1/2"), (1 / 3, "1/3"), (-1 / 7, "-1/7"), (1 / 64, "1/64"), (0.0, "0"),
        (0.4, "0.4"), (2 / 3, "0.666667"), (65.0, "65"), (1 / 65, "0.0153846"), (0.123456789, "0.123457"),
        (1 / 3 + 1e-9, "1/3"), (1 / 3 + 1e-5, "0.333343"),
    ],
)  # fmt: skip
def test_constants_as_a_reader_writes_them(value: float, words: str) -> None:
    """Whole numbers and one part of so many as such, everything else as a decimal."""
    assert ratio_words(value) == words


def test_sentences_begin_with_a_capital() -> None:
    """Where words stand for a name; a name and a formula are left as they are written."""
    assert fill("{delta} leaves it out.", {}) == "The delta of this layer leaves it out."
    assert fill("{delta} leaves it out.", {"delta": "dZ1"}) == "dZ1 leaves it out."
    assert fill("{delta} = {z}", {}) == "the delta of this layer = z"
