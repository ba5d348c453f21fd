"""Small parts that need no child: stand-ins, places, synthesis, names, adapters' templates."""

from __future__ import annotations

import ast

import numpy as np
import pytest

import gradcheck.submissions
from gradcheck.submissions.instrumenting.instrument import instrument
from gradcheck.submissions.interfaces import applying
from gradcheck.submissions.losses import losses
from gradcheck.submissions.recognition import adapter
from gradcheck.submissions.running import standins, synthesis
from gradcheck.submissions.steps import places
from gradcheck.submissions.text import updates
from gradcheck.submissions.text.sites import ACCURACY_NAME, RATE_NAME, WEAK_RATE_NAME


def test_public_names() -> None:
    """What the room offers."""
    assert sorted(gradcheck.submissions.__all__) == [
        "Repair", "TIME_LIMIT", "check_file", "check_path", "diagnose_file", "diagnose_path", "repair_file",
    ]  # fmt: skip


def test_stand_ins_unpack_iterate_and_refuse_numbers() -> None:
    """``fig, ax = plt.subplots()`` works, loops over nothing end, and no number is ever made up."""
    plt = standins.Inert("plt")
    fig, axes = plt.subplots(1, 2)
    assert list(axes) == []
    with fig as held:
        assert held is fig
    assert not plt.get_fignums()
    with pytest.raises(TypeError, match="plt is not installed"):
        np.asarray(plt.imread("x.png"))
    data = standins.Inert("sklearn").load_iris().data
    for reckon in (lambda: data / 2, lambda: np.ones(2) @ data, lambda: -data, lambda: data > 1, lambda: float(data),
                   lambda: np.zeros((data.shape[1], 3))):  # fmt: skip
        with pytest.raises(TypeError, match=r"sklearn is not installed \(pip install scikit-learn\)"):
            reckon()
    with pytest.raises(TypeError, match="gradcheck runs a file without matplotlib"):
        standins.Inert("matplotlib.pyplot.rcParams") + 1
    assert f"{data.mean:.3f}" == ""

    class Derived(plt.Figure):  # type: ignore[misc, name-defined]
        """A class over a stand-in."""

    assert Derived().__class__.__mro__[1] is object


@pytest.mark.parametrize(
    "name", ["lr", "learning_rate", "self_lr", "eta", "学习率", "step_size", "LEARNING_RATE", "lrate"]
)
def test_learning_rates(name: str) -> None:
    """Names that a learning rate has."""
    assert RATE_NAME.search(name)
    assert not WEAK_RATE_NAME.search(name)


@pytest.mark.parametrize("name", ["w1", "delta", "beta", "theta", "zeta", "lrelu_out", "grad"])
def test_no_learning_rates(name: str) -> None:
    """Names that it does not have."""
    assert not RATE_NAME.search(name)


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("X_train", "inputs"),
        ("y", "targets"),
        ("Y_true", "targets"),
        ("n_hid", "hidden"),
        ("input_size", "features"),
        ("output_size", "outputs"),
        ("n_y", "outputs"),
        ("layers", "layers"),
        ("layer_dims", "layers"),
        ("num_epochs", "epochs"),
        ("learning_rate", "rate"),
        ("parameters", "params"),
        ("cache", "cache"),
        ("z_values", "cache"),
        ("A2", "output"),
        ("y_hat", "output"),
        ("gradients", "grads"),
        ("标签", "targets"),
    ],
)
def test_roles(name: str, role: str) -> None:
    """What an argument is, by its name."""
    assert synthesis.role_of(name) == role


def test_variants_have_different_sizes_first() -> None:
    """No two sizes of the first variant are equal, so that a transposition cannot run."""
    first = next(synthesis.variants())
    inputs, targets = first.data()
    sizes = {*inputs.shape, *targets.shape, first.hidden}
    assert len(sizes) == 4
    assert first.outputs == 3


def test_gradients_find_their_parameters() -> None:
    """By name, from dictionaries, tuples, attributes and lists."""
    params = {"W1": np.ones(2), "b1": np.ones(1)}
    applying.apply_gradients(params, {"dW1": np.ones(2), "db1": np.ones(1)}, [], 0.5)
    assert params["W1"].tolist() == [0.5, 0.5]
    applying.apply_gradients(params, (np.ones(1), np.ones(2)), ["grad_b1", "grad_W1"], 0.5)
    assert params["b1"].tolist() == [0.0]
    with pytest.raises(LookupError):
        applying.apply_gradients(params, {"dV": np.ones(2)}, [], 0.5)


