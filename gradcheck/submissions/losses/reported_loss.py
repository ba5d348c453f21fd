"""The loss that a file shows of other data than the step's, asked about the step's own.

``history.append(cost(w, b, X_val, y_val))`` stands beside a loop over batches ``X[j], y[j]`` that computes no loss:
with the batch in the place of the data that it is shown of, the same expression is the batch's loss. What belongs in
which place is told by shapes; of several ways, the one that the step descends is meant.
"""

from __future__ import annotations

import ast
import itertools
import linecache
import sys
import time
import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np

from gradcheck.diagnosis.programs.frames import variables
from gradcheck.oracles.autodiff.rewrite import compiled_expression
from gradcheck.submissions.losses.reworded import reworded
from gradcheck.submissions.running.runtime import StopStep, as_number, is_scalar
from gradcheck.submissions.steps.experiment import Experiment
from gradcheck.submissions.steps.places import places_of
from gradcheck.submissions.text.reports import (
    Report,
    exchanged,
    is_called_loss,
    is_metric,
    loop_at,
    mentioned,
    parsed,
    reports,
    spelled_out,
)

__all__ = ["ReportedLoss", "reported_losses"]

POINTS = 3
# Ways of putting a step's data into one expression that are tried, and expressions that are asked for their slopes.
WAYS, POOL = 64, 6
# Turns of loops, and seconds, that one expression may take: one that trains or plays takes more.
TURNS, SLOW = 2000, 0.5
# What stands for itself in the text alone.
ELSEWHERE = (ast.Yield, ast.YieldFrom, ast.Await, ast.NamedExpr)
ITEM = "__item__"
# What stands for the file in the code of an expression.
SHOWN = "<shown>"
Space = dict[str, Any]
# What a name holds that is not known beside the step.
MISSING = object()


@dataclass(frozen=True, slots=True)
class ReportedLoss:
    """An expression of the file's over a step's own data.

    Attributes
    ----------
    name : str
        It, as it would be written in the step.
    shown : str
        As it stands in the file.
    line : int
        Where.
    kept : bool
        Whether what it is there is put into a record or decides something.
    samples : int
        How many the step's data are, 0 where that is not known.
    value : callable
        ``value(space)`` is the expression's.
    around : mapping
        The variables around the loop that the step does not mention.
    """

    name: str
    shown: str
    line: int
    kept: bool
    samples: int
    value: Callable[[Space], Any] = field(repr=False)
    around: Mapping[str, Any] = field(repr=False)

    def evaluate(self, experiment: Experiment, item: Any) -> Any:
        """The loss of one step, which is made at rate zero."""
        experiment.run(item, rate=0.0)
        return self.value(_space(experiment, item, self.around))

    def is_convention(self, factor: float) -> bool:
        """Whether a multiple of what is only shown is the same loss by another convention: a sum, a mean, a half."""
        counts = {1.0, float(self.samples or 1)}
        usual = {half * count**sign for half in (0.5, 1.0, 2.0) for count in counts for sign in (1, -1)}
        return factor == 1.0 or (not self.kept and any(abs(factor - number) <= 1e-4 * number for number in usual))


def reported_losses(experiment: Experiment, rng: np.random.Generator) -> list[ReportedLoss]:
    """What the file shows or keeps, of the step's data: one number that depends on the parameters; equal ones are one.

    Parameters
    ----------
    experiment : Experiment
        With its parameters found.
    rng : numpy.random.Generator
    """
    step = cast("types.FunctionType", experiment.step)
    tree = parsed("".join(linecache.getlines(step.__code__.co_filename)))
    loop = None if tree is None else loop_at(tree, experiment.loop.line, while_loop=experiment.loop.while_loop)
    if tree is None or loop is None:
        return []
    around = _variables_around(step)
    candidates = list(_Search(experiment, loop, around, rng).of_all(reports(tree)))
    if not candidates:
        return []
    rows: list[tuple[float, ...]] = [()] * len(candidates)
    for point in [experiment.values(), *(experiment.random_values(rng) for _ in range(POINTS - 1))]:
        values = _evaluated(experiment, candidates, point)
        rows = [(*row, value) for row, value in zip(rows, values, strict=True)]
    found: dict[tuple[float, ...], ReportedLoss] = {}
    for candidate, row in zip(candidates, rows, strict=True):
        if all(np.isfinite(row)) and len(set(row)) > 1:
            found.setdefault(tuple(float(f"{value:.10e}") for value in row), candidate)
    return list(found.values())[:POOL]


