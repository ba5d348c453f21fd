"""The forms in which code keeps its arrays."""

import numpy as np
import pytest

from gradcheck.submissions.declared.forms import Form, forms_of
from gradcheck.submissions.declared.interface import Biases, Interface, Layout, Style, Targets, Weights

SHAPES = {
    "X": (5, 2),
    "Y": (5, 3),
    "output": (5, 3),
    "W1": (2, 4),
    "b1": (4,),
    "Z1": (5, 4),
    "dW1": (2, 4),
    "db1": (4,),
}


@pytest.mark.parametrize("columns", [False, True])
@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("biases", Biases)
@pytest.mark.parametrize("role", SHAPES)
def test_there_and_back(columns: bool, turned: bool, biases: Biases, role: str) -> None:
    """What is encoded is decoded to the same."""
    form = Form(columns=columns, turned=turned, biases=biases)
    array = np.random.default_rng(0).standard_normal(SHAPES[role])
    found = form.decode(role, form.encode(role, array), SHAPES[role])
    assert found is not None
    np.testing.assert_array_equal(found, array)


def test_shapes_of_the_code() -> None:
    """Samples in columns, weights turned, biases as columns."""
    form = Form(columns=True, turned=True, biases=Biases.COLUMN)
    assert form.encode("X", np.ones((5, 2))).shape == (2, 5)
    assert form.encode("W1", np.ones((2, 4))).shape == (4, 2)
    assert form.encode("b1", np.ones(4)).shape == (4, 1)
    assert form.encode("z", np.ones((5, 2))).shape == (5, 2)


def test_targets_as_indices() -> None:
    """One-hot rows become the index of the right class in every layout."""
    targets = np.eye(3)[[2, 0, 1]]
    for columns in (False, True):
        found = Form(columns=columns, targets=Targets.INDICES).encode("Y", targets)
        assert found.tolist() == [2, 0, 1]


def test_another_shape_is_no_such_array() -> None:
    """But one output may lose its axis, since there is no other reading."""
    form = Form()
    assert form.decode("W1", np.ones((4, 2)), (2, 4)) is None
    assert form.decode("dW1", np.ones(()), (2, 4)) is None
    found = form.decode("output", np.ones(5), (5, 1))
    assert found is not None
    assert found.shape == (5, 1)


@pytest.mark.parametrize(
    ("layout", "weights", "first"),
    [
        (Layout.ROWS, Weights.IN_OUT, (False, False)),
        (Layout.ROWS, Weights.OUT_IN, (False, True)),
        (Layout.COLUMNS, Weights.OUT_IN, (True, True)),
        (Layout.EITHER, Weights.IN_OUT, (False, False)),
    ],
)
def test_the_declared_form_comes_first(layout: Layout, weights: Weights, first: tuple[bool, bool]) -> None:
    """The others follow, each once."""
    forms = forms_of(Interface(style=Style.FUNCTIONS, layout=layout, weights=weights))
    assert (forms[0].columns, forms[0].turned) == first
    assert len(set(forms)) == len(forms) > 2
    assert {form.columns for form in forms} == {False, True}
