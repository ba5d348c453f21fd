"""What an interface needs and a file does not define."""

import ast

import pytest

from gradcheck.submissions.declared.call_text import parse_call
from gradcheck.submissions.declared.interface import Interface, Style
from gradcheck.submissions.declared.missing import missing_names

FUNCTIONS = Interface(
    style=Style.FUNCTIONS,
    calls={
        "forward": (parse_call("forward(X, params) -> output"),),
        "gradient": (parse_call("backward(X, Y, params) -> gradients"),),
    },
)
CLASS = Interface(
    style=Style.CLASS,
    construct=parse_call("Network(2, 4, 1)"),
    calls={"forward": (parse_call("self.forward(X) -> output"),)},
)


@pytest.mark.parametrize(
    "text",
    [
        "def forward(): ...\ndef backward(): ...",
        "if True:\n    def forward(): ...\nbackward = lambda: 0",
        "from helpers import forward\nimport backward",
        "from helpers import *",
    ],
)
def test_nothing_is_missing(text: str) -> None:
    """Wherever the module binds the names."""
    assert missing_names(ast.parse(text), FUNCTIONS) == ()


def test_what_was_probably_meant() -> None:
    """Among the file's own names; those that are asked for themselves are not meant by others."""
    (found,) = missing_names(ast.parse("def forward(): ...\ndef back_ward(): ..."), FUNCTIONS)
    assert (found.name, found.kind, found.close) == ("backward", "function", "back_ward")
    assert "Rename back_ward to backward" in found.cure
    (found,) = missing_names(ast.parse("def forward(): ..."), FUNCTIONS)
    assert found.close is None
    assert found.cure == "Define the function backward; it is called as backward(X, Y, params)."


def test_a_function_inside_another_is_none() -> None:
    """Nobody can call it."""
    names = {item.name for item in missing_names(ast.parse("def main():\n    def forward(): ..."), FUNCTIONS)}
    assert names == {"forward", "backward"}


def test_classes_and_methods() -> None:
    """A method may come from any class of the file, and from a base class there."""
    text = "class Base:\n    def forward(self): ...\nclass Network(Base): ..."
    assert missing_names(ast.parse(text), CLASS) == ()
    found = missing_names(ast.parse("class Net:\n    def fwd(self): ..."), CLASS)
    assert {(item.name, item.kind) for item in found} == {("Network", "class"), ("forward", "method")}
