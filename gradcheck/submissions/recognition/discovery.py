"""Finds every network of a submission, in the child, from the surest reading to the least sure.

First the file's own ``gradcheck_problem`` or the adapter; else the training loops that the program runs by itself; then
those of functions that it defines and does not call; then, if there is none at all, functions and classes alone, with
data made for them.
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
import types
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gradcheck.errors import GradcheckError
from gradcheck.language import mark, tr
from gradcheck.submissions.interfaces.applying import GradientShapeError
from gradcheck.submissions.interfaces.flat_vector import watch_optimisers
from gradcheck.submissions.interfaces.sketching import sketch
from gradcheck.submissions.network import Network, Unrecognised
from gradcheck.submissions.recognition import adapter as adapters
from gradcheck.submissions.recognition import definitions, training_loop
from gradcheck.submissions.recognition.callers import name_of
from gradcheck.submissions.running.importing import is_own
from gradcheck.submissions.running.loading import Loaded, Loader, explain, is_theirs
from gradcheck.submissions.running.looking import Capture, Looked
from gradcheck.submissions.text.source import Source

__all__ = ["Discovery"]

MAX_NETWORKS = 16
MADE = mark("with data that gradcheck made for it, whose shapes are gradcheck's: {lacks}")


class Discovery:
    """One submission's networks, presented one by one.

    Parameters
    ----------
    source : Source
    present : callable
        ``present(network)`` returns when the network has been dealt with.
    adapter : Path, optional
    sizes : mapping, optional
        For what is driven with data that gradcheck makes.
    watched : bool
        As for ``Loader``; what its author tells how to drive needs no watching.
    """

    def __init__(
        self,
        source: Source,
        present: Callable[[Network], None],
        adapter: Path | None = None,
        sizes: Mapping[str, int] | None = None,
        *,
        watched: bool = True,
    ) -> None:
        self._source, self._present, self._adapter, self._sizes = source, present, adapter, dict(sizes or {})
        self._seen: set[Any] = set()
        self._lacks: list[Unrecognised] = []
        self._unsure: dict[str, Unrecognised] = {}
        self._driven: str | None = None
        self._wants_sketch = False
        self._functions: set[str] = set()
        own = any(isinstance(node, ast.FunctionDef) and node.name == "gradcheck_problem" for node in source.tree.body)
        self._told = adapter is not None or own
        self._loader = Loader(source, self._on_loop, watched=watched or not self._told)
        self._loaded: Loaded = self._loader.loaded
        self.instrumented = self._loader.instrumented

    def run(self, keywords: dict[str, Any]) -> dict[str, Any]:
        """Run the program and present what it holds; what remains to be said is returned."""
        if not self._told:
            watch_optimisers(self._source.text, self._present_optimised)
        self._loader.run()
        self._wants_sketch = keywords.get("sketch") is True
        self._loaded.runtime.driving = True
        chosen = adapters.own_problem(self._loaded.module, self._adapter, keywords)
        if chosen is not None:
            self._present(chosen)
            return self._outcome()
        self._loaded.runtime.driving = False
        self._call_unused()
        if not self._seen:
            self._drive_definitions()
        else:
            self._drive_at_other_sizes()
        return self._outcome()

    def _on_loop(self, capture: Capture) -> Looked:
        name = self._driven or name_of(str(self._source.path))
        found = self._study(capture, name)
        if isinstance(found, Unrecognised) and found.unsure:
            self._unsure[found.where] = found
            return Looked.PASSED
        if isinstance(found, Unrecognised):
            self._lacks.append(found)
            outermost = self._loaded.runtime.depth <= 1  # inside another loop, that one may be the training loop
            return Looked.REFUSED if outermost else Looked.PASSED
        if found is None:
            return Looked.PASSED
        if not self._told and len(self._seen) < MAX_NETWORKS:
            self._present_new(found, capture)
        return Looked.CAPTURED

    def _present_optimised(self, found: Network) -> None:
        """What is handed to an optimiser, once for each function; other data, another vector are the same network."""
        if len(self._seen) >= MAX_NETWORKS or (found.name, found.loss) in self._seen:
            return
        self._seen.add((found.name, found.loss))
        with self._loaded.runtime.aside():
            self._present(found)

    def _study(self, capture: Capture, name: str) -> Network | Unrecognised | None:
        """What a loop is; a step that cannot run alone is left to the program's own run, which shows why."""
        wrong_shape = False
        try:
            return training_loop.recognise(self._loaded.runtime, capture, name, own_use=self._driven is None)
        except GradcheckError as error:
            lacks, wrong_shape = str(error), isinstance(error, GradientShapeError)
        except SystemExit as error:
            lacks = explain(error, self._source)
            self._loaded.exits.append(lacks)
        except BaseException as error:
            lacks = explain(error, self._source)
            if not is_theirs(error):
                lacks = tr("gradcheck could not study it, by an internal error of its own: {lacks}", lacks=lacks)
        if self._driven is not None:
            lacks = tr(MADE, lacks=lacks)
        where = name or tr("the loop in line {line}", line=capture.loop.line)
        self._lacks.append(Unrecognised(where=where, lacks=lacks, wrong_shape=wrong_shape))
        return None

    def _present_new(self, found: Network, capture: Capture) -> None:
        own_use = self._driven is None
        shapes = tuple(block.shape for block in found.problem.blocks)
        key = (own_use, capture.number, found.name, shapes, _options(capture))
        if key in self._seen:
            return
        self._seen.add(key)
        if own_use:
            self._functions.add(capture.loop.function)
        self._present(dataclasses.replace(found, own_use=own_use, function=capture.loop.function))

    def _call_unused(self) -> None:
        """Training functions that need no argument and were not called."""
        entered = self._loaded.runtime.entered
        loops = self._loaded.runtime.loops
        waiting = {loop.function for number, loop in enumerate(loops) if number not in entered}
        for name, function in list(vars(self._loaded.module).items()):
            if name not in waiting or not isinstance(function, types.FunctionType) or _needs_arguments(function):
                continue
            np.random.seed(0)
            try:
                function()
            except BaseException as error:
                self._loaded.problems.append(f"{name}(): {explain(error, self._source)}")

    def _drive_definitions(self) -> None:
        """Functions and classes alone."""
        for name, found in definitions.plans(self._loaded, self._sizes):
            if isinstance(found, str):
                self._lacks.append(Unrecognised(where=name, lacks=found))
                continue
            before = len(self._lacks)
            error = self._try(found)
            if error is None and self._sizes:
                return
            if error is None:
                self._try([plan for plan in found if plan.outputs == 1])
                return
            if error and len(self._lacks) == before:
                lacks = tr(
                    "with data that gradcheck made for it, whose shapes are gradcheck's, it raises {error}", error=error
                )
                self._lacks.append(Unrecognised(where=name, lacks=lacks))

    def _drive_at_other_sizes(self) -> None:
        """What the program trains, once more with other numbers of samples, features and outputs."""
        for function in sorted(self._functions):
            self._try(definitions.plans_of(self._loaded, function, self._sizes))

    def _try(self, found: list[definitions.Plan]) -> str | None:
        """Run plans until one presents a network (None); otherwise what the last one raised."""
        before, seen, error = len(self._lacks), len(self._seen), ""
        try:
            for plan in found:
                self._driven = plan.name
                np.random.seed(self._sizes.get("seed", 0))
                self._loaded.runtime.looks.clear()  # other data, another try
                try:
                    self._loader.run_beside(plan.text, plan.given)
                except BaseException as raised:
                    error = explain(raised, self._source)
                if len(self._seen) > seen:
                    return None
                told = self._lacks[before:]
                self._lacks[before:] = [item for item in told if item.wrong_shape][:1] or told[-1:]
        finally:
            self._driven = None
        return error

    def _outcome(self) -> dict[str, Any]:
        module = self._loaded.module
        told = {item.where for item in self._lacks}
        lacks = [*(item for item in self._unsure.values() if item.where not in told), *self._lacks]
        return {
            "problems": self._loaded.problems[:20],
            "crashed": self._loaded.crashed,
            "lacks": [{"where": item.where, "lacks": item.lacks} for item in lacks[:20]],
            "missing": list(self._loaded.missing),
            "missing_data": self._loaded.missing_data[:20],
            "exits": self._loaded.exits[:1],
            "traceback": self._loaded.traceback[:40],
            "forbidden": list(self._loaded.forbidden)[:10],
            "names": adapters.names_of(module),
            **({"sketch": sketch(self._loaded)} if self._wants_sketch else {}),
        }


def _needs_arguments(function: types.FunctionType) -> bool:
    return any(
        parameter.default is inspect.Parameter.empty
        and parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
        for parameter in inspect.signature(function).parameters.values()
    )


def _options(capture: Capture) -> tuple[str, ...]:
    """Strings that choose what the network computes (an activation, a loss): other choices are another network."""
    found = []
    for cell in getattr(capture.step, "__closure__", None) or ():
        try:
            value = cell.cell_contents
        except ValueError:
            continue
        if isinstance(value, str):
            found.append(value)
        elif is_own(type(value)) and hasattr(value, "__dict__"):  # slots and named tuples have none
            found += [item for item in vars(value).values() if isinstance(item, str)]
    return tuple(found)
