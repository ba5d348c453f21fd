"""Parameters that a text lets begin at zero."""

import pytest

from gradcheck.diagnosis.starting_values import zero_starts

WEIGHTS = ["W1", "W2"]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("W1 = np.zeros((2, 4))\nW2 = np.zeros((4, 1))\n", (1, 2)),
        ("W1 = np.zeros((2, 4)); W2 = np.zeros((4, 1))\nW1 -= g\nW1 = W1 - g\n", (1,)),
        ("self.W1 = zeros(s)\nself.W2: object = np.zeros_like(q)\nw = self.W1\n", (1, 2)),
        ("p = {'W1': np.zeros(3),\n 'W2': np.zeros(3)}\nfor n in p:\n    p[n] = p[n] - g[n]\n", (1, 2)),
        ("p = dict(W1=np.zeros(3), W2=np.zeros(3))\np['W1'] = p['W1'] - g\nW1, W2 = p['W1'], p['W2']\n", (1,)),
    ],
)
def test_zeros(text: str, lines: tuple[int, ...]) -> None:
    """In variables, attributes and dictionaries; updates and other names for them begin nothing."""
    assert zero_starts(text, WEIGHTS) == lines


@pytest.mark.parametrize(
    "text",
    [
        "W1 = np.zeros((2, 4))\nW2 = rng.normal(size=(4, 1))\n",
        "W1 = np.zeros((2, 4))\n",
        "W1 = np.zeros(3)\nW2 = np.zeros(3)\nW1 = rng.normal(size=3)\n",
        "W1 = np.zeros(3)\nW2 = np.zeros(3)\nW1[:] = rng.normal(size=3)\n",
        "W1 = W2 = 0.1 * rng.normal(size=3)\n",
        "((",
    ],
)
def test_other_starts(text: str) -> None:
    """One weight is enough that begins elsewhere, or is filled later."""
    assert zero_starts(text, WEIGHTS) == ()
