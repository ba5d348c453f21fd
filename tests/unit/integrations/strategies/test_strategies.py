"""The strategies: what they draw, what they refuse, where kinks are, and that an example prints as a program."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gradcheck
from gradcheck.diagnosis.catalogue import CATALOGUE
from gradcheck.integrations import strategies
from gradcheck.integrations.strategies import (
    PLANTABLE,
    Architecture,
    Batch,
    NetworkExample,
    architectures,
    batches,
    networks,
    parameters,
    planted_gradient,
    wrong_gradients,
)
from gradcheck.integrations.strategies.architecture import ACTIVATIONS, LOSSES
from gradcheck.integrations.strategies.drawing import kinds_with
from gradcheck.integrations.strategies.kinks import MARGIN
from gradcheck.integrations.strategies.planting import AVERAGED, LOSSES_WITH

SMALL = Architecture(sizes=(2, 3, 1), activations=("relu", "linear"))


def _distances(example: NetworkExample) -> list[float]:
    """Of each pre-activation from the kink of its unit."""
    found = example.namespace()["forward"](example.params)[0]
    kinked = [ACTIVATIONS[name].kinked for name in example.architecture.activations]
    return [float(distance) for z, kink in zip(found, kinked, strict=True) if kink for distance in np.abs(z).ravel()]


@given(
    architectures(max_layers=2, max_units=3, activations=["relu", "tanh"], losses=["cross-entropy"], regularised=True)
)
def test_architectures_keep_to_their_options(architecture: Architecture) -> None:
    """Layers, units, activations, loss and penalty."""
    assert architecture.layers <= 2
    assert max(architecture.sizes) <= 3
    assert set(architecture.activations[:-1]) <= {"relu", "tanh"}
    assert (architecture.loss, architecture.activations[-1]) == ("cross-entropy", "softmax")
    assert architecture.l2 > 0.0
    assert architecture.sizes[-1] >= 2


@given(st.data())
def test_batches_have_the_targets_of_the_loss(data: st.DataObject) -> None:
    """One-hot, binary or real; of the dtype of the network."""
    architecture = data.draw(architectures(dtypes=["float32"]))
    batch = data.draw(batches(architecture, max_samples=3))
    assert 1 <= len(batch) <= 3
    assert batch.inputs.shape == (len(batch), architecture.sizes[0])
    assert batch.targets.shape == (len(batch), architecture.sizes[-1])
    assert {batch.inputs.dtype, batch.targets.dtype} == {np.dtype("float32")}
    kind = LOSSES[architecture.loss].targets
    if kind != "real":
        assert set(batch.targets.ravel()) <= {0.0, 1.0}
    if kind == "one-hot":
        assert np.all(batch.targets.sum(axis=1) == 1.0)


@given(networks(kinks="away", activations=["relu", "leaky-relu"]))
def test_away_from_kinks(example: NetworkExample) -> None:
    """No unit is within the margin."""
    assert all(distance >= MARGIN for distance in _distances(example))


@given(networks(kinks="near", activations=["relu", "leaky-relu"]))
def test_near_a_kink(example: NetworkExample) -> None:
    """One unit is, where there is one that has a kink."""
    if example.architecture.kinked:
        assert min(_distances(example)) <= 2e-5


@given(st.data())
def test_parameters_for_a_network_of_ones_own(data: st.DataObject) -> None:
    """They are drawn for any architecture and batch."""
    batch = Batch(inputs=np.ones((4, 2)), targets=np.ones((4, 1)))
    params = data.draw(parameters(SMALL, batch))
    assert {name: value.shape for name, value in params.items()} == SMALL.shapes


@settings(max_examples=10)
@given(st.one_of(networks(), wrong_gradients("transposed-weights")))
def test_a_program_shows_the_same_verdict(example: NetworkExample) -> None:
    """Copied into a file and run, it prints what a check of the problem says."""
    run = subprocess.run([sys.executable, "-c", example.program()], capture_output=True, text=True, check=True)
    assert run.stdout.split()[0] == gradcheck.check(example.problem()).verdict.name


def test_a_failing_test_prints_the_program() -> None:
    """And a line on the network; what it prints can be run."""
    program = (
        "import gradcheck\n"
        "from hypothesis import given, settings\n"
        "from gradcheck.integrations.strategies import wrong_gradients\n"
        "@settings(derandomize=True, database=None, deadline=None, max_examples=20)\n"
        "@given(wrong_gradients('missing-factor-2'))\n"
        "def test_it(example):\n"
        "    assert not example.shows()\n"
        "test_it()\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert "example=<network 1-1, linear, squares, float64, batch 1, bug missing-factor-2" in run.stderr
    printed = run.stderr[run.stderr.index("import numpy as np") :]
    lines = [
        line.removeprefix("  | ").removeprefix("  ") if line.startswith("  |") else line
        for line in printed.splitlines()
    ]
    end = lines.index("print(gradcheck.check(problem))")
    again = subprocess.run(
        [sys.executable, "-c", "\n".join(lines[: end + 1])], capture_output=True, text=True, check=True
    )
    assert again.stdout.startswith("FAIL")


@pytest.mark.parametrize("bug", PLANTABLE)
def test_every_plantable_bug_can_be_in_a_network(bug: str) -> None:
    """And is in the catalogue."""
    assert bug in CATALOGUE
    assert kinds_with(bug)[0]


@pytest.mark.parametrize("bug", sorted({*AVERAGED, *LOSSES_WITH}))
@settings(max_examples=25)
@given(data=st.data())
def test_a_bug_of_scale_is_planted_where_its_name_is_true(bug: str, data: st.DataObject) -> None:
    """No division by the batch size is forgotten where the loss is a sum, nor the 2 of a cross-entropy."""
    example = data.draw(wrong_gradients(bug))
    text = example.program().partition("def loss(params):")[2].partition("def backward")[0]
    assert ("/ len(X)" in text) == example.architecture.mean
    assert example.architecture.mean == AVERAGED.get(bug, example.architecture.mean)
    assert bug not in LOSSES_WITH or "** 2)" in text
    assert (bug, example.architecture.loss) != ("missing-factor-2", "half-squares")


def test_what_cannot_show_is_said() -> None:
    """With one sample there is no difference between a sum and a mean; with two there is."""
    example = NetworkExample(
        architecture=Architecture(sizes=(1, 1), activations=("linear",), mean=True),
        batch=Batch(inputs=np.array([[1.0]]), targets=np.array([[3.0]])),
        params={"W1": np.array([[0.5]]), "b1": np.array([0.25])},
        bug="sum-instead-of-mean",
    )
    assert not example.shows()
    batch = Batch(inputs=np.array([[1.0], [2.0]]), targets=np.array([[3.0], [1.0]]))
    two = NetworkExample(architecture=example.architecture, batch=batch, params=example.params, bug=example.bug)
    assert two.shows()
    assert not two.right().shows()


REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "loss": (
        lambda: Architecture(sizes=(1, 1), activations=("linear",), loss="hinge"),
        "loss='hinge'; expected one of",
    ),
    "activation": (lambda: Architecture(sizes=(1, 1), activations=("gelu",)), "activations='gelu'; expected one of"),
    "sizes": (lambda: Architecture(sizes=(1,), activations=()), "expected at least features and outputs"),
    "output": (
        lambda: Architecture(sizes=(1, 1), activations=("softmax",)),
        "with loss='squares' the output is one of",
    ),
    "bug": (lambda: wrong_gradients("crash").example(), "bugs=.*crash.*; expected some of sign-flip"),
    "layers": (lambda: wrong_gradients("upstream-lost", max_layers=1).example(), "is in no network of at most 1"),
    "kinks": (lambda: networks(kinks="far").example(), "kinks=.*far.*; expected some of away, near, any"),
    "nothing": (lambda: networks(losses=[]).example(), r"losses=\[\]; expected some of squares"),
    "planted": (
        lambda: planted_gradient("crash", "", None, None, None, None, activations=(), loss="mse", scale=1.0),  # type: ignore[arg-type]
        "bug='crash' cannot be planted",
    ),
}


@pytest.mark.parametrize(("call", "message"), REFUSED.values(), ids=REFUSED)
@pytest.mark.filterwarnings("ignore::hypothesis.errors.NonInteractiveExampleWarning")
def test_arguments_that_cannot_be_used(call: Callable[[], Any], message: str) -> None:
    """The message gives the name, the value and what there is."""
    with pytest.raises(gradcheck.InvalidArgumentError, match=message):
        call()


def test_the_short_way() -> None:
    """``gradcheck.strategies`` is the module."""
    assert gradcheck.strategies is strategies
