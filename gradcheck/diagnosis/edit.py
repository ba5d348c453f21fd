"""A change of the source text, and what it does to an expression or a statement."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

__all__ = ["Edit", "EditKind", "Role"]


class EditKind(enum.Enum):
    """What an edit does; the value is the phrase for a report."""

    NEGATE = "flips a sign"
    SCALE = "multiplies by a constant"
    UNSCALE = "drops a constant factor"
    RESCALE = "replaces one constant factor by another"
    ADD_DERIVATIVE = "multiplies by an activation's derivative"
    DROP_DERIVATIVE = "drops an activation's derivative"
    REPLACE_DERIVATIVE = "uses another derivative"
    REPLACE_ARGUMENT = "calls a function with another argument"
    REPLACE_FUNCTION = "calls another function"
    REPLACE_OPERAND = "uses another variable"
    TRANSPOSE = "adds or drops a transpose"
    SWAP = "swaps operands"
    PRODUCT = "uses another product"
    AXIS = "sums over another axis"
    ADD_SUM = "sums over the batch"
    REDUCTION = "exchanges sum and mean"
    COMPARISON = "compares otherwise"
    FORMULA = "corrects a formula"
    MOVE = "moves a statement"
    KEEP_COPY = "keeps a copy of the old value"
    INSERT = "inserts a statement"
    DELETE = "deletes a statement"
    ASSIGN = "assigns instead of adding up"
    REGULARISATION = "changes the regularisation's gradient"
    MASK = "applies the forward pass's mask"
    LOSS = "changes the loss instead"


class Role(enum.Enum):
    """What the edited code computes, as far as its text and its values say."""

    UPDATE = "the update of a parameter"
    OUTPUT_DELTA = "the error at the output"
    HIDDEN_DELTA = "the error at a hidden layer"
    WEIGHT_GRADIENT = "the gradient of weights"
    BIAS_GRADIENT = "the gradient of a bias"
    DERIVATIVE = "an activation's derivative"
    ACTIVATION = "an activation"
    LOSS = "the loss"
    OTHER = "something else"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One change of a text.

    Attributes
    ----------
    kind : EditKind
    role : Role
    line : int
        The first line that it changes, counted from 1 in the text that it was made for.
    before, after : str
        The expression or statement, as written.
    text : str
        The whole text with this edit applied; formatting and comments elsewhere kept.
    cost : int
        How much it changes (tokens): smaller edits are tried and offered first.
    detail : str
        What tells look-alikes apart: the constant (``2``, ``m``, ``learning_rate``, ``outputs``), the function or
        variable that is put in.
    layer : int or None
        Which layer, counted from 0 at the input, where that is known.
    """

    kind: EditKind
    role: Role = Role.OTHER
    line: int
    before: str
    after: str
    text: str = field(repr=False)
    cost: int
    detail: str = ""
    layer: int | None = None
