"""The texts in which an interface is declared."""

import pytest

from gradcheck.errors import InvalidArgumentError
from gradcheck.submissions.declared.call_text import parse_call, parse_place
from gradcheck.submissions.declared.interface import Argument, Place, Step, is_opaque


def test_function_with_two_results() -> None:
    """Arguments and results are roles, in their order."""
    call = parse_call("forward(X, params) -> output, cache")
    assert (call.name, call.method, call.path) == ("forward", False, ("forward",))
    assert call.arguments == (Argument(role="X"), Argument(role="params"))
    assert call.result == ("output", "cache")
    assert call.text == "forward(X, params) -> output, cache"


def test_method_with_constants_and_keywords() -> None:
    """`self.` is the instance; constants and keywords are kept as they are."""
    call = parse_call("self.step(X, Y, lr=learning_rate, reg=-0.1, sizes=[2, 4], verbose=False) -> (loss, (dW1, _))")
    assert (call.method, call.path, call.name) == (True, ("step",), "self.step")
    assert call.takes == ("X", "Y", "learning_rate")
    assert call.arguments[2:] == (
        Argument(role="learning_rate", keyword="lr"),
        Argument(value=-0.1, keyword="reg"),
        Argument(value=[2, 4], keyword="sizes"),
        Argument(value=False, keyword="verbose"),
    )
    assert call.result == ("loss", ("dW1", None))
    assert call.gives == ("loss", "dW1")


@pytest.mark.parametrize(("text", "result"), [("f(X)", None), ("f(X) -> _", None), ("f(X) -> [output]", ("output",))])
def test_results_may_be_left_out(text: str, result: object) -> None:
    """Without an arrow nothing that comes back is looked at; a list is a sequence like a tuple."""
    assert parse_call(text).result == result


def test_objects_on_the_way() -> None:
    """A method of something inside the instance or the module."""
    assert parse_call("self.net.forward(X) -> output").path == ("net", "forward")
    assert parse_call("net.forward(X) -> output").name == "net.forward"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("forward", "before the arrow there must be a call"),
        ("forward(X", "what is called cannot be read as Python"),
        ("", "what is called cannot be read as Python"),
        ("forward(X) -> a -> d", "more than one ->"),
        ("forward(X) ->", "the results cannot be read as Python"),
        ("forward(X) -> 3", "written as roles"),
        ("forward(X + 1) -> output", "argument 1 is neither"),
        ("forward(X, k=np.pi) -> output", "argument k is neither"),
        ("forward(*X) -> output", "with a star"),
        ("forward(**X) -> output", "with a star"),
        ("self(X) -> output", "name the method"),
        ("fs[0](X) -> output", "must be a name"),
        ("forward(" + "-" * 2000 + "X) -> output", "argument 1|read as Python"),
    ],
)
def test_what_is_no_call(text: str, why: str) -> None:
    """The message says which part is wrong, and how a call is written."""
    with pytest.raises(InvalidArgumentError, match=why) as caught:
        parse_call(text)
    assert "forward(X, params) -> output, cache" in str(caught.value)


def test_places() -> None:
    """Attributes and constant keys, in their order, written back as they were."""
    place = parse_place("self.layers[-1].weights['W']")
    assert place == Place(
        root="self",
        steps=(
            Step(key="layers", attribute=True),
            Step(key=-1, attribute=False),
            Step(key="weights", attribute=True),
            Step(key="W", attribute=False),
        ),
    )
    assert str(place) == "self.layers[-1].weights['W']"
    assert parse_place("W1") == Place(root="W1")


@pytest.mark.parametrize("text", ["", "params[i]", "params[1:2]", "f(x).a", "params[True]", "params[1.5]", "'a'.b"])
def test_what_is_no_place(text: str) -> None:
    """A place is a name with attributes and constant keys, nothing that would have to be run."""
    with pytest.raises(InvalidArgumentError, match="is no place"):
        parse_place(text)


def test_opaque_roles() -> None:
    """`cache` and `cache_NAME`, and nothing else."""
    assert is_opaque("cache")
    assert is_opaque("cache_2")
    assert not is_opaque("cached")
