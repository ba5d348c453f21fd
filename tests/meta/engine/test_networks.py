"""The networks that the checker is judged by are right, by differences in extended precision; the bugs are bugs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from networks.activations import ACTIVATIONS
from networks.bugs import BUGS, Bug
from networks.cases import fast_cases, random_cases
from networks.losses import LOSSES
from networks.models import MODELS
from networks.network import build_network, parts_of
from networks.specification import Specification

SPECS = [
    Specification(
        sizes=(4, 5, 3, 3 if LOSSES[loss].targets == "one-hot" else 2),
        activation=activation,
        loss=loss,
        output="tanh",
        layout=layout,
        l2=0.1 if layout == "rows" else 0.0,
        l1=0.05 if layout == "columns" else 0.0,
        loss_scale=0.5,
        seed=11,
    )
    for activation in ACTIVATIONS
    for loss in LOSSES
    for layout in ("rows", "columns")
]


def _leaves(tree: Any) -> list[Any]:
    if isinstance(tree, dict):
        return [leaf for key in sorted(tree) for leaf in _leaves(tree[key])]
    if isinstance(tree, list):
        return [leaf for item in tree for leaf in _leaves(item)]
    return [tree]


def _extended(tree: Any) -> Any:
    """A copy in the longest floating-point type of the machine."""
    if isinstance(tree, dict):
        return {key: _extended(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_extended(item) for item in tree]
    return np.array(tree, dtype=np.longdouble)


def _numeric_gradient(loss: Callable[[Any], Any], params: Any) -> list[Any]:
    """Five-point differences, error ``h**4``, entry by entry."""
    params = _extended(params)
    h = np.longdouble(1e-6)
    gradient = []
    for leaf in _leaves(params):
        derivative = np.empty_like(leaf)
        for place in np.ndindex(leaf.shape):
            centre = leaf[place]
            values = []
            for steps in (-2, -1, 1, 2):
                leaf[place] = centre + steps * h
                values.append(loss(params))
            leaf[place] = centre
            derivative[place] = (values[0] - 8 * values[1] + 8 * values[2] - values[3]) / (12 * h)
        gradient.append(derivative)
    return gradient


def _largest_error(parts: Any) -> float:
    """Largest difference of an entry, relative to the norm of its block."""
    numeric = _numeric_gradient(parts.loss, parts.params)
    errors = []
    for claimed, true in zip(_leaves(parts.gradient(parts.params)), numeric, strict=True):
        scale = max(float(np.linalg.norm(true)), 1e-12)
        errors.append(float(np.max(np.abs(claimed - true), initial=0.0)) / scale)
    return max(errors)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: f"{spec.activation} {spec.loss} {spec.layout}")
def test_network_is_right(spec: Specification) -> None:
    """Every activation with every loss in both layouts has the gradient of its loss."""
    tolerance = 1e-5 if LOSSES[spec.loss].smoothing else 1e-7  # log(p + 1e-8) is left out of its derivative
    assert _largest_error(parts_of(*build_network(spec))) < tolerance


@pytest.mark.parametrize("name", MODELS)
def test_model_is_right(name: str) -> None:
    """Every other model has the gradient of its loss."""
    assert _largest_error(MODELS[name](3)) < 1e-7


@pytest.mark.parametrize("structure", ["list", "nested", "flat"])
def test_structure_changes_nothing(structure: str) -> None:
    """The form in which parameters are handed over changes neither loss nor gradient."""
    spec = Specification(sizes=(3, 4, 2))
    first, other = parts_of(*build_network(spec)), parts_of(*build_network(replace(spec, structure=structure)))
    assert first.loss(first.params) == other.loss(other.params)
    flat = [np.concatenate([np.ravel(leaf) for leaf in _leaves(p.gradient(p.params))]) for p in (first, other)]
    np.testing.assert_array_equal(np.sort(flat[0]), np.sort(flat[1]))


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_bug_shows(bug: Bug) -> None:
    """Each bug changes the gradient at the point on which the checker is asked to find it."""
    assert max(bug.relative_errors().values()) > 5e-6


def test_case_ids_are_unique() -> None:
    """No case hides another."""
    cases = [*fast_cases(), *random_cases(200)]
    assert len({case.id for case in cases}) == len(cases)


def test_random_cases_repeat() -> None:
    """The same seed gives the same problems, so that a failure can be looked at."""
    assert [case.id for case in random_cases(50, 7)] == [case.id for case in random_cases(50, 7)]


def test_cases_cover() -> None:
    """About 150 fast cases, with every activation, loss, layout, structure and precision among them."""
    specs = [case.spec for case in fast_cases() if case.spec is not None]
    assert 140 <= len(fast_cases()) <= 200
    assert {spec.activation for spec in specs} == set(ACTIVATIONS)
    assert {spec.loss for spec in specs} == set(LOSSES)
    assert {spec.structure for spec in specs} == {"dict", "list", "nested", "flat"}
    assert {spec.dtype for spec in specs} == {"float64", "float32", "float16"}
    assert {spec.layout for spec in specs} == {"rows", "columns"}
