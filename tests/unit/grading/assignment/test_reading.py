"""A whole assignment file read into records."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from gradcheck.grading.assignment import Assignment, AssignmentError, Data, Hidden, Late, Limits, Marking, Network
from gradcheck.grading.assignment.reading import parse_assignment, read_assignment
from gradcheck.grading.records import Audience, Hint
from gradcheck.submissions.declared.interface import Biases, Layout, Place, Step, Style, Targets, Weights

from .conftest import KINDS, VALID

Read = Callable[[str], Assignment]

MINIMAL = """\
schema = "gradcheck/assignment@1"
title = "Small"
[network]
sizes = [3, 2]
activations = ["linear"]
loss = "sse"
[interface]
style = "recognised"
[[rubric]]
id = "all_gradients"
points = 2.5
checks = "gradient"
"""


def test_the_network_and_where_it_is_compared(read: Read, folder: Path) -> None:
    """Every key of network, reference, data, hidden and limits arrives."""
    found = read(VALID)
    assert found.title == "XOR"
    assert found.network == Network(
        sizes=(2, 4, 1), activations=("tanh", "sigmoid"), loss="mse", l2=0.01, penalty="half"
    )
    assert found.reference.file == folder / "solution.py"
    assert found.reference.implementation is None
    assert found.data.inputs is not None
    assert found.data.targets is not None
    np.testing.assert_array_equal(found.data.inputs, [[0, 0], [0, 1], [1, 0], [1, 1]])
    np.testing.assert_array_equal(found.data.targets, [[0], [1], [1], [0]])
    assert found.data.samples == 4
    assert found.hidden == Hidden(points=4, seed=7)
    assert found.limits == Limits(time=2.0, memory=512_000_000)
    assert found.path == folder / "assignment.toml"


def test_the_rubric(read: Read) -> None:
    """Points add up, titles come from ids, gates are the leaves' paths, those of the groups included."""
    found = read(VALID)
    assert [(leaf.path, leaf.points, leaf.checks) for leaf in found.leaves] == [
        ("loads", 1.0, "loads"),
        ("forward-pass", 3.0, "forward"),
        ("gradients/W1", 4.0, "gradient"),
        ("gradients/W2", 5.0, "gradient"),
    ]
    assert [item.title for item in found.rubric] == ["Loads", "Forward pass", "Every gradient"]
    assert found.points == 13.0
    assert [leaf.needs for leaf in found.leaves] == [(), ("loads",), ("forward-pass",), ("forward-pass", "loads")]
    assert found.leaves[2].options == {"block": "W1", "share": 0.5}
    assert found.leaves[2].line == VALID[: VALID.index('  id = "W1"')].count("\n")


def test_a_gate_may_be_a_group(read: Read) -> None:
    """A gate on a group is a gate on all its leaves; the end of a path is enough where it is unlike others."""
    text = VALID + '[[rubric]]\nid = "a"\npoints = 1\nchecks = "loads"\nneeds = ["gradients"]\n'
    text += '[[rubric]]\nid = "b"\npoints = 1\nchecks = "loads"\nneeds = ["W2"]\n'
    found = read(text.replace("points = 13", "points = 15"))
    assert found.leaves[4].needs == ("gradients/W1", "gradients/W2")
    assert found.leaves[5].needs == ("gradients/W2",)


def test_an_item_may_say_what_a_constant_factor_costs(read: Read) -> None:
    """It goes before what is said for all."""
    found = read(
        VALID.replace('block = "W2"', 'block = "W2"\nconstant_factor = 0.8') + "[marking]\nconstant_factor = 0.25\n"
    )
    assert found.marking == Marking(constant_factor=0.25)
    assert [leaf.options.get("constant_factor") for leaf in found.leaves] == [None, None, None, 0.8]


