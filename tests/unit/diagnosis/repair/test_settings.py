"""Settings are found where code gives them, and switched on or moved without touching anything else."""

import pytest

from gradcheck.diagnosis.repair.settings import moved, switched_on

FOUND = {
    "reg = 0.0  # größer\n": ("reg = 0.3  # größer\n", "reg=0.3"),
    "self.lam = 0\n": ("self.lam = 0.3\n", "self.lam=0.3"),
    "é = 1; l2 = 0.\n": ("é = 1; l2 = 0.3\n", "l2=0.3"),
    "def f(X, *, weight_decay=0.0):\n    return X\n": (
        "def f(X, *, weight_decay=0.3):\n    return X\n",
        "weight_decay=0.3",
    ),
    "def f(X, lam=0, k=0):\n    return X\n": ("def f(X, lam=0.3, k=0):\n    return X\n", "lam=0.3"),
    "net = Net(3, reg=0.0)\n": ("net = Net(3, reg=0.3)\n", "reg=0.3"),
    "temperature: float = 1.0\n": ("temperature: float = 1.7\n", "temperature=1.7"),
    "reg = 0.0\nnet = Net(reg=0.0)\n": ("reg = 0.3\nnet = Net(reg=0.3)\n", "reg=0.3"),
}


@pytest.mark.parametrize(("text", "expected"), FOUND.items(), ids=FOUND)
def test_a_neutral_setting_is_switched_on(text: str, expected: tuple[str, str]) -> None:
    """Variables, attributes, defaults and keywords; the rest of the text stays."""
    assert switched_on(text) == expected


@pytest.mark.parametrize("text", ["reg = 0.1\n", "lr = 0.0\n", "total = 0.0\n", "temperature = 0.5\n", "reg = False\n"])
def test_what_is_no_neutral_setting_is_left(text: str) -> None:
    """One that acts already, and zeros of anything else."""
    assert switched_on(text) is None


MOVED = {
    "KEEP = 0.7\n": ("KEEP = 0.65\n", "KEEP=0.65"),
    "def drop(a, keep_prob=0.5):\n    return a\n": (
        "def drop(a, keep_prob=0.57):\n    return a\n",
        "keep_prob=0.57",
    ),
    "self.dropout_rate = 0.25\n": ("self.dropout_rate = 0.47\n", "self.dropout_rate=0.47"),
    "net = Net(3, p_drop=0.5, reg=0.5)\n": ("net = Net(3, p_drop=0.57, reg=0.85)\n", "p_drop=0.57, reg=0.85"),
}


@pytest.mark.parametrize(("text", "expected"), MOVED.items(), ids=MOVED)
def test_what_dropout_keeps_and_the_strength_of_a_penalty_are_moved(text: str, expected: tuple[str, str]) -> None:
    """What is 2 at a half is not at another value."""
    assert moved(text) == expected


@pytest.mark.parametrize(
    "text", ["keep_prob = 1.0\n", "lr = 0.5\n", "beta = 0.9\n", "decay = 0.99\n", "l1 = 4\n", "reg = 0.0\n"]
)
def test_rates_sizes_and_neutral_settings_stay(text: str) -> None:
    """What else has a number, and settings that do nothing."""
    assert moved(text) is None
