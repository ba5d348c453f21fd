"""What a submission answered at one point, turned into canonical arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from gradcheck.grading.discretion import plain, said
from gradcheck.grading.reference.points import Array
from gradcheck.language import mark, tr
from gradcheck.submissions.declared.forms import Form
from gradcheck.submissions.declared.remote import Answered, Fault

__all__ = ["Misfit", "Reply", "decoded", "with_inputs"]

NOTHING = mark("is nothing (None), expected numbers")
NO_NUMBERS = mark("is a {kind}, expected numbers")
NOT_REAL = mark("holds numbers of the kind {kind}, expected real ones")
SHAPE = mark("has the shape {shape}, expected {expected}")
IS_SINGLE = mark("has the shape () (a single number), expected {expected}")
NOT_SINGLE = mark("has the shape {shape}, expected () (a single number)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Misfit:
    """Why an answer is no array that was asked for.

    Attributes
    ----------
    template : str
        Part of a sentence whose subject is the role, in English: the same in every language.
    values : tuple of (str, str)
        What is put into it, by name.
    """

    template: str
    values: tuple[tuple[str, str], ...] = ()

    @property
    def words(self) -> str:
        """In the language that is spoken: ``has the shape (4,), expected (1, 4)``."""
        return tr(self.template, **dict(self.values))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reply:
    """One answer.

    Attributes
    ----------
    values : mapping of str to ndarray
        Canonical, float64, by role.
    wrong : mapping of str to Misfit
        What is no such array, by role.
    fault : Fault or None
        What it raised: then there are no values.
    mutated : tuple of str
        Roles of inputs that it has written into.
    unchanged : tuple of str
        Roles of inputs that came back as they were sent: this process has compared them.
    extra : mapping of str to ndarray
        What came of roles that have no shape of their own: ``losses``.
    """

    values: Mapping[str, Array] = field(default_factory=dict)
    wrong: Mapping[str, Misfit] = field(default_factory=dict)
    fault: Fault | None = None
    mutated: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
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
    wrong: dict[str, Misfit] = {}
    if answered.fault is not None:
        return Reply(fault=answered.fault, mutated=answered.mutated)
    extra = {role: raw for role, raw in answered.found.items() if role not in shapes and raw.dtype.kind in "fiu"}
    for role, shape in shapes.items():
        raw = answered.found.get(role)
        if raw is None:
            wrong[role] = _no_numbers(answered.kinds.get(role, "nothing"))
        elif raw.dtype.kind not in "fiub":
            wrong[role] = Misfit(template=NOT_REAL, values=(("kind", raw.dtype.name),))
        elif shape == () and raw.size == 1:
            values[role] = np.asarray(raw, dtype=np.float64).reshape(())
        else:
            array = form.decode(role, np.asarray(raw, dtype=np.float64), shape)
            if array is None:
                expected = form.encode(role, np.zeros(shape)).shape
                wrong[role] = _other_shape(raw.shape, expected)
            else:
                values[role] = array
    return Reply(values=values, wrong=wrong, mutated=answered.mutated, extra=extra)


def with_inputs(reply: Reply, answered: Answered, given: Mapping[str, Any], back: Sequence[str]) -> Reply:
    """The same with what has become of inputs, by the arrays that came back.

    Parameters
    ----------
    reply : Reply
    answered : Answered
        With inputs among what was found.
    given : mapping of str to ndarray or number
        What was sent, by role.
    back : sequence of str
        Roles that were asked for again.
    """
    pairs = {role: (np.asarray(given[role]), answered.found[role]) for role in back if role in answered.found}
    same = {role for role, (sent, came) in pairs.items() if _is_the_same(sent, came)}
    mutated = (*reply.mutated, *(role for role in pairs if role not in same and role not in reply.mutated))
    extra = {role: array for role, array in reply.extra.items() if role not in pairs}
    unchanged = tuple(role for role in pairs if role in same and role not in mutated)
    return replace(reply, mutated=mutated, unchanged=unchanged, extra=extra)


def _is_the_same(sent: Array, came: Array) -> bool:
    """Entry by entry; a number that is none is the same as itself."""
    return sent.shape == came.shape and np.array_equal(sent, came, equal_nan=sent.dtype.kind == came.dtype.kind == "f")


def _other_shape(found: Sequence[int], expected: Sequence[int]) -> Misfit:
    template = SHAPE if found and expected else NOT_SINGLE if found else IS_SINGLE
    values = tuple(
        (name, words(str(tuple(map(int, shape)))))
        for name, shape, words in (("shape", found, said), ("expected", expected, plain))
        if shape
    )
    return Misfit(template=template, values=values)


def _no_numbers(kind: str) -> Misfit:
    return (
        Misfit(template=NOTHING) if kind == "nothing" else Misfit(template=NO_NUMBERS, values=(("kind", said(kind)),))
    )
