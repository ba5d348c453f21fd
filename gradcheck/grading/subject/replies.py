"""What a submission answered at one point, turned into canonical arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from gradcheck.grading.reference.points import Array
from gradcheck.submissions.declared.forms import Form
from gradcheck.submissions.declared.remote import Answered, Fault

__all__ = ["Reply", "decoded"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reply:
    """One answer.

    Attributes
    ----------
    values : mapping of str to ndarray
        Canonical, float64, by role.
    wrong : mapping of str to str
        What is no such array, by role: in words, as part of a sentence (``has the shape (4,), expected (1, 4)``).
    fault : Fault or None
        What it raised: then there are no values.
    mutated : tuple of str
        Roles of inputs that it has written into.
    extra : mapping of str to ndarray
        What came of roles that have no shape of their own: ``losses``.
    """

    values: Mapping[str, Array] = field(default_factory=dict)
    wrong: Mapping[str, str] = field(default_factory=dict)
    fault: Fault | None = None
    mutated: tuple[str, ...] = ()
    extra: Mapping[str, Array] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether all that was asked for came, in the right shapes."""
        return self.fault is None and not self.wrong


def decoded(answered: Answered, form: Form, shapes: Mapping[str, tuple[int, ...]]) -> Reply:
    """Canonical arrays of what came.

    Parameters
    ----------
    answered : Answered
    form : Form
    shapes : mapping of str to tuple of int
        Of the canonical arrays that were asked for; ``loss`` is a number of shape ``()``.
    """
    values: dict[str, Array] = {}
    wrong: dict[str, str] = {}
    if answered.fault is not None:
        return Reply(fault=answered.fault, mutated=answered.mutated)
    extra = {role: raw for role, raw in answered.found.items() if role not in shapes and raw.dtype.kind in "fiu"}
    for role, shape in shapes.items():
        raw = answered.found.get(role)
        if raw is None:
            wrong[role] = f"is {_what(answered.kinds.get(role, 'nothing'))}, expected numbers"
        elif raw.dtype.kind not in "fiub":
            wrong[role] = f"holds numbers of the kind {raw.dtype.name}, expected real ones"
        elif shape == () and raw.size == 1:
            values[role] = np.asarray(raw, dtype=np.float64).reshape(())
        else:
            array = form.decode(role, np.asarray(raw, dtype=np.float64), shape)
            if array is None:
                expected = form.encode(role, np.zeros(shape)).shape
                wrong[role] = f"has the shape {_shape(raw.shape)}, expected {_shape(expected)}"
            else:
                values[role] = array
    return Reply(values=values, wrong=wrong, mutated=answered.mutated, extra=extra)


def _shape(shape: Sequence[int]) -> str:
    return str(tuple(int(size) for size in shape)) if shape else "() (a single number)"


def _what(kind: str) -> str:
    return "nothing (None)" if kind == "nothing" else f"a {kind}"
