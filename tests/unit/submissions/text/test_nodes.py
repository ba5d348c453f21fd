"""Lists of a tree's nodes are those of Python's own walk."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from gradcheck.submissions.text.nodes import nodes_of, statements_of

BRANCHES = """
import a
def f(x):
    import b
    match x:
        case 1:
            import c
        case _:
            pass
    try:
        import d
    except E:
        from . import e
    else:
        import f
    finally:
        import g
    for i in x:
        import h
    else:
        import i
    with x:
        while x:
            class A:
                import j
"""


@pytest.mark.parametrize("text", [BRANCHES, Path(__file__).read_text(encoding="utf-8"), ""])
def test_order_of_the_walk(text: str) -> None:
    """All nodes, and of them the statements."""
    tree = ast.parse(text)
    walked = list(ast.walk(tree))
    assert list(nodes_of(tree)) == walked
    statements = [node for node in walked if isinstance(node, ast.stmt)]
    assert [node for node in statements_of(tree) if isinstance(node, ast.stmt)] == statements
