"""What the catalogue holds of one bug: how it is recognised, and what a learner is told."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from gradcheck.diagnosis.backward import Deviation
from gradcheck.diagnosis.edit import Edit
from gradcheck.diagnosis.network import Array, Network
from gradcheck.language import mark

__all__ = ["Bug", "Constant", "Example", "Extent", "Family"]


class Family(enum.Enum):
    """The catalogue's chapters; the value is the chapter's title."""

    SCALE = mark("Scale and sign")
    OUTPUT = mark("Output delta")
    RECURSION = mark("Recursion")
    WEIGHT = mark("Weight gradient")
    BIAS = mark("Bias gradient")
    STATE = mark("Regularisation, dropout, state, numbers")
    ELSEWHERE = mark("Right gradient, trouble elsewhere")


class Extent(enum.Enum):
    """What the constants of a bug multiply."""

    ANY = "one block, a layer and those below it, or all of them"
    ALL = "all blocks"
    BELOW = "a layer and those below it, and not all"
    BIAS = "one bias"


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant:
    """A constant ratio (claimed over true, dimensionless) that a bug would cause, and why.

    ``value(sizes)`` takes the problem's own sizes (``batch``, ``outputs``, ``features``, ``learning_rate``, ...) and
    returns the ratio, or None where a size that it needs is not known.
    """

    value: Callable[[Mapping[str, float]], float | None]
    formula: str  # as a learner reads it: "1/m", "learning rate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """The smallest lines that have the bug, and their right form."""

    wrong: str
    right: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bug:
    """One entry of the catalogue.

    Its texts are English and marked; they are translated where a report or a page is made of them, by ``fill`` or
    ``in_textbook_names``, as a process may change its language.

    Attributes
    ----------
    id : str
    family : Family
    title : str
        What a learner would call it, as a noun phrase.
    what : str
        What is wrong, one or two sentences in plain words. ``{placeholders}`` are filled with the reader's own names:
        ``{delta}``, ``{above}`` (the delta of the layer above), ``{weights}``, ``{upper}`` (the weights of the
        layer above), ``{inputs}``, ``{z}``, ``{a}``, ``{targets}``, ``{output}``, ``{block}``, ``{batch}``, ``{rate}``.
    why : str
        Why that is wrong: where in the chain rule it lies.
    formula_wrong, formula_right : str
        With the same placeholders.
    cause : str
        The usual cause.
    signature : str
        How the numbers show it.
    told_apart : str
        What would tell it from its look-alikes.
    same_as : tuple of str
        Ids that nothing from outside can tell apart from it.
    overlaps : tuple of str
        Ids that name the same thing from another side and are accepted for it.
    overlaps_told : bool
        Whether a diagnosis tells these with it, where the cure speaks for them too.
    example : Example
    deviations : callable or None
        ``deviations(network)`` yields what this bug would do to this network, for each place where it could be.
    at_rate : callable or None
        ``at_rate(network, rate, gradients)`` does so where that depends on a learning rate and on the gradients that
        the code applied, by block (none: those of right code).
    constants : tuple of Constant
        Ratios that it would multiply whole blocks by.
    extent : Extent
        Which blocks.
    plain_number : bool
        Whether these say nothing of where they come from: on one block they are that block's own.
    explains : callable or None
        ``explains(edit)``: how well (0 to 1) an edit that cures the program fits this bug; None means 0.
    findings : tuple of str
        Ids of findings of a check that are this bug.
    gradient_wrong : bool
        False for trouble that leaves the gradient right.
    below_output : bool
        Whether it is made on the way from one layer to the one before it, so that the last layer stays right.
    factor_at_output : bool
        Whether it changes the error at the output by a factor of its own, entry by entry: two such meet in one line.
    """

    id: str
    family: Family
    title: str
    what: str
    why: str
    formula_wrong: str = ""
    formula_right: str = ""
    cause: str = ""
    signature: str = ""
    told_apart: str = ""
    same_as: tuple[str, ...] = ()
    overlaps: tuple[str, ...] = ()
    overlaps_told: bool = False
    example: Example | None = None
    deviations: Callable[[Network], Iterable[Deviation]] | None = None
    at_rate: Callable[[Network, float, Mapping[str, Array]], Iterable[Deviation]] | None = None
    constants: tuple[Constant, ...] = ()
    extent: Extent = Extent.ANY
    plain_number: bool = False
    explains: Callable[[Edit], float] | None = None
    findings: tuple[str, ...] = field(default=())
    gradient_wrong: bool = True
    below_output: bool = False
    factor_at_output: bool = False