def _evaluated(experiment: Experiment, candidates: list[ReportedLoss], point: Mapping[str, Any]) -> list[float]:
    """Each of them at these parameters; NaN where it is no number, trains, or changes a parameter."""
    experiment.restore()
    experiment.put(point)
    item = experiment.items[0]
    experiment.run(item, rate=0.0)
    found = []
    slow: set[str] = set()
    for candidate in candidates:
        turns, began = itertools.count(), time.process_time()
        if candidate.shown in slow:
            found.append(float("nan"))
            continue

        def stop_training(_number: int, turns: Iterator[int] = turns) -> None:
            if next(turns) > TURNS:
                raise StopStep

        experiment.runtime.on_turn = stop_training
        try:
            with np.errstate(all="ignore"):
                value = candidate.value(_space(experiment, item, candidate.around))
            number = float(np.real(as_number(value))) if is_scalar(value) else float("nan")
        except (Exception, StopStep):  # of other data than these
            number = float("nan")
        finally:
            experiment.runtime.on_turn = None
        if time.process_time() - began > SLOW:
            slow.add(candidate.shown)
            number = float("nan")
        still = all(np.array_equal(experiment.places[name].value, value) for name, value in point.items())
        if not still:
            experiment.restore()
            experiment.put(point)
            experiment.run(item, rate=0.0)
        found.append(number if still else float("nan"))
    experiment.restore()
    return found


