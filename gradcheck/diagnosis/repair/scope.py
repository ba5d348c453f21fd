"""What the code could name at a line: variables with their values where known, constants, activations, helpers."""

from __future__ import annotations

import ast
import copy
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping

import libcst as cst
import numpy as np

from gradcheck.diagnosis.programs.program import Array, Forward, Trace
from gradcheck.diagnosis.repair.activations import Part, classify
from gradcheck.diagnosis.repair.bindings import (
    aliased,
    call_arguments,
    called_as,
    elements,
    first_bound,
    indices_in,
    intermediates_of,
    lists_in,
    names_used,
    read_from_module,
    small_functions,
    turning,
)
from gradcheck.diagnosis.repair.evaluate import Lookup, Unknown, evaluate
from gradcheck.diagnosis.repair.helpers import Helpers
from gradcheck.diagnosis.repair.instances import kept_for
from gradcheck.diagnosis.repair.names import (
    BACKWARD_NAME,
    ELEMENT,
    FORWARD_NAME,
    GRADIENT_NAME,
    KEYED,
    MODULES,
    PURE_NAME,
    fingerprint,
    keyed,
    last_part,
    targets_of,
)
from gradcheck.diagnosis.repair.sized import Sized
from gradcheck.diagnosis.repair.slopes import Slopes
from gradcheck.diagnosis.repair.syntax import Statement, Tree

__all__ = ["Scope"]


