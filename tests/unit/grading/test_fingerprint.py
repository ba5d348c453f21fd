"""Equal for submissions that share a wrong gradient."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.grading.fingerprint import fingerprint
from gradcheck.grading.subject.replies import Misfit, Reply
from gradcheck.submissions.declared.remote import Fault


def _reply(*arrays: np.ndarray) -> Reply:
    return Reply(values={f"dW{number}": array for number, array in enumerate(arrays)})


@given(st.integers(0, 2**32 - 1))
def test_rounding_changes_nothing(seed: int) -> None:
    """Another order of sums moves entries by some 1e-16 of the largest; an entry in 1e9 lies that close to a border."""
    rng = np.random.default_rng(seed)
    array = rng.standard_normal((3, 4))
    moved = array * (1.0 + 4e-16 * rng.standard_normal((3, 4)))
    assert fingerprint([_reply(array)]) == fingerprint([_reply(moved)])


@given(st.integers(0, 2**32 - 1), st.sampled_from([2.0, -1.0, 1.0 + 1e-4]))
def test_other_gradients_have_others(seed: int, factor: float) -> None:
    """A factor, a sign, one part in ten thousand."""
    array = np.random.default_rng(seed).standard_normal((3, 4))
    assert fingerprint([_reply(array)]) != fingerprint([_reply(factor * array)])


def test_the_constant_of_the_loss_is_divided_out() -> None:
    """Sum or mean, the bug is the same."""
    array = np.random.default_rng(0).standard_normal((3, 4))
    assert fingerprint([_reply(array)]) == fingerprint([_reply(5.0 * array)], constant=5.0)


def test_faults_and_shapes() -> None:
    """What raises alike is alike, wherever its line is."""
    one, two = (Reply(fault=Fault(kind="ValueError", message=m)) for m in ("a (x.py, line 3)", "b"))
    other = Reply(fault=Fault(kind="KeyError", message="a"))
    assert fingerprint([one]) == fingerprint([two]) != fingerprint([other])
    nothing = Misfit(template="is nothing")
    assert fingerprint([Reply(wrong={"dW1": nothing})]) != fingerprint([Reply(wrong={"db1": nothing})])
    assert fingerprint([_reply(np.array([np.nan, 1.0]))]) != fingerprint([_reply(np.array([0.0, 1.0]))])


def test_what_else_tells_bugs_apart() -> None:
    """A right gradient of two different losses."""
    array = np.ones((2, 2))
    assert fingerprint([_reply(array)], also=[1.0]) != fingerprint([_reply(array)], also=[2.0])