def test_people_and_what_they_see(read: Read) -> None:
    """Shown levels, lateness, conventions, integrity."""
    found = read(VALID)
    assert found.show == {Audience.NOW: Hint.SYMPTOM, Audience.AFTER_DUE: Hint.FIX, Audience.STAFF: Hint.FIX}
    due = datetime(2026, 10, 1, 21, 59, tzinfo=UTC)
    assert found.late == Late(due=due, grace=timedelta(minutes=90), per_day=0.1, most=1.0)
    assert found.conventions == frozenset({"loss-constant"})
    assert found.integrity.forbid == ("torch", "jax.numpy")


def test_the_interface(read: Read) -> None:
    """Calls are parsed, and places found by default under the parameters' names."""
    found = read(VALID).interface
    assert (found.style, found.layout, found.weights, found.biases, found.targets) == (
        Style.FUNCTIONS, Layout.ROWS, Weights.IN_OUT, Biases.ROW, Targets.VALUES,
    )  # fmt: skip
    assert list(found.calls) == ["initialise", "forward", "loss", "gradient", "update"]
    assert found.calls["update"][0].takes == ("params", "gradients", "learning_rate")
    assert found.activations["sigmoid"][0].gives == ("a",)
    assert found.derivatives["sigmoid"][0].takes == ("a",)
    assert found.layers[0][0].gives == ("dW2", "db2")
    assert found.parameters["W1"] == Place(root="params", steps=(Step(key="W1", attribute=False),))
    assert found.gradients["b2"] == Place(root="gradients", steps=(Step(key="db2", attribute=False),))


def test_what_is_left_out_has_its_default(read: Read) -> None:
    """The shortest file: everything else as documented."""
    found = read(MINIMAL)
    assert found.interface.style is Style.RECOGNISED
    assert (found.hidden, found.marking, found.limits, found.late) == (Hidden(), Marking(), Limits(), Late())
    assert (found.data, found.reference.file) == (Data(), None)
    assert found.show == {Audience.NOW: Hint.SYMPTOM, Audience.AFTER_DUE: Hint.NAME, Audience.STAFF: Hint.FIX}
    assert found.conventions == frozenset({"loss-epsilon"})
    assert found.rubric[0].title == "All gradients"
    assert found.points == 2.5


@pytest.mark.parametrize(
    ("calls", "parameters", "place", "gradient"),
    [
        ('update = "self.b(X, Y, learning_rate)"', "", "self.W1", None),
        ('gradient = "self.b(X, Y) -> gradients"', "", "self.W1", "gradients['dW1']"),
        ('gradient = "self.b(X, Y)"', 'gradients = { W1 = "g", b1 = "self.h" }', "self.W1", "self.g"),
        ('gradient = "self.b(X, Y, params) -> gradients"', "", "params['W1']", "gradients['dW1']"),
        ('gradient = "self.b(X, Y, W1, b1) -> dW1, db1"', "", "W1", "dW1"),
        (
            'gradient = "self.b(X, Y) -> gradients"',
            'parameters = { W1 = "self.w[0]", b1 = "module.b" }\ngradients = { W1 = "dW1", b1 = "db1" }',
            "self.w[0]",
            "gradients['dW1']",
        ),
    ],
)
def test_places_by_default_and_by_hand(
    read: Read, calls: str, parameters: str, place: str, gradient: str | None
) -> None:
    """A parameter on its own is a key of `params`, an argument, or an attribute; steps alone have no gradients."""
    made = f'[interface.calls]\nforward = "self.f(X) -> output"\n{calls}'
    text = MINIMAL.replace(
        'style = "recognised"', f'style = "class"\nconstruct = "Net(features, outputs)"\n{parameters}\n{made}'
    )
    found = read(text).interface
    assert str(found.parameters["W1"]) == place
    assert (str(found.gradients["W1"]) if found.gradients else None) == gradient


