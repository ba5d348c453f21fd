"""What a scope says of single numbers: sizes, rates, strengths, in the code's own names."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

import numpy as np

from gradcheck.diagnosis.programs.program import Array
from gradcheck.diagnosis.repair.names import NAMES_OF, NAMES_OF_DATA, NAMES_OF_INPUTS, NAMES_OF_TARGETS, last_part
from gradcheck.diagnosis.repair.syntax import Statement

__all__ = ["Sized"]


class Sized(ABC):
    """The sizes of a scope: it is one itself."""

    sizes: Mapping[str, float]
    parameters: Mapping[str, Array]

    @abstractmethod
    def names(self, statement: Statement) -> tuple[str, ...]:
        """Variables that could be written in a statement."""

    @abstractmethod
    def value(self, text: str, statement: Statement) -> Array | None:
        """The value of an expression at a statement."""

    @abstractmethod
    def shape(self, text: str, statement: Statement) -> tuple[int, ...] | None:
        """The shape of an expression at a statement."""

    def is_number(self, text: str, statement: Statement) -> bool:
        """Whether an expression is one number, by its value or else by its name."""
        value = self.value(text, statement)
        if value is not None:
            return value.ndim == 0
        short = text.rpartition(".")[2]
        return ".shape[" in text or any(re.fullmatch(pattern, short) for pattern in NAMES_OF.values())

    def constants(self, statement: Statement, wanted: str) -> tuple[str, ...]:
        """Expressions for ``batch``, ``outputs``, ``features``, ``learning_rate`` or ``regularisation`` in scope."""
        size = self.sizes.get(wanted)
        found = []
        names = self.names(statement)
        for name in names:
            if wanted in NAMES_OF and re.fullmatch(NAMES_OF[wanted], last_part(name)):
                value = self.value(name, statement)
                if value is None or size is None or (value.ndim == 0 and np.isclose(float(value), size)):
                    found.append(name)
        if wanted in ("batch", "outputs", "features") and size is not None:
            found += self._shapes(statement, wanted, size, names)
        return tuple(dict.fromkeys(found))

    def _shapes(self, statement: Statement, wanted: str, size: float, names: Sequence[str]) -> list[str]:
        pattern = re.compile(NAMES_OF_INPUTS if wanted == "features" else NAMES_OF_DATA)
        found = []
        for name in names:
            if not pattern.fullmatch(last_part(name)):
                continue
            shape = self.shape(name, statement)
            axes = [0, 1] if shape is None else [axis for axis, length in enumerate(shape) if length == size]
            if shape is None:
                axes = [0] if wanted == "batch" else [1]
            elif wanted == "outputs" and not re.fullmatch(NAMES_OF_TARGETS, last_part(name)):
                continue
            elif wanted != "batch" and len(axes) > 1:
                axes = axes[1:]
            found += [f"{name}.shape[{axis}]" for axis in axes[:1]]
        if wanted == "batch" and not found:  # whatever else has a row a sample
            rows = [name for name in names if (self.shape(name, statement) or ())[:1] == (size,)]
            found = [f"{name}.shape[0]" for name in rows if last_part(name) not in self.parameters]
        return found[:3]
