"""An oracle that knows nothing of the tool: runs a program of the corpus and differentiates its loss entry by entry.

How loss, parameters and claimed gradient are reached is written beside each program, as ``def probe(script)`` in its
``#$`` lines. That code sees ``np``, ``Probe``, ``Script`` and ``parameters`` and returns a ``Probe``.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import io
import sys
import types
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Measured", "Probe", "Script", "disagreement", "measure", "open_probe", "parameters"]

Array = NDArray[Any]
Reference = tuple[Any, Any]  # owner and attribute or key

STEP = 1e-6
ENTRIES = 24  # of one block, drawn where it has more


@dataclass(kw_only=True)
class Probe:
    """How one program is driven.

    ``gradient`` returns the claimed gradient by block; or ``update`` applies it in place with the rate ``rate``.
    ``inputs`` are arrays that a caller would not expect to change. ``final`` names the variable with the last loss.
    """

    params: Mapping[str, Reference]
    loss: Callable[[], Any]
    gradient: Callable[[], Mapping[str, Any]] | None = None
    update: Callable[[], Any] | None = None
    rate: float = 1.0
    inputs: tuple[Reference, ...] = ()
    reset: Callable[[], Any] = field(default=lambda: None)
    final: str = ""

    def read(self) -> dict[str, Array]:
        """Copies of the parameters."""
        return {name: np.array(_get(reference)) for name, reference in self.params.items()}

    def write(self, values: Mapping[str, Array]) -> None:
        """Put values where the program keeps its parameters, in the container that it has there."""
        for name, reference in self.params.items():
            _set(reference, _like(values[name], _get(reference)))

    def value(self) -> float:
        """The loss here, everything restored afterwards."""
        with self._kept():
            return float(np.asarray(self.loss()).sum())

    def claimed(self) -> dict[str, Array]:
        """The gradient that the program claims here, everything restored afterwards."""
        with self._kept():
            if self.gradient is not None:
                return {name: np.array(value) for name, value in self.gradient().items()}
            before = self.read()
            assert self.update is not None
            self.update()
            after = self.read()
        return {name: (before[name] - after[name]) / self.rate for name in before}

    @contextlib.contextmanager
    def _kept(self) -> Iterator[None]:
        params = self.read()
        originals = {name: _get(reference) for name, reference in self.params.items()}
        inputs = [np.array(_get(reference)) for reference in self.inputs]
        state = np.random.get_state()  # noqa: NPY002  # the programs draw from the legacy generator
        self.reset()
        try:
            yield
        finally:
            np.random.set_state(state)  # noqa: NPY002
            for name, reference in self.params.items():
                _set(reference, _like(params[name], originals[name]))
            for reference, value in zip(self.inputs, inputs, strict=True):
                _restore(reference, value)


class Script:
    """One program's text, run as a whole or as the body of its own training loop."""

    def __init__(self, text: str, steps: int | None = None) -> None:
        self.tree = ast.parse(text)
        self.steps = steps

    def run(self, *, full: bool = False) -> dict[str, Any]:
        """The module's namespace; the training loop makes two steps, all of them with ``full``."""
        tree = self.tree if full or self.steps is None else _Shortened(self.steps).visit(copy.deepcopy(self.tree))
        return _executed(ast.fix_missing_locations(tree).body, {"__name__": "program"})

    def flat(self, names: str, *, loss: str = "loss", rate: str | float = "lr", loop: int = -1) -> Probe:
        """A probe of a script whose training loop stands at module level; its body is one step.

        ``loop`` counts the loops at module level that assign one of the ``names``.
        """
        wanted = names.split()
        loops = [
            node for node in self.tree.body if isinstance(node, ast.For | ast.While) and _assigns(node, set(wanted))
        ]
        training = loops[loop]
        prelude = self.tree.body[: self.tree.body.index(training)]
        space = _executed(prelude, {"__name__": "program"})
        wanted = [name for name in wanted if name in space]  # the wrong program may lack one
        for node in ast.walk(training.target) if isinstance(training, ast.For) else ():
            if isinstance(node, ast.Name):
                space.setdefault(node.id, 0)
        code = compile(ast.Module(body=_without_jumps(training.body), type_ignores=[]), "program", "exec")

        def step() -> Any:
            kept = _snapshot(space)
            try:
                with _quiet():
                    exec(code, space)
                return {name: space[name] for name in [*wanted, loss] if name in space}
            finally:
                space.update(kept)

        number = float(space[rate]) if isinstance(rate, str) else rate

        def gradient() -> dict[str, Array]:
            before = {name: np.array(space[name]) for name in wanted}
            after = step()
            return {name: (before[name] - np.array(after[name])) / number for name in wanted}

        return Probe(params={n: (space, n) for n in wanted}, loss=lambda: step()[loss], gradient=gradient, final=loss)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Loss, claimed and numeric gradient at one point; ``entries`` are those of each block that were differentiated."""

    loss: float
    claimed: Mapping[str, Array]
    numeric: Mapping[str, Array]
    entries: Mapping[str, Array]
    shapes: Mapping[str, tuple[int, ...]]


def open_probe(text: str, code: str, steps: int | None = None) -> Probe:
    """The probe that ``code`` (the ``#$`` lines) makes for ``text``."""
    space: dict[str, Any] = {"np": np, "Probe": Probe, "Script": Script, "parameters": parameters}
    exec(compile(code, "probe", "exec"), space)
    with _quiet():
        probe = space["probe"](Script(text, steps))
    assert isinstance(probe, Probe)
    return probe


def parameters(owner: Any, names: str) -> dict[str, Reference]:
    """References to several attributes or keys of one owner; ``name[]`` stands for every entry of a list."""
    found: dict[str, Reference] = {}
    for name in names.split():
        if name.endswith("[]"):
            items = _get((owner, name[:-2]))
            found.update({f"{name[:-2]}[{index}]": (items, index) for index in range(len(items))})
        else:
            found[name] = (owner, name)
    return found


def measure(probe: Probe, *, seed: int, scale: float = 0.8, numeric: bool = True) -> Measured:
    """Loss, claimed gradient and central differences at a random point.

    Parameters are drawn from a normal distribution of standard deviation ``scale`` (dimensionless), biases too.
    """
    rng = np.random.default_rng(seed)
    start = probe.read()
    point = {name: _drawn(rng, value, scale) for name, value in start.items()}
    with _quiet():
        probe.write(point)
        try:
            loss = probe.value()
            claimed = probe.claimed()
            entries = {
                name: np.sort(rng.permutation(value.size)[:ENTRIES]) if value.size > ENTRIES else np.arange(value.size)
                for name, value in point.items()
            }
            slopes = {name: _differences(probe, point, name, entries[name]) for name in point} if numeric else {}
        finally:
            probe.write(start)
    shapes = {name: value.shape for name, value in point.items()}
    return Measured(loss=loss, claimed=claimed, numeric=slopes, entries=entries, shapes=shapes)


def disagreement(measured: Measured) -> dict[str, float]:
    """By block, ``|claimed - numeric| / max(|claimed|, |numeric|)``; infinite where shapes differ or no number is."""
    errors: dict[str, float] = {}
    for name, numeric in measured.numeric.items():
        claimed = measured.claimed.get(name)
        if claimed is None or claimed.shape != measured.shapes[name]:
            errors[name] = np.inf
            continue
        picked = np.asarray(claimed, dtype=float).reshape(-1)[measured.entries[name]]
        size = max(float(np.linalg.norm(picked)), float(np.linalg.norm(numeric)))
        error = float(np.linalg.norm(picked - numeric))
        errors[name] = np.inf if not np.isfinite(error) else error / size if size > 1e-9 else 0.0
    return errors


def _differences(probe: Probe, point: Mapping[str, Array], name: str, entries: Array) -> Array:
    slopes = []
    for index in entries:
        values = []
        for sign in (1.0, -1.0):
            moved = np.array(point[name], dtype=float)
            moved.reshape(-1)[index] += sign * STEP
            probe.write({**point, name: moved})
            values.append(probe.value())
        slopes.append((values[0] - values[1]) / (2 * STEP))
    probe.write(point)
    return np.array(slopes)


def _drawn(rng: np.random.Generator, value: Array, scale: float) -> Array:
    return np.asarray(rng.normal(scale=scale, size=value.shape), dtype=float)


def _get(reference: Reference) -> Any:
    owner, key = reference
    return owner[key] if isinstance(owner, dict | list) else getattr(owner, key)


def _set(reference: Reference, value: Any) -> None:
    owner, key = reference
    if isinstance(owner, dict | list):
        owner[key] = value
    else:
        setattr(owner, key, value)


def _like(value: Array, old: Any) -> Any:
    """The value in the container that the program has: a float, nested lists, or an array."""
    if isinstance(old, list):
        return value.tolist()
    return float(value) if isinstance(old, float | int) else np.array(value)


def _restore(reference: Reference, value: Array) -> None:
    held = _get(reference)
    if isinstance(held, np.ndarray):
        held[...] = value
    else:
        _set(reference, value.tolist())


def _snapshot(space: Mapping[str, Any]) -> dict[str, Any]:
    fixed = (types.ModuleType, types.FunctionType, type, _Inert)
    return copy.deepcopy({k: v for k, v in space.items() if not isinstance(v, fixed) and not k.startswith("__")})


class _Inert:
    """Stands in for plotting, data-frame and file libraries."""

    def __getattr__(self, name: str) -> Any:
        return _Inert()

    def __call__(self, *_: Any, **__: Any) -> Any:
        return _Inert()


def _without_libraries(body: list[ast.stmt], space: dict[str, Any]) -> list[ast.stmt]:
    """Imports of anything but NumPy and the standard library give inert names."""
    kept: list[ast.stmt] = []
    for node in body:
        modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            modules = [node.module or ""]
        if all(name.partition(".")[0] in {"numpy", *sys.stdlib_module_names} for name in modules):
            kept.append(node)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            space.update({(alias.asname or alias.name).partition(".")[0]: _Inert() for alias in node.names})
    return kept


def _executed(body: list[ast.stmt], space: dict[str, Any]) -> dict[str, Any]:
    body = _without_libraries(body, space)
    with _quiet():
        exec(compile(ast.Module(body=body, type_ignores=[]), "program", "exec"), space)
    return space


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


def _assigns(node: ast.AST, names: set[str]) -> bool:
    stored: set[str] = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Assign | ast.AugAssign):
            targets = part.targets if isinstance(part, ast.Assign) else [part.target]
            for target in targets:
                stored |= {leaf.id for leaf in ast.walk(target) if isinstance(leaf, ast.Name)}
    return bool(stored & names)


def _without_jumps(body: list[ast.stmt]) -> list[ast.stmt]:
    """Breaks of the training loop itself mean nothing in a single step."""
    tree = _Jumpless().visit(ast.Module(body=copy.deepcopy(body), type_ignores=[]))
    return list(ast.fix_missing_locations(tree).body)


class _Jumpless(ast.NodeTransformer):
    def visit_Break(self, node: ast.Break) -> ast.AST:
        return ast.copy_location(ast.Pass(), node)

    def visit_Continue(self, node: ast.Continue) -> ast.AST:
        return ast.copy_location(ast.Pass(), node)

    def visit_For(self, node: ast.For) -> ast.AST:
        return node

    def visit_While(self, node: ast.While) -> ast.AST:
        return node


class _Shortened(ast.NodeTransformer):
    """Puts 2 for every constant that is the number of training steps."""

    def __init__(self, steps: int) -> None:
        self.steps = steps

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        shortened = type(node.value) is int and node.value == self.steps
        return ast.copy_location(ast.Constant(value=2), node) if shortened else node
