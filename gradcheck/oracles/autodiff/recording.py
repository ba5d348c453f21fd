"""The forward computation kept as data: every operation on a traced value, where it stands, and its true adjoint."""

from __future__ import annotations

import contextlib
import functools
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, cast

import numpy as np

from gradcheck.language import tr
from gradcheck.oracles.autodiff.forward import Array, Forward, Intermediate
from gradcheck.oracles.autodiff.gradient import swept
from gradcheck.oracles.autodiff.protocol import boxes_in, is_box, unboxed
from gradcheck.oracles.autodiff.selections import SELECTIONS
from gradcheck.oracles.autodiff.signatures import names_of
from gradcheck.oracles.autodiff.tape import Call, Node, Tape
from gradcheck.problem.driver import OracleUnavailableError, Traceable

__all__ = ["Forward", "Intermediate", "function_name", "record_forward"]

MAX_OPERATIONS = 20_000
MAX_BYTES = 256 * 2**20

# Of a central difference in double precision: 1e-5 of the size of the parameters leaves about 1e-9 of the slope; a path
# that was lost changes it by far more than a thousandth, and so does seldom a kink between the two.
STEP, AGREEMENT = 1e-5, 1e-3

# Objects that are indexed and join arrays.
BUILDERS = {np.c_.__getitem__: "c_", np.r_.__getitem__: "r_"}

# Functions whose positional arguments are all operands.
PRODUCTS = frozenset({np.dot, np.inner, np.tensordot, np.kron, np.cross})


def record_forward(driver: Any, arrays: Sequence[Any]) -> Forward:
    """The forward computation of the loss that a driver runs.

    Parameters
    ----------
    driver : Traceable
        Its loss is run once on traced values.
    arrays : sequence of ndarray
        The point, one array a block.

    Returns
    -------
    Forward
        The parameters come first, in the order of the blocks. What is composed of other functions (``np.clip``,
        ``np.outer``, ``np.linalg.norm``) appears as its parts; a write (``out[i] = x``, ``a *= b``) as a value of its
        own.

    Raises
    ------
    OracleUnavailableError
        As ``true_gradient``; also when the loss depends on no parameter, or when there are more than 20,000 operations
        or 256 MB of values.

    Examples
    --------
    >>> import numpy as np
    >>> from gradcheck import Problem
    >>> problem = Problem(lambda w: np.sum(w**2), lambda w: 2 * w, np.array([1.0, 2.0]))
    >>> forward = record_forward(problem.driver, problem.driver.values())
    >>> [value.operation for value in forward.values]
    ['parameter', 'constant', 'power', 'sum']
    >>> forward.values[0].adjoint
    array([2., 4.])
    """
    blocks = driver.blocks
    if not isinstance(driver, Traceable):
        raise OracleUnavailableError(tr("the code runs in another process, which records nothing"))
    names = [block.name for block in blocks]
    strict = Tape(Recorder())
    try:
        return _recorded(driver, arrays, names, strict)
    except OracleUnavailableError:
        if not strict.lost:
            raise
        with contextlib.suppress(OracleUnavailableError):  # what was refused first is what there is to say
            forward = _recorded(driver, arrays, names, Tape(Recorder(), lenient=True))
            if _agrees(driver, arrays, forward):
                return forward
        raise


def _recorded(driver: Traceable, arrays: Sequence[Any], names: Sequence[str], tape: Tape) -> Forward:
    output, found, roots = swept(driver, arrays, tape)
    if output is None:
        raise OracleUnavailableError(tr("the loss depends on no parameter"))
    recorder = cast("Recorder", tape.observer)
    return recorder.forward(output, found, dict(zip(roots, names, strict=True)))


def _agrees(driver: Any, arrays: Sequence[Any], forward: Forward) -> bool:
    """Whether what was followed with losses explains a difference of the loss: nothing that matters was lost."""
    rng = np.random.default_rng(0)
    points = [np.array(array, dtype=np.float64) for array in arrays]
    along = [rng.uniform(0.5, 1.5, point.shape) * rng.choice((-1.0, 1.0), point.shape) for point in points]
    adjoints = [value.adjoint for value in forward.values if value.operation == "parameter"]
    slope = sum(
        float(np.sum(part * direction)) for part, direction in zip(adjoints, along, strict=True) if part is not None
    )
    step = STEP * max(1.0, *(float(np.max(np.abs(point), initial=0.0)) for point in points))
    ahead, behind = (
        float(driver.loss([point + sign * step * way for point, way in zip(points, along, strict=True)]))
        for sign in (1.0, -1.0)
    )
    difference = (ahead - behind) / (2.0 * step)
    return bool(abs(slope - difference) <= AGREEMENT * max(abs(slope), abs(difference)))


@dataclass(slots=True)
class _Entry:
    """One recorded value before its adjoint is known."""

    operation: str
    inputs: tuple[int, ...]
    options: dict[str, Any]
    value: Any
    node: Node | None
    entries: Any = None
    line: int | None = None
    function: str | None = None