class _Search:
    """The ways of putting a step's data into expressions that the file shows."""

    def __init__(
        self, experiment: Experiment, loop: ast.For | ast.While, around: Mapping[str, Any], rng: np.random.Generator
    ) -> None:
        self._experiment, self._loop, self._around = experiment, loop, around
        experiment.restore()
        held = [place.value for place in experiment.places.values()]
        self._held = {id(value) for value in held if not isinstance(value, (int, float))}
        self._space = _space(experiment, experiment.items[0], around)
        self._globals = cast("types.FunctionType", experiment.step).__globals__
        self._roots = {place.root for place in experiment.places.values()}
        self._reaching: dict[str, bool] = {}
        for name in self._space:
            self._reaches(name)
        self._data = self._data_of_a_turn(rng)

    def of_all(self, shown: list[Report]) -> Iterator[ReportedLoss]:
        """Those of reports; what is called a loss comes first."""
        told: set[str] = set()
        for report in sorted(shown, key=lambda report: not is_called_loss(report.value)):
            whole = spelled_out(report, self._reaches)
            texts = {ast.unparse(whole)} - told
            bare = any(isinstance(part, ELSEWHERE) for part in ast.walk(whole))
            if bare or not texts or is_metric(whole) or not self._is_of_parameters(whole):
                continue
            told |= texts
            yield from self._of(report, whole)

    def _of(self, report: Report, whole: ast.expr) -> Iterator[ReportedLoss]:
        shown = ast.unparse(report.value)
        for expression in (whole, *reworded(whole, self._loop, self._space)):
            leaves = list(dict.fromkeys(ast.unparse(leaf) for leaf in self._leaves(expression)))
            choices = [self._substitutes(leaf) for leaf in leaves]
            lengths = [self._length(leaf) for leaf in leaves]
            ways = (way for way in itertools.product(*choices) if _belongs_together(way, lengths))
            for way in itertools.islice(ways, WAYS):
                chosen = {leaf: text for leaf, (text, _) in zip(leaves, way, strict=True)}
                made = exchanged(expression, chosen)
                value = compiled_expression(made, SHOWN)
                samples = max((size or length for (_, size), length in zip(way, lengths, strict=True)), default=0)
                text = ast.unparse(made)
                if isinstance(self._loop, ast.For):
                    text = text.replace(ITEM, ast.unparse(self._loop.target))
                yield ReportedLoss(text, shown, report.line, report.kept, samples, value, self._around)

    def _is_of_parameters(self, expression: ast.expr) -> bool:
        return any(isinstance(part, ast.Name) and self._reaches(part.id) for part in ast.walk(expression))

    def _reaches(self, name: str) -> bool:
        """Whether a variable leads to parameters, or a function reads one that does."""
        if name not in self._reaching:
            self._reaching[name] = False  # meanwhile, of functions that call each other
            value = self._space.get(name)
            if isinstance(value, types.FunctionType):
                self._reaching[name] = value.__globals__ is self._globals and any(map(self._reaches, _read_by(value)))
            elif not isinstance(value, (types.ModuleType, type)) and name != ITEM:
                found = places_of(iter([(name, lambda: value, lambda _: None)])) if name in self._space else []
                held = {id(alias.value) for place in found for alias in (place, *place.aliases)}
                self._reaching[name] = name in self._roots or bool(held & self._held)
        return self._reaching[name]

    def _leaves(self, node: ast.AST, bound: frozenset[str] = frozenset()) -> Iterator[ast.expr]:
        """The largest parts of an expression that are data: arrays and lists that do not lead to parameters."""
        if isinstance(node, (ast.ListComp, ast.GeneratorExp, ast.SetComp, ast.DictComp, ast.Lambda)):
            targets = [one.target for one in getattr(node, "generators", [])]
            names = [part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)]
            names += [argument.arg for argument in node.args.args] if isinstance(node, ast.Lambda) else []
            bound = bound | set(names)
        if isinstance(node, (ast.Name, ast.Subscript, ast.Attribute)):
            name = _root(node)
            if name is not None and name not in bound and not self._reaches(name):
                if self._may_be_data(node):
                    yield node
                return
        for child in ast.iter_child_nodes(node):
            if not (isinstance(node, ast.Call) and child is node.func and isinstance(child, ast.Name)):
                yield from self._leaves(child, bound)

    def _may_be_data(self, node: ast.expr) -> bool:
        value = self._value(node)
        return value is MISSING or np.ndim(_plain(value)) > 0

    def _value(self, node: ast.expr) -> Any:
        try:
            return compiled_expression(node, SHOWN)(dict(self._space))
        except Exception:
            return MISSING

    def _data_of_a_turn(self, rng: np.random.Generator) -> dict[str, Any]:
        """What a turn mentions and does not compute from parameters, by its text."""
        experiment, item = self._experiment, self._experiment.items[0]
        parts = mentioned(self._loop)
        tables = []
        for point in (experiment.values(), experiment.random_values(rng)):
            experiment.restore()
            experiment.put(point)
            experiment.run(item, rate=0.0)
            self._space = _space(experiment, item, self._around)
            names = ((part, _root(part)) for part in parts)
            own = [part for part, name in names if name is not None and not self._reaches(name)]
            tables.append({ast.unparse(part): _plain(self._value(part)) for part in own})
        experiment.restore()
        first, second = tables
        found: dict[str, Any] = {}
        for text, value in first.items():
            if value is None or not _is_same(value, second.get(text)):
                continue
            if np.ndim(value) == 0 or not any(_is_same(value, other) for other in found.values()):
                found[text] = value
        return found

    def _length(self, leaf: str) -> int:
        shape = np.shape(_plain(self._value(ast.parse(leaf, mode="eval").body)))
        return shape[0] if shape else 0

    def _substitutes(self, leaf: str) -> list[tuple[str, int]]:
        """Expressions of a turn that may stand where a leaf stands, and of how many samples each is."""
        value = _plain(self._value(ast.parse(leaf, mode="eval").body))
        found: list[tuple[str, int]] = []
        if isinstance(self._loop, ast.For) and ast.unparse(self._loop.iter) == leaf:
            found.append((f"[{ITEM}]", 1))
        for text, data in self._data.items():
            if text == leaf or np.ndim(data) == 0 or np.asarray(data).dtype.kind not in "fiub":
                continue
            samples = _samples(value, data)
            if samples is not None:
                found.append((text, samples))
            elif value is not None and np.shape(value)[1:] == np.shape(data):
                found.append((f"np.array([{text}])" if "np" in self._space else f"[{text}]", 1))
        if leaf in self._data or not found:
            found.insert(0, (leaf, 0))
        return found


