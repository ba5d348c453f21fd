"""A valid assignment to spoil, and kinds of items that are not the tool's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gradcheck.grading.assignment import Assignment, Kind, Option
from gradcheck.grading.assignment.reading import parse_assignment

VALID = """\
schema = "gradcheck/assignment@1"
title = "XOR"
points = 13

[network]
sizes = [2, 4, 1]
activations = ["tanh", "sigmoid"]
loss = "mse"
regularisation = { l2 = 0.01, form = "half" }

[reference]
file = "solution.py"

[interface]
style = "functions"
layout = "rows"
layers = ["output_gradient(dZ2, A1) -> dW2, db2"]
[interface.calls]
initialise = "init_params(2, 4, 1) -> params"
forward = "forward(X, params) -> output, cache"
loss = "compute_loss(output, Y) -> loss"
gradient = "backward(params, cache, X, Y) -> gradients"
update = ["update(params, gradients, learning_rate) -> params"]
[interface.activations]
sigmoid = "sigmoid(z) -> a"
[interface.derivatives]
sigmoid = "sigmoid_derivative(a) -> d"

[data]
X = [[0, 0], [0, 1], [1, 0], [1, 1]]
Y = [[0], [1], [1], [0]]

[hidden]
points = 4
seed = 7

[[rubric]]
id = "loads"
points = 1
checks = "loads"

[[rubric]]
id = "forward-pass"
points = 3
checks = "forward"
needs = ["loads"]

[[rubric]]
id = "gradients"
title = "Every gradient"
points = 9
needs = ["forward-pass"]
  [[rubric.items]]
  id = "W1"
  points = 4
  checks = "gradient"
  block = "W1"
  [[rubric.items]]
  id = "W2"
  points = 5
  checks = "gradient"
  block = "W2"
  needs = ["loads"]

[limits]
time = 2
memory = "512 MB"

[show]
now = "symptom"
after_due = "fix"

[late]
due = 2026-10-01T23:59:00+02:00
grace = "1.5 h"
per_day = 0.1

[conventions]
allowed = ["loss-constant"]

[integrity]
forbid = ["torch", "jax.numpy"]
"""

KINDS = {
    kind.name: kind
    for kind in (
        Kind(name="loads", summary="It loads."),
        Kind(name="forward", summary="Its values.", needs=(("forward",),), undeclared=False),
        Kind(
            name="gradient",
            summary="A gradient.",
            needs=(("gradient", "update"),),
            options=(
                Option(name="block", schema={"type": "string"}, meaning="Which.", refers="parameter"),
                Option(name="share", schema={"type": "number", "minimum": 0}, meaning="How much.", default=0.5),
            ),
        ),
        Kind(
            name="training",
            summary="A training.",
            needs=(("train",),),
            options=(Option(name="epochs", schema={"type": "integer"}, meaning="Steps.", required=True),),
        ),
        Kind(
            name="layer",
            summary="A step alone.",
            needs=(("layers",),),
            options=(Option(name="number", schema={"type": "integer"}, meaning="Which.", default=1, refers="layer"),),
        ),
        Kind(
            name="derivative",
            summary="Derivatives.",
            needs=(("derivatives",),),
            options=(
                Option(
                    name="of",
                    schema={"type": "array", "items": {"type": "string"}},
                    meaning="Which.",
                    refers="activation",
                ),
            ),
        ),
    )
}

Read = Callable[[str], Assignment]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the assignment stands, with what it refers to."""
    (tmp_path / "solution.py").write_text("x = 1\n")
    (tmp_path / "adapter.py").write_text("def build(module): ...\n")
    return tmp_path


@pytest.fixture
def read(folder: Path) -> Read:
    """Read an assignment that stands there."""
    return lambda text: parse_assignment(text.encode(), folder / "assignment.toml", kinds=KINDS)
