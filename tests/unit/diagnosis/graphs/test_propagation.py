"""A recorded forward pass, propagated back."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from gradcheck import Problem
from gradcheck.diagnosis.graphs.propagation import Graph, Slip, together
from gradcheck.diagnosis.network import Array
from gradcheck.oracles.autodiff.recording import record_forward

SHAPES = {"A": (3, 4), "b": (4,)}


def graph_of(loss: Callable[[dict[str, Array]], float]) -> Graph:
    """Of a loss of two blocks, at one point."""
    rng = np.random.default_rng(1)
    params = {name: rng.normal(size=shape) for name, shape in SHAPES.items()}
    problem = Problem(loss, lambda p: p, params)
    return Graph(record_forward(problem.driver, [params[block.name] for block in problem.blocks]))


def test_no_influence_is_no_part_of_the_way() -> None:
    """What a rate of zero keeps out is neither followed nor a reason for more blocks to be reached."""
    graph = graph_of(lambda p: np.sum((p["A"] - 0.0 * np.sum(p["b"] ** 2)) ** 2))
    squares = [value.number for value in graph.values if value.operation == "power"]
    assert [graph.is_live(number) for number in squares] == [False, True]
    assert graph.reach[graph.loss] == {"A"}
    assert graph.is_faithful


LOSSES: dict[str, Callable[[dict[str, Array]], float]] = {
    "products": lambda p: np.sum(np.tanh(p["A"] @ p["b"]) ** 2),
    "letters": lambda p: np.einsum("ij,j,i->", p["A"], p["b"], np.arange(3.0)) ** 2,
    "joined": lambda p: np.sum(np.concatenate([p["A"], p["b"][None]]).max(axis=1) ** 3),
    "choice": lambda p: np.sum(np.where(p["A"] > 0, p["A"] * p["b"], 0.1 * p["A"])),
    "statistics": lambda p: np.sum((p["A"] - p["A"].mean(axis=0)) ** 2 / (p["A"].var(axis=0) + 1.0)) + p["b"][1],
    "taken": lambda p: np.log(np.exp(p["A"].T[[0, 0, 2]]).sum()) * np.prod(p["b"]),
}


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_the_way_back_gives_the_recorded_adjoints(loss: Callable[[dict[str, Array]], float]) -> None:
    """Products, moves of entries, reductions, choices; each operation by its own rule."""
    graph = graph_of(loss)
    assert graph.is_faithful
    found = graph.gradients()
    for value in graph.values:
        if value.block is not None and value.adjoint is not None:
            np.testing.assert_allclose(found[value.block], value.adjoint, rtol=1e-10)


def test_slips_change_what_they_say() -> None:
    """An edge with a factor, a value whose operands are passed by, a cotangent that is multiplied; two together."""
    graph = graph_of(lambda p: np.sum(np.sin(p["A"]) * p["b"]))
    sine = next(value for value in graph.values if value.operation == "sin")
    product = next(value for value in graph.values if value.operation == "multiply")
    right = graph.gradients()
    edge = (product.number, product.inputs.index(sine.number))
    turned = Slip(edges={edge: lambda cotangent: -graph.pull(*edge, cotangent)})
    passed = Slip(past={sine.number: (sine.inputs[0], lambda cotangent: cotangent)})
    doubled = Slip(scaled={product.number: np.full(product.value.shape, 2.0)})
    np.testing.assert_allclose(graph.gradients(turned)["A"], -right["A"])
    np.testing.assert_allclose(graph.gradients(turned)["b"], right["b"])
    np.testing.assert_allclose(graph.gradients(passed)["A"], right["A"] / np.cos(graph.values[sine.inputs[0]].value))
    np.testing.assert_allclose(graph.gradients(together(turned, doubled))["A"], -2 * right["A"])
    np.testing.assert_allclose(graph.gradients(doubled)["b"], 2 * right["b"])
