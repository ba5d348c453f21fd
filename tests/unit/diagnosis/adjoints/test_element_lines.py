"""Lines of elements that one statement writes out over several lines."""

from __future__ import annotations

import ast

import pytest

from gradcheck.diagnosis.adjoints.element_lines import element_line

TEXT = """def gradient(p):
    grads = dict(
        W1=dW1,
        b1=db1,
    )
    return {
        "W1": dW1,
        "layers": [
            dW2,
            db2,
        ],
    }
"""


@pytest.mark.parametrize(
    ("line", "name", "found"),
    [
        (2, "grads['b1']", 4),
        (6, "return['W1']", 7),
        (6, "return['layers'][1]", 10),
        (6, "return['b9']", 6),
        (6, "return", 6),
        (3, "grads['W1']", 3),
    ],
)
def test_the_line_of_an_element(line: int, name: str, found: int) -> None:
    """By keys and positions; the statement's own line where there is no such element."""
    assert element_line(ast.parse(TEXT), line, name) == found