def test_names_of_places() -> None:
    """What all paths share is left out; an index alone is no name."""

    class Root:
        pass

    def place(*path: tuple[str, object]) -> places.Place:
        return places.Place("self", lambda: None, lambda _value: None, path, None)

    weights = [place(("attribute", "weights"), ("item", i)) for i in (0, 1)]
    biases = [place(("attribute", "biases"), ("item", 0))]
    assert list(places.name_places(weights + biases)) == ["weights[0]", "weights[1]", "biases[0]"]
    assert list(places.name_places(weights)) == ["weights[0]", "weights[1]"]


def test_place_in_a_tuple() -> None:
    """Writing into a tuple rebuilds it where it is kept."""
    box = {"ps": [(1.0, 2.0), (3.0, 4.0)]}
    inner = places.Place("ps", lambda: box["ps"], lambda value: box.update(ps=value), (("item", 1), ("item", 0)), None)
    inner.value = 9.0
    assert box["ps"] == [(1.0, 2.0), (9.0, 4.0)]
    assert inner.value == 9.0


def test_instrumented_code_means_the_same() -> None:
    """Break, continue, else, global, nonlocal, walrus, comprehensions and nested functions keep their meaning."""
    text = """
total = 0
def outer():
    count = 0
    seen = []
    def inner():
        nonlocal count
        for k in range(3):
            count += k
            seen.append([count - j for j in range(2)])
        return count
    for i in range(10):
        global total
        total -= 0.5 * i
        if i == 2:
            continue
        if (n := i * 2) > 8:
            break
    else:
        seen.append("never")
    w = 1.0
    while w > 0.1:
        w -= 0.3 * w
    return inner(), seen, n, round(w, 6)
result = outer(), total
"""

    class Watcher:
        def __getattr__(self, name: str) -> object:
            import operator

            return {
                "loop": lambda _number, items, _step: items,
                "ticket": lambda _number, _step: None,
                "turn": lambda _ticket: True,
                "increment": lambda _site, _target, value, _sign=1: value,
                "add": lambda _site, a, b: operator.add(a, b),
                "subtract": lambda _site, a, b: operator.sub(a, b),
            }.get(name, lambda _site, value: value)

    plain: dict[str, object] = {}
    exec(text, plain)
    watched: dict[str, object] = {"__gradcheck__": Watcher()}
    exec(compile(instrument(ast.parse(text), text).tree, "x", "exec"), watched)
    assert watched["result"] == plain["result"]


@pytest.mark.parametrize(
    ("factor", "name"),
    [(1.0, "sum of squares"), (0.1, "mean squared error"), (0.05, "half the mean squared error"), (0.3, "0.3 x")],
)
def test_names_of_implied_losses(factor: float, name: str) -> None:
    """A factor is named by the sizes that it comes from, samples being rows or columns."""
    assert losses.describe_factor(losses.MENU[0], factor, 10, 1).startswith(name)
    assert losses.describe_factor(losses.MENU[0], factor, 1, 10).startswith(name)


def test_template_is_python() -> None:
    """A template can be saved and run as it is, up to its dots."""
    text = adapter.template("student.py", {"functions": {"cost": ["p"], "backprop": ["p", "x"]}, "classes": {}})
    ast.parse(text)
    assert "module.cost(" in text
    assert "module.backprop(" in text


def test_template_names_only_what_the_module_has() -> None:
    """Without a function that is named like a loss or a gradient there are dots to fill in; no import is idle."""
    text = adapter.template("student.py", {"functions": {"run": []}, "classes": {"Net": ["backward"]}})
    ast.parse(text)
    assert "module." not in text
    assert "return ..." in text
    assert "import Problem\n" in text


@pytest.mark.parametrize(
    ("name", "metric"),
    [("value", False), ("values", False), ("loss_value", False), ("val", True), ("val_loss", True), ("valid", True),
     ("valuation_score", True), ("evaluate", True), ("accuracy", True), ("test_loss", True)],
)  # fmt: skip
def test_a_value_is_no_validation(name: str, metric: bool) -> None:
    """``value = np.mean(...); return value, grads`` is a loss as good as any."""
    assert bool(ACCURACY_NAME.search(name)) is metric


def test_a_copy_leaves_out_what_other_tools_wrote() -> None:
    """IPython's tracebacks write each node's parent on it, and on the ``ast.Load()`` that all trees share."""
    tree = ast.parse("a.b = c + 1  # at its place")
    marked = [node for parent in ast.walk(tree) for node in ast.iter_child_nodes(parent)]
    for parent in list(ast.walk(tree)):
        for node in ast.iter_child_nodes(parent):
            node.parent = parent  # type: ignore[attr-defined]
    try:
        copy = updates.copied(tree)
    finally:
        for node in marked:
            vars(node).pop("parent", None)
    assert ast.dump(copy, include_attributes=True) == ast.dump(tree, include_attributes=True)
    assert not {id(node) for node in ast.walk(copy) if node._attributes} & set(map(id, marked))
