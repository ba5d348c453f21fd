"""derivcheck's ``assert_deriv``, entry by entry, at its default width."""

from __future__ import annotations

from benchmarks.peers.peer import Peer
from benchmarks.subject import Subject

__all__ = ["DERIVCHECK"]


def _judge(subject: Subject, _: int) -> str:
    from derivcheck import assert_deriv

    try:
        assert_deriv(subject.loss, subject.gradient, subject.theta)
    except AssertionError:
        return "fail"
    except FloatingPointError:  # its numeric derivative did not converge: it refuses to judge
        return "refused"
    return "pass"


DERIVCHECK = Peer(
    name="derivcheck assert_deriv", requires="derivcheck", judge=_judge, losses_each=13.0, says_where=True
)