def test_column_layout_turns_weights_and_biases(read: Read) -> None:
    """Samples in columns mean `Z = W X + b` unless it is said otherwise."""
    found = read(VALID.replace('layout = "rows"', 'layout = "columns"')).interface
    assert (found.weights, found.biases) == (Weights.OUT_IN, Biases.COLUMN)
    found = read(VALID.replace('layout = "rows"', 'layout = "columns"\nweights = "in-out"\nbiases = "flat"')).interface
    assert (found.weights, found.biases) == (Weights.IN_OUT, Biases.FLAT)


def test_an_adapter(read: Read, folder: Path) -> None:
    """Its file is found beside the assignment."""
    text = MINIMAL.replace('style = "recognised"', 'style = "adapter"\nadapter = "adapter.py"')
    assert read(text).interface.adapter == folder / "adapter.py"


def test_data_from_a_file(read: Read, folder: Path) -> None:
    """Arrays X and Y of a .npz file; targets of one output may be flat."""
    np.savez(folder / "data.npz", X=np.ones((6, 3)), Y=np.arange(6))
    text = MINIMAL.replace("sizes = [3, 2]", "sizes = [3, 1]") + '[data]\nfile = "data.npz"\n'
    found = read(text).data
    assert found.inputs is not None
    assert found.targets is not None
    assert (found.inputs.shape, found.targets.shape, found.file) == ((6, 3), (6, 1), folder / "data.npz")
    assert found.inputs.dtype == np.float64


def test_the_digest_is_that_of_the_file_and_all_that_it_refers_to(read: Read, folder: Path) -> None:
    """Anything that changes what is graded changes it; reading again does not."""
    first = read(VALID).digest
    assert len(first) == hashlib.sha256().digest_size * 2
    assert read(VALID).digest == first
    assert read(VALID + "# a remark\n").digest != first
    (folder / "solution.py").write_text("x = 2\n")
    assert read(VALID).digest != first


@pytest.mark.parametrize(
    ("spoiled", "file"),
    [
        (MINIMAL.replace('style = "recognised"', 'style = "adapter"\nadapter = "adapter.py"'), "adapter.py"),
        (MINIMAL + '[data]\nfile = "data.npz"\n', "data.npz"),
    ],
    ids=["adapter", "data"],
)
def test_the_digest_is_that_of_every_kind_of_file(read: Read, folder: Path, spoiled: str, file: str) -> None:
    """An adapter and data are what is graded by, too."""
    np.savez(folder / "data.npz", X=np.ones((6, 3)), Y=np.ones((6, 2)))
    first = read(spoiled).digest
    content = (folder / file).read_bytes()
    np.savez(folder / "data.npz", X=np.ones((6, 3)), Y=np.zeros((6, 2)))
    (folder / "adapter.py").write_text("def build(module): return 1\n")
    assert (folder / file).read_bytes() != content
    assert read(spoiled).digest != first


def test_the_file_may_begin_with_a_mark_and_end_lines_as_windows_does(folder: Path) -> None:
    """As editors on Windows write it, messages' lines included."""
    content = b"\xef\xbb\xbf" + VALID.replace('loss = "mse"', 'loss = "mze"').replace("\n", "\r\n").encode()
    with pytest.raises(AssignmentError) as caught:
        parse_assignment(content, folder / "assignment.toml", kinds=KINDS)
    assert [(problem.line, problem.key) for problem in caught.value.problems] == [(8, "network.loss")]


def test_a_path_that_is_none(tmp_path: Path) -> None:
    """The message names it and says what to do."""
    with pytest.raises(AssignmentError, match=r"none\.toml: 1 problem\n  it cannot be read: No such file"):
        read_assignment(tmp_path / "none.toml", kinds=KINDS)


@pytest.mark.parametrize(("name", "title"), [("all_gradients", "All gradients"), ("b1", "b1"), ("dW2", "dW2")])
def test_an_item_is_called_by_its_id(name: str, title: str, read: Read) -> None:
    """Words as a sentence begins, names of the code as they are."""
    found = read(MINIMAL.replace("all_gradients", name))
    assert found.rubric[0].title == title
