"""What is added to something that is named like a gradient is no loss, whatever else it looks like."""

from __future__ import annotations

import pytest

from gradcheck.submissions.losses.scalar import Scalar
from gradcheck.submissions.text.sites import Site


def _scalar(name: str, kind: str) -> Scalar:
    site = Site(kind=kind, function="Value.__mul__", name=name, text="a * b", line=3, recorded=True)
    return Scalar((0, 0), (site,))


@pytest.mark.parametrize(
    "name", ["other.grad", "self.grads['W']", "dW", "db1", "d_hidden", "delta[0]", "nabla_b", "梯度"]
)
@pytest.mark.parametrize("kind", ["accumulate", "store"])
def test_a_sum_of_this_name_is_a_gradient(name: str, kind: str) -> None:
    """As in programs that differentiate number by number."""
    assert _scalar(name, kind).is_gradient


@pytest.mark.parametrize("name", ["total", "self.data", "costs['train']", "decay", "loss", "history[0]", "d", "losses"])
def test_other_names_say_nothing(name: str) -> None:
    """A loss may be kept anywhere."""
    assert not _scalar(name, "accumulate").is_gradient


def test_what_is_only_given_such_a_name_may_be_anything() -> None:
    """It is not added to anything."""
    assert not _scalar("delta", "assign").is_gradient
