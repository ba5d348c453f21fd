"""Which files may be loaded without hooks, and that hooks are gone where they were needed to load one."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest

from gradcheck.submissions.declared.remote import DeclaredCalls, Run
from gradcheck.submissions.exchange.session import Session
from gradcheck.submissions.isolation.places import reach_of
from gradcheck.submissions.running.unwatched import may_train
from gradcheck.submissions.text.source import Source

DEFINITIONS = {
    "functions and constants": "import numpy as np\nRATE = 0.1\ndef train(X):\n    for x in X:\n        step(x)\n",
    "a class": "class Net:\n    size = 3\n    @staticmethod\n    def f(x=1):\n        return g(x)\n",
    "a lambda": "import numpy as np\nsigmoid = lambda z: 1 / (1 + np.exp(-z))\n",
    "a library's call": "import numpy as np\nfrom random import seed\nseed(1)\nX = np.array([[0, 1.5]])\n",
}
RUNS = {
    "a loop": "w = 1.0\nfor _ in range(9):\n    w -= 0.1 * w\n",
    "a loop without a call": "w = 1.0\nwhile w > 0.5:\n    w -= 0.1 * w\n",
    "a call": "def train():\n    pass\nlosses = train()\n",
    "a call in a branch": "if __name__ == '__main__':\n    train()\n",
    "a function handed on": "import numpy as np\ndef train(x):\n    pass\nnp.vectorize(train)\n",
    "a lambda handed on": "import numpy as np\nnp.apply_along_axis(lambda x: train(x), 0, [1])\n",
    "an import's name taken": "from numpy import *\nfrom layers import train\ndef train(n):\n    pass\ntrain(3)\n",
    "a decorator": "@train\ndef f():\n    pass\n",
    "a default": "def f(x=train()):\n    pass\n",
    "a class's own beginning": "class A:\n    def __init_subclass__(cls):\n        train()\n",
    "a class's body": "class A:\n    losses = train()\n",
}


def _source(text: str) -> Source:
    return Source(Path("file.py"), text, ast.parse(text))


@pytest.mark.parametrize("text", DEFINITIONS.values(), ids=DEFINITIONS)
def test_definitions_run_nothing(text: str) -> None:
    """Nothing is to be cut short."""
    assert not may_train(_source(text))


@pytest.mark.parametrize("text", RUNS.values(), ids=RUNS)
def test_what_may_train(text: str) -> None:
    """Is watched while it is loaded."""
    assert may_train(_source(text))


PROGRAM = """
import numpy as np
rng = np.random.default_rng(0)
X, y = rng.normal(size=(8, 2)), rng.normal(size=(8, 1))
W = np.ones((2, 1))
losses = []
double = {"of": lambda x: x + x}
def loss(W):
    return np.mean((X @ W - y) ** 2)
def gradient(W):
    return 2 * X.T @ (X @ W - y) / y.size
def step():
    global W
    W = W - 0.1 * gradient(W)
for epoch in range(1000):
    losses.append(loss(W))
    step()
"""
ADAPTER = """
import numpy as np
from gradcheck import Problem
def build(module):
    return Problem(lambda p: module.loss(p["W"]), lambda p: {"W": module.gradient(p["W"])}, {"W": np.ones((2, 1))})
def run_hooks(module, s):
    functions = [module.gradient, module.step, module.double["of"]]
    s["a"] = np.array(["__gradcheck__" in function.__code__.co_names for function in functions])
    s["z"] = np.array(len(module.losses))
    s["d"] = module.double["of"](np.ones(3))
"""


@pytest.mark.parametrize("watched", [True, False])
def test_hooks_are_there_to_load_and_no_longer(tmp_path: Path, watched: bool) -> None:
    """Its training is cut short either way; what is only called has its own code afterwards."""
    program, adapter = tmp_path / "program.py", tmp_path / "adapter.py"
    program.write_text(PROGRAM, encoding="utf-8")
    adapter.write_text(ADAPTER, encoding="utf-8")
    opening = {"path": str(program), "adapter": str(adapter), "keywords": {}, "watched": watched}
    with Session(time_limit=20.0, reach=reach_of(program).also([adapter])) as session:
        assert session.request("open", opening).op == "network"
        (answered,) = DeclaredCalls(session).call([Run(name="hooks", given={}, ask=("a", "z", "d"))])
    assert answered.fault is None
    assert (answered.found["a"] == watched).all()
    assert answered.found["z"] < 100
    np.testing.assert_array_equal(answered.found["d"], [2.0, 2.0, 2.0])
