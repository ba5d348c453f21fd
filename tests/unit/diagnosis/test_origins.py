"""Where a text gives something its value, through names, slices, loops and calls."""

from __future__ import annotations

import pytest

from gradcheck.diagnosis.origins import Origins

CLASS = """class Net:
    def __init__(self, n, start):
        self.W1 = start
        self.parts = [make(n), make(n)]

    def step(self, x, t, lr=0.1):
        self.W1 = self.W1 - lr * (x @ self.W1 - t)


def data(n):
    X = draw(n)
    y = X ** 2
    return X, y


def main():
    weights = draw(3)
    X, y = data(20)
    net = Net(3, weights)
    for k in range(9):
        batch = y[k:k + 5]
        net.step(X[k:k + 5], batch, {rate})
"""


def test_parameters_start_where_their_value_is_made() -> None:
    """Not where a constructor hands it on, nor where an update replaces it; a list's element where the list is."""
    origins = Origins(CLASS)
    assert origins.of("self.W1") == (17,)
    assert origins.of("net.parts[1]") == (4,)
    assert origins.of("other") == ()


def test_targets_are_followed_through_calls() -> None:
    """From the parameter of a step to its argument, a slice of it, and what a function returned in its place."""
    assert Origins(CLASS).last("t") == 12
    assert Origins(CLASS).last("x") == 11


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("y = read()\ny = y / 2\nfor x, t in zip(X, y):\n    f(x, t)\ndef f(x, t):\n    pass\n", 2),
        ("y = read()\nz = [t for t in y]\n", 1),
        ("def f(t):\n    return t\n", None),
        ("p = {'t': read()}\n", 1),
        ("((", None),
    ],
)
def test_the_last_value_counts(text: str, line: int | None) -> None:
    """Of several the one that training sees; of what nobody hands in nothing is known."""
    assert Origins(text).last("t") == line


@pytest.mark.parametrize(
    ("text", "value", "line"),
    [
        (CLASS.replace("{rate}", "2.0"), 2.0, 22),
        (CLASS.replace("{rate}", "lr=2.0"), 2.0, 22),
        (CLASS.replace(", {rate}", ""), 0.1, 6),
        ("eta = 0.5\nrate = 3\n", 3.0, 2),
        ("eta = 0.5\n", None, 1),
        ("W -= 7.0 * g\n", 7.0, 1),
        ("W -= 7.0 * g\n", None, None),
        ("eta = 0.5\n", 3.0, None),
    ],
)
def test_the_rate_is_found_by_its_value(text: str, value: float | None, line: int | None) -> None:
    """Where it is set or handed in, before a default; a bare factor where it has that very value."""
    assert Origins(text).rate(value) == line


def test_products_and_functions_without_a_slope() -> None:
    """What only counts hits does not train."""
    origins = Origins("def accuracy(a):\n    return a.argmax()\nz = x.dot(W1)\nloss = np.sign(z).mean()\n")
    assert origins.product("self.W1") == 3
    assert origins.product("W2") is None
    assert origins.flat() == 4
    assert Origins("z = x @ W\n").flat() is None