class Recorder:
    """What a tape tells of every operation; see ``tape.Observer``."""

    def __init__(self) -> None:
        self._entries: list[_Entry] = []
        self._numbers: dict[Node, int] = {}
        self._bytes = 0

    def root(self, node: Node, value: Any) -> None:
        """A parameter."""
        self._add(_Entry("parameter", (), {}, value, node))

    def note(self, node: Node, value: Any, call: Call) -> None:
        """An operation that has given a traced value.

        Raises
        ------
        OracleUnavailableError
            When there have been too many.
        """
        function, args, kwargs, entries = call
        inputs, options = self._operands(function, args)
        options |= {name: unboxed(item) for name, item in kwargs.items() if _is_data(unboxed(item))}
        line, name = _place()
        moved = None if entries is None else entries()
        self._add(_Entry(_name_of(function), tuple(inputs), options, value, node, moved, line, name))
        if len(self._entries) > MAX_OPERATIONS:
            node.tape.refuse(
                tr("the loss takes more than {most} operations, too many to follow one by one", most=MAX_OPERATIONS)
            )
        if self._bytes > MAX_BYTES:
            node.tape.refuse(
                tr("the loss computes more than {most} MB of values, too much to keep", most=MAX_BYTES // 2**20)
            )

    def forward(self, output: Node, found: Mapping[Node, Array], names: Mapping[Node, str]) -> Forward:
        """What was recorded, with the adjoints of a sweep."""
        values = tuple(
            Intermediate(
                number=number,
                operation=entry.operation,
                inputs=entry.inputs,
                options=entry.options,
                entries=entry.entries,
                value=np.asarray(entry.value, dtype=np.float64),
                adjoint=None if entry.node is None else found.get(entry.node),
                line=entry.line,
                function=entry.function,
                block=None if entry.node is None else names.get(entry.node),
            )
            for number, entry in enumerate(self._entries)
        )
        return Forward(values=values, loss=self._numbers[output])

    def _operands(self, function: Any, args: Sequence[Any]) -> tuple[list[int], dict[str, Any]]:
        """Numbers of the operands; the other arguments as options, by name."""
        inputs: list[int] = []
        options: dict[str, Any] = {}
        all_operands = isinstance(function, np.ufunc | str) or function in PRODUCTS
        moved = () if isinstance(function, str) else SELECTIONS.get(function, ())
        names: Sequence[str] = () if isinstance(function, str) else names_of(function)
        for position, arg in enumerate(args):
            if all_operands or position in moved or (not moved and (isinstance(arg, np.ndarray) or boxes_in(arg))):
                inputs += [self._number(leaf) for leaf in _leaves(arg)]
            else:
                options[names[position] if position < len(names) else f"argument_{position}"] = arg
        return inputs, {name: item for name, item in options.items() if _is_data(item)}

    def _number(self, operand: Any) -> int:
        node = operand.current()[1] if is_box(operand) else None
        if node is not None:
            return self._numbers[node]
        value = unboxed(operand)
        try:
            constant = np.array(value, dtype=np.float64)
        except (TypeError, ValueError):  # a directive, a complex number: nothing that a real loss could meet
            constant = np.array(np.nan)
        return self._add(_Entry("constant", (), {}, constant, None))

    def _add(self, entry: _Entry) -> int:
        number = len(self._entries)
        self._entries.append(entry)
        if entry.node is not None:
            self._numbers[entry.node] = number
        value = entry.value
        for array in (value, entry.entries):
            self._bytes += array.nbytes if isinstance(array, np.ndarray) and array.base is None else 8
        return number


def _name_of(function: Any) -> str:
    if isinstance(function, str):
        return function
    return BUILDERS.get(function) or str(function.__name__)


def _leaves(value: Any) -> list[Any]:
    """What nested lists and tuples hold."""
    if type(value) in (list, tuple):
        return [leaf for item in value for leaf in _leaves(item)]
    return [value]


def _is_data(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(_is_data(item) for item in value)
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "biuf"
    return value is None or value is Ellipsis or isinstance(value, bool | int | float | str | slice | np.generic)


def _place() -> tuple[int | None, str | None]:
    """Line and function of the nearest frame of the user's own."""
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        if not _is_library(frame):
            return frame.f_lineno, function_name(frame.f_code.co_qualname)
        frame = frame.f_back
    return None, None


def function_name(qualified: str) -> str:
    """A function's name as its file has it: without scopes, and without the steps that stand beside loops."""
    parts = [part for part in qualified.split(".") if part != "<locals>" and not part.startswith("__gradcheck")]
    return ".".join(parts) or "<module>"


def _is_library(frame: FrameType) -> bool:
    root = str(frame.f_globals.get("__name__", "")).partition(".")[0]
    return root in _LIBRARIES or (root in sys.stdlib_module_names and _is_standard(frame.f_code.co_filename))


@functools.cache
def _is_standard(filename: str) -> bool:
    path = Path(filename)
    return filename.startswith("<") or (path.is_relative_to(_STANDARD) and "site-packages" not in path.parts)


_LIBRARIES = frozenset({"autograd", "gradcheck", "numpy", "scipy"})
_STANDARD = Path(sysconfig.get_paths()["stdlib"])