class Scope(Slopes, Sized, Helpers):
    """All that is known of a file's names.

    Parameters
    ----------
    tree : Tree
    sizes : mapping
        The problem's own sizes.
    trace : Trace, optional
        Values by name.
    forward : Forward, optional
        Lines that the loss depends on.
    parameters : mapping, optional
        The blocks' arrays by name.
    functions : mapping, optional
        The file's functions by name where they are not the tree's own: those of a changed text.
    """

    def __init__(
        self,
        tree: Tree,
        sizes: Mapping[str, float],
        trace: Trace | None,
        forward: Forward | None,
        parameters: Mapping[str, Array] | None = None,
        functions: Mapping[str, ast.FunctionDef] | None = None,
    ) -> None:
        self.tree, self.sizes = tree, sizes
        self.functions = tree.functions if functions is None else functions
        self.parameters = {last_part(name): array for name, array in (parameters or {}).items()}
        self.ran = frozenset(line for _function, line in trace.lines) if trace is not None else None
        self.forward_lines = forward.lines if forward is not None else None
        self._computed = frozenset(
            fingerprint(item.value)
            for item in (forward.values if forward is not None else ())
            if item.adjoint is not None
        )
        self.intermediates = intermediates_of(forward)
        self._bound: dict[int, list[Array]] = defaultdict(list)
        self._values: dict[tuple[str, str], list[tuple[int, int, Array]]] = defaultdict(list)
        self._anywhere: dict[str, Array] = {}
        self._last: dict[int, int] = {}
        self._moments: Mapping[int, int] = {}
        began: dict[tuple[str, int], int] = {}
        for event in trace.events if trace is not None else ():
            key = keyed(event.name)
            self._values[tree.function_at(event.line), key].append((event.order, event.line, event.value))
            self._anywhere[key] = event.value
            self._bound[event.line].append(event.value)
            self._last[event.line] = event.order
            began.setdefault((tree.function_at(event.line), event.call), event.order)
        self._began: dict[str, list[int]] = defaultdict(list)
        for (function, _call), order in began.items():
            self._began[function].append(order)
        given: dict[tuple[str, str], list[tuple[int, int, Array]]] = defaultdict(list)
        for event in trace.given if trace is not None else ():
            key = keyed(event.name)
            given[tree.function_at(event.line), key].append((event.order, 0, event.value))
            self._anywhere.setdefault(key, event.value)
        for place, values in given.items():
            self._values[place] = sorted([*values, *self._values[place]], key=lambda item: item[0])
        self._used = names_used(tree)
        self._anywhere.update(aliased(tree, self._used, self._anywhere))
        self._first_bound = first_bound(tree)
        self._turning = turning(tree)
        self._shared = read_from_module(tree, self._used, self._first_bound)
        self._containers = frozenset(
            name
            for name in {name for names in self._used.values() for name in names}
            if name in MODULES
            or (
                f"{name}[" in tree.text
                and name not in self._anywhere
                and re.search(rf"\b{re.escape(name)}\[['\"]", tree.text)
            )
        )
        self.helpers: dict[str, tuple[Part, ...]] = {
            name: parts for name, function in self.functions.items() if (parts := classify(function, self.functions))
        }
        self._by_name: dict[str, list[str]] = defaultdict(list)
        for qualified in tree.definitions:
            self._by_name[qualified.rpartition(".")[2]].append(qualified)
        self._gradients: dict[tuple[str, str], int | None] = {}
        self._small = frozenset(small_functions(self.functions))
        self._calls = call_arguments(tree, self._by_name)
        self._cache: dict[tuple[str, int, int], Array | None] = {}
        self._known: dict[tuple[str, int, int], Array | None] = {}
        self.callees = called_as(tree)
        self.actives = tuple(dict.fromkeys(self._actives()))

    # --- lines --------------------------------------------------------------------------------------------------

    def is_backward(self, statement: Statement) -> bool:
        """Whether a statement ran in a step and the loss does not depend on it, as far as is known."""
        lines = range(statement.line, statement.last + 1)
        if self.ran is not None and not any(line in self.ran for line in lines):
            return False
        if self.forward_lines is not None:
            return not any(line in self.forward_lines for line in lines) and not self._hands_on(statement)
        name = statement.function.rpartition(".")[2]
        first = None if PURE_NAME.search(name) else self._first_gradient(statement)
        if first is not None:  # forward and backward pass in one function
            return statement.line >= first
        if not statement.function or BACKWARD_NAME.search(name):
            return True
        return not FORWARD_NAME.search(name) and not any(part.what == "value" for part in self.helpers.get(name, ()))

    def _first_gradient(self, statement: Statement) -> int | None:
        """The first line of its function that binds what is named like a gradient."""
        key = (statement.owner, statement.function)
        if key not in self._gradients:
            lines = [
                other.line
                for other in self.tree.statements
                if (other.owner, other.function) == key
                and any(GRADIENT_NAME.search(self.tree.code(target)) for target in targets_of(other.node))
            ]
            self._gradients[key] = min(lines, default=None)
        return self._gradients[key]

    def _hands_on(self, statement: Statement) -> bool:
        """Whether a line of the forward pass leaves the computing to a function: ``A1 = sigmoid(Z1)``."""
        forward = self.forward_lines or frozenset()
        called = [
            self.tree.definitions[qualified][:2]
            for node in self.tree.expressions(statement)
            if isinstance(node, cst.Call)
            for qualified in self._by_name.get(self.tree.code(node.func).rpartition(".")[2], ())
        ]
        if not any(first <= line <= last for first, last in called for line in forward):
            return False
        lines = range(statement.line, statement.last + 1)
        return any(fingerprint(value) in self._computed for line in lines for value in self._bound.get(line, ()))

    @property
    def arrays(self) -> Iterator[Array]:
        """All that lines have bound, and functions were given."""
        return (value for events in self._values.values() for _order, _line, value in events)

    def turn(self, statement: Statement) -> int:
        """When a statement ran last; what bound nothing that was seen comes before all others."""
        return max((self._last.get(line, -1) for line in range(statement.line, statement.last + 1)), default=-1)

    # --- names --------------------------------------------------------------------------------------------------

    def names(self, statement: Statement) -> tuple[str, ...]:
        """Variables, attributes and elements that could be written in this statement, as elsewhere in scope."""
        own = dict(self._used.get((statement.owner, statement.function), {}))
        turns = elements(self.tree, statement)
        own.update(dict.fromkeys(turns))
        absent = self._turning[statement.owner, statement.function] - set(turns)
        if statement.function:
            parameters = self.tree.definitions.get(statement.function, (0, 0, ()))[2]
            own.update(dict.fromkeys(name for name in parameters if name not in ("self", "cls")))
            for key, names in self._used.items():  # elements by key of what is handed in: params["W2"]
                if key != (statement.owner, statement.function):
                    own.update(
                        dict.fromkeys(
                            name for name in names if KEYED.match(name) and name.partition("[")[0] in parameters
                        )
                    )
        if statement.owner:
            for (owner, _function), names in self._used.items():
                if owner == statement.owner:
                    own.update(dict.fromkeys(name for name in names if name.startswith("self.")))
        if statement.function:
            own.update(dict.fromkeys(self._shared))
        return tuple(
            name
            for name in own
            if name not in self._containers
            and not self._later(name, statement)
            and not absent.intersection(re.findall(r"\w+", name))
        )

    def _later(self, name: str, statement: Statement) -> bool:
        """Whether a local variable has no value yet at a statement; or none was seen where everything was watched."""
        if not name.isidentifier():
            return False
        first = self._first_bound.get((statement.owner, statement.function, name))
        if first is None:
            return False
        if first.line < statement.line:
            return False
        # What a loop of a function binds further down has no value in the first turn, but for what it is handed.
        own = statement.function and name not in self.tree.definitions.get(statement.function, (0, 0, ()))[2]
        return bool(own) or not set(first.loops) & set(statement.loops)

    def value(self, text: str, statement: Statement) -> Array | None:
        """The value of an expression at a statement, where it is known."""
        key = (text, statement.start, statement.end)
        if key not in self._cache:
            self._cache[key] = self._evaluated(text, statement)
        return self._cache[key]

    def with_functions(self, text: str, statement: Statement, functions: Mapping[str, ast.FunctionDef]) -> Array | None:
        """The value of a keyed expression at a statement if some functions of the file were others."""
        try:
            return self.worked_out(text, statement, functions)
        except (Unknown, TypeError, ValueError):
            return None

    def worked_out(
        self, text: str, statement: Statement, functions: Mapping[str, ast.FunctionDef] | None = None
    ) -> Array:
        """The same where somebody wants to know why not.

        Raises
        ------
        Unknown
            If it cannot be worked out; ``Impossible`` if its arrays do not fit each other.
        """
        known = Lookup(lambda name: self.remembered(name, statement))
        with np.errstate(all="ignore"):
            return np.asarray(evaluate(text, known, {**self.functions, **(functions or {})}), dtype=float)

    def bound_by(self, statement: Statement, name: str) -> list[Array]:
        """What a statement was seen to bind to a name, in the order of the run."""
        lines = range(statement.line, statement.last + 1)
        return [value for _order, line, value in self._values.get((statement.function, name), ()) if line in lines]

    def _evaluated(self, text: str, statement: Statement) -> Array | None:
        if isinstance(statement.node, cst.Assign) and text == self.tree.code(statement.node.value):
            target = keyed(self.tree.code(statement.node.targets[0].target))  # what the line gave it
            here = [event for event in self._values.get((statement.function, target), ()) if event[1] == statement.line]
            if here:
                return np.asarray(here[-1][2], dtype=float)
        return self.with_functions(keyed(text), statement, {})

    def shape(self, text: str, statement: Statement) -> tuple[int, ...] | None:
        """The shape of an expression at a statement, where it is known."""
        value = self.value(text, statement)
        return None if value is None else value.shape

    def remembered(self, name: str, statement: Statement) -> Array | None:
        """The same as ``known``, looked up once."""
        key = (name, statement.start, statement.end)
        if key not in self._known:
            self._known[key] = None  # what asks for itself on the way has no value
            self._known[key] = self.known(name, statement)
        return self._known[key]

    def known(self, name: str, statement: Statement) -> Array | None:
        """The value of a name, by the trace: the last one before the statement, in its own function if it has one."""
        events = self._values.get((statement.function, name))
        own = self._of_instance(name, statement)
        if own is not None and not any(line for _order, line, _value in events or ()):
            return own
        if events:
            moment = self._moment(statement)
            before = [event for event in events if (event[1] < statement.line if moment is None else event[0] < moment)]
            return (before or events)[-1][2]
        for caller, argument in self._calls.get((statement.function, name), ()):
            value = self.value(argument, caller) if caller is not statement else None
            if value is not None:
                return value
        if name in self._anywhere:
            return self._anywhere[name]
        found = self._element(name, statement)
        return self.parameters.get(last_part(name)) if found is None else found

    def _of_instance(self, name: str, statement: Statement) -> Array | None:
        """An attribute that other methods have bound, as the object has it whose method ran last."""
        if not statement.owner or not name.startswith("self."):
            return None
        kept = [
            (order, value)
            for (function, key), events in self._values.items()
            if key == name and function.startswith(f"{statement.owner}.")
            for order, line, value in events
            if line
        ]
        return kept_for(kept, self._began.get(statement.function, ()), self._moment(statement))

    def where_wrong(self, is_right: Callable[[Array], bool]) -> Scope:
        """The same with each line as it was when it first bound what is not right.

        From there on what it reads may be wrong for its own sake: an error that a loop hands to its next turn.

        Parameters
        ----------
        is_right : callable
            Whether a value is one that a right line binds.
        """
        moments: dict[int, int] = {}
        for events in self._values.values():
            for order, line, value in events:
                if line and order < moments.get(line, order + 1) and not is_right(value):
                    moments[line] = order
        other = copy.copy(self)
        other._moments, other._cache, other._known = moments, {}, {}  # noqa: SLF001 (of the same class)
        return other

    def _moment(self, statement: Statement) -> int | None:
        """When a statement ran last, or first went wrong: in a loop, all names are as they were in that turn."""
        lines = [line for line in range(statement.line, statement.last + 1) if line in self._last]
        if lines:
            return max(self._moments.get(line, self._last[line]) for line in lines)
        if not statement.loops:
            return None
        before = [  # it binds nothing that was seen: after what stands above it
            other.line
            for other in self.tree.statements
            if other.suite == statement.suite and other.line < statement.line and other.line in self._last
        ]
        above = max(before, default=statement.loops[-1][0])
        return self._last[above] + 1 if above in self._last else None

    def _element(self, name: str, statement: Statement) -> Array | None:
        """``W[i]`` by the value of ``i``."""
        match = re.fullmatch(r"([\w.]+)\[([^\[\]'\"]+)\]", name)
        if match is None or match.group(2).lstrip("-").isdigit():
            return None
        index = self.value(match.group(2), statement)
        if index is None or index.ndim or not float(index).is_integer():
            return None
        return self.known(f"{match.group(1)}[{int(index)}]", statement)

    def lists(self, statement: Statement) -> tuple[str, ...]:
        """Variables whose elements are used, or put in, in the statement's function, and lists that it is handed."""
        used = lists_in(self.tree, statement)
        handed = (name for function, name in self._values if function == statement.function and ELEMENT.match(name))
        given = self.tree.definitions.get(statement.function, (0, 0, ()))[2] if self.plain else ()
        bound = (name for name in self.names(statement) if name.isidentifier()) if self.plain else ()
        rows = (name for name in (*given, *bound) if len(self.shape(name, statement) or ()) > 0)
        return tuple(dict.fromkeys((*used, *(name.partition("[")[0] for name in handed), *rows)))

    def indices(self, statement: Statement) -> tuple[str, ...]:
        """Indices that the statement itself uses, then those that others use in the loops around it."""
        return indices_in(self.tree, statement)
