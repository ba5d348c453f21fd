"""Which functions of a text update something like a parameter."""

from __future__ import annotations

import ast
import textwrap

import pytest

from gradcheck.submissions.text.updates import updates, updating_functions

STEP = "def step(w, g):\n    w -= 0.1 * g\n"
TEXTS = {
    "calls": (STEP + "def train():\n    step(w, g)\n", {"step", "train"}),
    "a forward pass that only defines": (
        """
        class Value:
            def tanh(self):
                def back():
                    self.grad += g
                self.back = back
        def forward(x):
            return x.tanh()
        """,
        {"back"},
    ),
    "methods of sets": (
        """
        class Model:
            def __call__(self):
                self.w -= g
        def visit(seen):
            seen.add(1)
        def run():
            model()
        """,
        {"__call__", "model", "run"},
    ),
    "another name": (STEP + "train = step\ndef run():\n    train(w, g)\n", {"step", "train", "run"}),
    "handed on": (
        STEP + "rules = {'plain': step}\ndef run(hook):\n    hook(w, g)\nrun(rules['plain'])\n",
        {"step", "hook", "run"},
    ),
    "behind a decorator": (
        """
        def trained(f):
            def inner(w):
                w -= 0.1 * f(w)
            return inner
        @trained
        def slope(w):
            return 2 * w
        def run():
            slope(w)
        """,
        {"inner", "slope", "run", "f"},
    ),
}


@pytest.mark.parametrize("text", TEXTS)
def test_who_updates(text: str) -> None:
    """By what it does, calls, is called, or is handed on as."""
    source, expected = TEXTS[text]

    assert updating_functions(ast.parse(textwrap.dedent(source))) == expected


@pytest.mark.parametrize(
    ("text", "update"),
    [
        ("p = {k: v - h * g[k] for k, v in p.items()}", True),
        ("ws = [w - h * g for w, g in zip(ws, gs)]", True),
        ("r = [y - h for y in ys]", False),
        ("r = [a - h * y for y in ys]", False),
    ],
)
def test_comprehension_that_takes_a_product_off(text: str, update: bool) -> None:
    """Off what it goes through: not off a constant of its own."""
    assert updates(ast.parse(text)) is update
