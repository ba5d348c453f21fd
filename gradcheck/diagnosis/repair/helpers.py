"""Small functions that lines call: activations and derivatives, and whether they are what their names say."""

from __future__ import annotations

import ast
import re
from abc import ABC
from collections.abc import Mapping, Sequence

import libcst as cst
import numpy as np

from gradcheck.diagnosis.repair.activations import Part
from gradcheck.diagnosis.repair.evaluate import IMPORTED
from gradcheck.diagnosis.repair.names import DERIVATIVE_NAME, PROMISED
from gradcheck.diagnosis.repair.slopes import Active
from gradcheck.diagnosis.repair.syntax import Statement, Tree

__all__ = ["Helpers"]


class Helpers(ABC):
    """What a scope says of helpers: it is one itself."""

    tree: Tree
    functions: Mapping[str, ast.FunctionDef]
    helpers: Mapping[str, tuple[Part, ...]]
    actives: tuple[Active, ...]
    _small: frozenset[str]
    _by_name: Mapping[str, Sequence[str]]

    def computes(self, statement: Statement) -> bool:
        """Whether a statement does arithmetic, rather than hand values on."""
        for node in self.tree.expressions(statement):
            if isinstance(node, (cst.BinaryOperation, cst.UnaryOperation, cst.Comparison)):
                return True
            if isinstance(node, cst.Call):
                name = self.tree.code(node.func)
                if name.startswith(("np.", "numpy.", "math.")) or name.rpartition(".")[2] in (
                    *("sum", "mean", *IMPORTED, *self.helpers, *self._small),
                ):
                    return True
        return isinstance(statement.node, cst.AugAssign)

    def is_helper(self, statement: Statement) -> bool:
        """Whether it belongs to a small function that other lines call: an activation, a derivative.

        Of several methods of one name the last is known.
        """
        name = statement.function.rpartition(".")[2]
        found = self.functions.get(name) if name in self.helpers or name in self._small else None
        alone = found is not None and len(self._by_name[name]) < 2
        return alone or (found is not None and found.lineno <= statement.line <= (found.end_lineno or 0))

    def is_misnamed(self, statement: Statement) -> bool:
        """Whether a helper named as a derivative is none, in neither form."""
        name = statement.function.rpartition(".")[2]
        return self.is_helper(statement) and bool(DERIVATIVE_NAME.search(name)) and not self.derivatives(name)

    def derivatives(self, name: str) -> frozenset[str]:
        """The forms, ``slope`` or ``at_output``, in which a helper is some activation's derivative where it should be.

        Of a function with a flag that is the flag's branch; and a sigmoid is no derivative for being softplus's.
        """
        parts, function = self.helpers.get(name, ()), self.functions.get(name)
        flags = function.args.defaults if function is not None else []
        flagged = any(isinstance(flag, ast.Constant) and isinstance(flag.value, bool) for flag in flags)
        values = {part.call for part in parts if part.what == "value" and not DERIVATIVE_NAME.search(name)}
        leaks = {0.0, *(active.leak for active in self.actives if active.kind == "leaky-relu")}
        return frozenset(
            part.what
            for part in parts
            if part.what != "value" and part.call not in values and (not flagged or "=" in part.call)
            if len(leaks) == 1 or any(np.isclose(part.leak, leak) for leak in leaks)
        )

    def consistency(self, statement: Statement) -> int:
        """1 in a derivative's helper whose formula is of what its parameter is called, -1 where it is of the other.

        A formula of the activation belongs to ``a`` or ``out``, one of the pre-activation to ``z``.
        """
        name = statement.function.rpartition(".")[2]
        kinds = self.derivatives(name)
        parameters = [p for p in self.tree.definitions.get(statement.function, (0, 0, ()))[2] if p != "self"]
        if len(kinds) != 1 or not parameters:
            return 0
        promised = {what for what, pattern in PROMISED.items() if re.fullmatch(pattern, parameters[-1], re.IGNORECASE)}
        return 0 if not promised else 1 if promised == kinds else -1
