"""What students are shown of a program's own words: usual errors whole, and nothing that could carry hidden numbers."""

from __future__ import annotations

import ast

import pytest

from gradcheck.grading.discretion import Discretion, apart, coarse, plain, said, without_numbers
from gradcheck.grading.records import Mark, Message, Outcome

PROGRAM = """\
import numpy as np

class OddShapeError(ValueError):
    pass

def forward(X, params):
    if X.shape[1] != 2:
        raise OddShapeError(f"expected two features, got {X.shape}")
    assert len(X), "no samples at all"
    return X @ params["W1"] + params["b1"]
"""
MATMUL = (
    "ValueError: matmul: Input operand 1 has a mismatch in its core dimension 0, with gufunc signature "
    "(n?,k),(k,m?)->(n?,m?) (size 4 is different from 2)"
)
ADAPTER = """\
    s['out'] = module.forward(s['X'], )
    s['dW1'] = s['gradients']['dW1']
"""
DISCRETION = Discretion(PROGRAM, ast.parse(PROGRAM), (2, 4, 1, 5), ADAPTER)


@pytest.mark.parametrize(
    "text",
    [
        "ValueError: operands could not be broadcast together with shapes (5,4) (1,2) ",
        "ValueError: shapes (5,1) and (4,1) not aligned: 1 (dim 1) != 4 (dim 0)",
        MATMUL,
        "NameError: name 'params' is not defined",
        "KeyError: 'W1'",
        "KeyError: 'dW1'",
        "<dictcomp>",
        "AttributeError: 'numpy.ndarray' object has no attribute 'forward'",
        "TypeError: 'NoneType' object is not subscriptable",
        "TypeError: forward() missing 2 required positional arguments: 'X' and 'params'",
        "TypeError: forward() takes 1 positional argument but 2 were given",
        "IndexError: index 5 is out of bounds for axis 0 with size 4",
        "ZeroDivisionError: float division by zero",
        "RecursionError: maximum recursion depth exceeded",
        "TypeError: loop of ufunc does not support argument 0 of type NoneType which has no callable exp method",
        "AssertionError: no samples at all",
        "NotImplementedError",
        "OddShapeError",
        "out = forward(X)",
        'return X @ params["W1"] + params["b1"]',
        "(5, 4)",
        "10",
        "dict",
    ],
)
def test_usual_errors_are_shown_whole(text: str) -> None:
    """A learner needs the shapes and the names."""
    assert DISCRETION.shown(f"It raised {said(text)}.") == f"It raised {text.strip()}."


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("OddShapeError: expected two features, got (5, 31415926)", "OddShapeError: expected two features, got…"),
        ("ValueError: [[0.12345678 -1.5]]", None),
        ("ValueError: 0.12345678", None),
        ("ValueError: zero point one two three four", None),
        ("V0_12345678: no samples at all", "no samples at all…"),
        ("KeyError: 'x0_12345678'", "KeyError: '…'"),
        ("NameError: name 'x0_12345678' is not defined", "NameError: name '…' is not defined"),
        ("IndexError: index 12345 is out of bounds for axis 0 with size 678",
         "IndexError: index … is out of bounds for axis 0 with size …"),
        ("ValueError: operands could not be broadcast together with shapes (12345,678) (3,1) ",
         "ValueError: operands could not be broadcast together with shapes (…,…) (3,1)"),
        ("ValueError: operands could not be broadcast together with shapes (1,2,3,4,2,4,1) (3,) ",
         "ValueError: operands could not be broadcast together with shapes (…) (3,)"),
        ("TypeError: forward() missing 2 required positional arguments: 'a12345' and 'b678'",
         "TypeError: forward() missing 2 required positional arguments: '…' and '…'"),
        ("AssertionError: no samples at all 0.12345678 no samples at all", "AssertionError: no samples at all…"),
        ("(12345, 678)", "(…, …)"),
        ("12345678", "…"),
        ("t12345678", None),
        ("return 0.12345678", None),
    ],
)  # fmt: skip
def test_hidden_numbers_are_not(text: str, shown: str | None) -> None:
    """As digits, as words, in names and in sizes; nor the same text again and again."""
    found = DISCRETION.shown(said(text))
    assert not any(part in found for part in ("12345", "678", "3141", "zero"))
    if shown is not None:
        assert found == shown
    else:
        assert "instructor" in found


def test_a_program_marks_nothing_itself() -> None:
    """Marks in its own words are taken out before."""
    inner = said("ValueError: \ue001 0.12345678 \ue000")
    assert "0.123" not in DISCRETION.shown(f"It raised {inner}.")
    assert plain(inner) == "ValueError:  0.12345678 "


def test_staff_see_what_is_left_out() -> None:
    """As evidence of the mark, and of what stands behind a gate."""
    own = Mark(
        item="a", title="A", points=0.0, of=1.0, outcome=Outcome.LOST, line=10**9,
        message=Message(symptom=f"It raised {said('ValueError: 0.12345678')}.", place=said("x = 0.12345678")),
        evidence=(said("0.12345678"),),
    )  # fmt: skip
    shut = Mark(
        item="a", title="A", points=0.0, of=1.0, outcome=Outcome.BLOCKED, message=Message(symptom="s"), behind=own
    )
    found = DISCRETION.mark(shut).behind
    assert found is not None
    assert not any("0.123" in part for part in found.message.up_to(4))  # type: ignore[arg-type]
    assert found.evidence == ("0.12345678", "It raised ValueError: 0.12345678.")
    assert found.line is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (apart("0.12345678 at [0, 1]", "every value is another one"), "every value is another one"),
        (apart(f"0.12345678, {said('ValueError: 0.12345678')}", f"{said('ValueError')}"), "ValueError"),
        (coarse(0.12345678), "0.12"),
        (coarse(12345678.0), "1.2e+07"),
        (coarse(5.0), "5"),
        (without_numbers("0.12345678 and 12345678; known to 1.2345e-09 in 2 of 20"), "… and …; known to … in 2 of 20"),
    ],
    ids=["values", "words", "constant", "large", "size", "text"],
)  # fmt: skip
def test_numbers_at_hidden_points_are_for_staff(text: str, told: str) -> None:
    """Students read another wording, unless the assignment lets them see numbers."""
    sentence = f"It is so: {text}."
    assert DISCRETION.shown(sentence) == f"It is so: {told}."
    open_ = Discretion(PROGRAM, ast.parse(PROGRAM), (2, 4, 1, 5), numbers=True)
    assert open_.shown(sentence) == (plain(sentence) if "ValueError" not in plain(sentence) else open_.shown(sentence))
    assert any(part in plain(sentence) for part in ("0.123", "1.23457e+07", "5"))


def test_staff_read_numbers_that_a_name_leaves_out() -> None:
    """As evidence, like those of a symptom."""
    own = Mark(
        item="a", title="A", points=0.0, of=1.0, outcome=Outcome.LOST,
        message=Message(symptom=apart("it is 0.25", "it is wrong"), name=without_numbers("known to 0.5")),
    )  # fmt: skip
    found = DISCRETION.mark(own)
    assert (found.message.symptom, found.message.name) == ("it is wrong", "known to …")
    assert found.evidence == ("it is 0.25", "known to 0.5")