def _belongs_together(way: tuple[tuple[str, int], ...], lengths: list[int]) -> bool:
    """Whether each place gets something of its own, all of as many samples; what was as long goes along.

    ``zip(xs, ys)`` becomes ``zip([xs[k]], [ys[k]])``, and never ``zip([xs[k]], ys)``.
    """
    shortened = {length for (_, size), length in zip(way, lengths, strict=True) if size and size != length}
    left = {length for (_, size), length in zip(way, lengths, strict=True) if not size}
    return (
        len({text for text, _ in way}) == len(way)
        and len({size for _, size in way if size}) <= 1
        and not shortened & left - {0}
    )


def _is_same(first: Any, second: Any) -> bool:
    return second is not None and np.shape(first) == np.shape(second) and bool(np.all(first == second))


def _samples(value: Any, data: Any) -> int | None:
    """Along the one axis in which two arrays differ; the first where they do not; None for arrays of other forms."""
    shape: tuple[int, ...] = np.shape(data)
    if value is None:
        return shape[0]
    if np.ndim(value) != len(shape) or np.asarray(value).dtype.kind != np.asarray(data).dtype.kind:
        return None
    different = [size for size, other in zip(shape, np.shape(value), strict=True) if size != other]
    return None if len(different) > 1 else (different or shape)[0]


def _plain(value: Any) -> Any:
    """A value as something with a shape; None for what has none."""
    if isinstance(value, (np.ndarray, int, float, np.generic)):
        return value
    if isinstance(value, (list, tuple)) and value:
        try:
            array = np.array(value)
        except ValueError:  # rows of different lengths
            return np.empty(len(value), dtype=object)
        return array if array.dtype.kind in "fiub" else None
    return None


def _space(experiment: Experiment, item: Any, around: Mapping[str, Any]) -> Space:
    """The variables that an expression sees beside a step."""
    step = cast("types.FunctionType", experiment.step)
    space = {**step.__globals__, **around, ITEM: item}
    for name, cell in zip(step.__code__.co_freevars, step.__closure__ or (), strict=True):
        try:
            space[name] = cell.cell_contents
        except ValueError:  # not bound yet
            continue
    return space


def _variables_around(step: types.FunctionType) -> dict[str, Any]:
    """Those of the function that runs the loop, as they are when it is entered."""
    frame: types.FrameType | None = sys._getframe()  # noqa: SLF001 (who runs this loop)
    path = step.__code__.co_filename
    while frame is not None and (frame.f_code.co_filename != path or frame.f_code.co_name.startswith("__gradcheck")):
        frame = frame.f_back
    if frame is None or (known := variables(frame)) is frame.f_globals:
        return {}
    return {name: value for name, value in known.items() if not name.startswith("__")}


def _read_by(function: types.FunctionType) -> set[str]:
    """The module's names that a function mentions, what it defines inside included."""
    names: set[str] = set()
    pending = [function.__code__]
    while pending:
        code = pending.pop()
        names |= set(code.co_names)
        pending += [part for part in code.co_consts if isinstance(part, types.CodeType)]
    return names


def _root(node: ast.AST) -> str | None:
    while isinstance(node, (ast.Subscript, ast.Attribute)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None
