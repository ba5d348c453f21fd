"""All generators of proposals."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from gradcheck.diagnosis.repair.change import Change, Setting
from gradcheck.diagnosis.repair.edits import (
    accumulators,
    batchnorm,
    derivatives,
    dtypes,
    factors,
    formulas,
    gates,
    gradients,
    loops,
    masks,
    operands,
    order,
    products,
    regularisation,
    signs,
    softmax,
    statements,
    summands,
    sums,
)
from gradcheck.diagnosis.repair.syntax import Statement

__all__ = ["GENERATORS", "Generator"]

Generator = Callable[[Setting, Statement], Iterator[Change]]

GENERATORS: tuple[Generator, ...] = (
    signs.propose,
    factors.propose,
    sums.propose,
    derivatives.propose,
    formulas.propose,
    operands.propose,
    gradients.propose,
    products.propose,
    order.propose,
    loops.propose,
    statements.propose,
    regularisation.propose,
    masks.propose,
    gates.propose,
    dtypes.propose,
    batchnorm.propose,
    softmax.propose,
    accumulators.propose,
    summands.propose,
)
