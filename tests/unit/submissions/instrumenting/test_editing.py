"""Edited statements keep the numbers of the places that are watched; what is new gets numbers of its own."""

from __future__ import annotations

import ast

import pytest

from gradcheck.diagnosis.programs.program import UnavailableError
from gradcheck.submissions.instrumenting import editing
from gradcheck.submissions.instrumenting.editing import HOOKS, InstrumentedBuild
from gradcheck.submissions.instrumenting.instrument import Instrumented, instrument
from gradcheck.submissions.text.updates import RUNTIME_NAME

TEXT = """
def other(a):
    return a - 1


class Net:
    def loss(self, x):
        value = x * 2
        return value

    def step(self, lr):
        for name in self.params:
            grad = self.grads[name] - self.decay
            self.params[name] -= lr * grad


print(other(1))
"""


def built(edited: str, index: int = 1, text: str = TEXT) -> tuple[list[int], dict[int, str], Instrumented]:
    """Numbers in the order of the edited code, and what is new by number."""
    tree = ast.parse(text)
    base = instrument(tree, text)
    made: list[ast.Module] = []
    build = InstrumentedBuild(base, tree, text, "f.py")
    real = editing.compiled
    editing.compiled = lambda module, *rest: (made.append(module), real(module, *rest))[1]  # type: ignore[assignment]
    try:
        result = build(ast.parse(edited), edited, index, index)
    finally:
        editing.compiled = real
    return numbers_of(made[-1]), {number: site.text for number, site in result.extra}, base


def numbers_of(tree: ast.AST) -> list[int]:
    """Of all hooks, as they stand in the code."""
    return [
        node.args[0].value  # type: ignore[attr-defined]
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in HOOKS
        and isinstance(node.func.value, ast.Name) and node.func.value.id == RUNTIME_NAME
    ]  # fmt: skip


def site(base: Instrumented, **fields: str) -> int:
    """The number of the one place with these fields."""
    (found,) = [i for i, s in enumerate(base.sites) if all(getattr(s, k) == v for k, v in fields.items())]
    return found


def test_the_same_text_has_the_same_numbers() -> None:
    """Those of the whole file, though one statement alone is rewritten."""
    numbers, fresh, base = built(TEXT)
    expected = {i for i, s in enumerate(base.sites) if s.function.startswith("Net")}
    assert set(numbers) == expected
    assert fresh == {}


EDITS = {
    "a changed factor": ("lr * grad", "lr * grad * 1.0", set()),
    "a changed value": ("value = x * 2", "value = x * 3", set()),
    "a place before it": ("value = x * 2", "y = x - 0\n        value = y * 2", {"x - 0"}),
    "another place after it": ("return value", "z = value - 1\n        return value", {"value - 1"}),
}


@pytest.mark.parametrize("name", EDITS)
def test_known_places_keep_their_numbers(name: str) -> None:
    """The rate and the update in the other method, and the loss in this one."""
    old, new, added = EDITS[name]
    numbers, fresh, base = built(TEXT.replace(old, new))
    if "lr" in old:
        assert site(base, kind="rate", name="lr") in numbers
        assert site(base, kind="accumulate") in numbers
    else:
        assert site(base, kind="assign", name="value") in numbers
        assert site(base, kind="return", function="Net.loss") in numbers
    assert all(number >= len(base.sites) for number in fresh)
    assert added <= set(fresh.values())
    assert set(numbers) <= set(range(len(base.sites))) | set(fresh)


def test_a_factor_of_another_name_is_another_place() -> None:
    """``decay`` in the place of ``lr`` is no learning rate."""
    numbers, fresh, base = built(TEXT.replace("lr * grad", "decay * grad"))
    assert site(base, kind="rate", name="lr") not in numbers
    assert "decay" in fresh.values()


def test_a_rate_of_another_number_is_the_same_place() -> None:
    """Its number is read when it runs; a whole number beside it is a factor of its own."""
    text = TEXT.replace("lr * grad", "0.5 * grad")
    numbers, fresh, base = built(text.replace("0.5 * grad", "0.25 * grad"), text=text)
    assert site(base, kind="rate", name="0.5") in numbers
    assert fresh == {}
    numbers, fresh, base = built(text.replace("0.5 * grad", "2 * grad"), text=text)
    assert site(base, kind="rate", name="0.5") not in numbers
    assert set(fresh.values()) == {"2"}


def test_other_loops_are_refused() -> None:
    """Their numbers are those of the running text."""
    twice = "for _ in range(2):\n                self.params[name] -= lr * grad"
    with pytest.raises(UnavailableError, match="which loops train"):
        built(TEXT.replace("self.params[name] -= lr * grad", twice))


@pytest.mark.parametrize("edited", ["self.params[name] = lr * grad", "pass"])
def test_loops_are_watched_as_they_were(edited: str) -> None:
    """Though with the edit it no longer looks as if one trained, or looks so with it for the first time."""
    updating = "self.params[name] -= lr * grad"
    built(TEXT.replace(updating, edited))
    text = TEXT.replace(updating, edited)
    numbers, fresh, base = built(TEXT, text=text)
    assert not base.loops
    assert set(numbers) <= set(range(len(base.sites))) | set(fresh)
