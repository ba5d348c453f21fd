"""What happens when NumPy meets a box: evaluate on plain values, and record how to pull the adjoint back."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from gradcheck.language import mark, tr
from gradcheck.oracles.autodiff.boxes import Box
from gradcheck.oracles.autodiff.compositions import composition_of, cumulative_logsumexp, logsumexp
from gradcheck.oracles.autodiff.rules import is_locally_constant, rule_of
from gradcheck.oracles.autodiff.selections import origins, pull_selected, selected_arguments
from gradcheck.oracles.autodiff.signatures import arranged
from gradcheck.oracles.autodiff.tape import Call, Node, Pull, Scatter

__all__ = ["boxes_in", "call_function", "call_ufunc", "evaluate", "gathered", "is_box", "read", "unboxed", "written"]

# What is refused, beside NumPy's own names.
LIKE_THIS = mark("{name} called like this ({error})")
BY_KEYWORD = mark("a traced value given by keyword to {name}")
STEERING = mark("a traced value that steers {name}")
WRITING = mark("writing into a plain array (out=, a += b)")
MASKED = mark("{name} with where= and without out=")
# A method of a ufunc is a function of its own; along the first axis unless told otherwise.
REDUCTIONS: dict[Any, Callable[..., Any]] = {
    np.add: np.sum,
    np.multiply: np.prod,
    np.maximum: np.max,
    np.minimum: np.min,
    np.logaddexp: logsumexp,
}
METHODS: dict[str, dict[Any, Callable[..., Any]]] = {
    "reduce": REDUCTIONS,
    "accumulate": {np.add: np.cumsum, np.logaddexp: cumulative_logsumexp},
}
COMPOSED = frozenset({logsumexp, cumulative_logsumexp})  # of several functions of NumPy

Select = Callable[[Any], Any]


def is_box(value: Any) -> bool:
    """Whether a value is a box (``isinstance`` sees only what the box passes for)."""
    return type(value) is Box


def call_ufunc(ufunc: np.ufunc, method: str, inputs: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """``__array_ufunc__`` of a box."""
    name, kwargs = f"np.{ufunc.__name__}", dict(kwargs)
    if method == "at":
        return _at(ufunc, inputs)
    if method == "outer":
        first, second = (gathered(item) for item in inputs)
        return ufunc(np.reshape(first, np.shape(first) + (1,) * np.ndim(second)), second)
    function = ufunc if method == "__call__" else METHODS.get(method, {}).get(ufunc)
    if function is None or ufunc.nout != 1:
        return getattr(ufunc, method)(*_plain(f"{name}.{method}", inputs), **unboxed(kwargs))
    (out,) = kwargs.pop("out", (None,))
    if method != "__call__":
        asked = {"axis": 0, **kwargs}
        found = function(*inputs, **asked) if function in COMPOSED else evaluate(function, inputs, asked)
        return _delivered(found, out)
    if kwargs.get("where", True) is not True:
        return _masked(ufunc, name, inputs, kwargs, out)
    return _delivered(evaluate(ufunc, inputs, kwargs), out)


def call_function(function: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """``__array_function__`` of a box."""
    kwargs = dict(kwargs)
    out = kwargs.pop("out", None)
    return _delivered(evaluate(function, args, kwargs), out)


def evaluate(function: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """A NumPy function of boxes."""
    args, kwargs = arranged(function, args, kwargs)
    name = f"np.{getattr(function, '__name__', function)}"
    try:
        composition = composition_of(function, kwargs)
        if composition is not None:
            return composition(*args, **kwargs)
    except NotImplementedError as error:
        _plain(LIKE_THIS, [*args, *kwargs.values()], name=name, error=str(error))
    moved = selected_arguments(function, args)
    if moved:
        return _Selection(function, args, kwargs, moved).result()
    _plain(BY_KEYWORD, list(kwargs.values()), name=name)
    args = [gathered(arg) for arg in args]
    traced = [(position, arg) for position, arg in enumerate(args) if _is_traced(arg)]
    plain = tuple(unboxed(arg) for arg in args)
    result = function(*plain, **unboxed(kwargs))
    if not traced or is_locally_constant(function):
        return _boxed(result, (), None)
    parts = result if isinstance(result, (list, tuple)) else [result]
    if not any(_kind(part) in "fc" for part in parts):
        return result
    pull = _pull_of(function, name, traced, plain, kwargs, result)
    return _boxed(result, [box for _, box in traced], pull, call=Call(function, args, kwargs))


def _pull_of(
    function: Any, name: str, traced: Sequence[tuple[int, Box]], plain: Any, kwargs: Any, result: Any
) -> Pull | None:
    tape = _nodes([traced[0][1]])[0].tape
    rule = rule_of(function) if _kind(result) == "f" else None
    if rule is None:
        tape.lose(tr("{operation} is not supported on a traced value", operation=name))
        return None
    try:
        return rule(tuple(position for position, _ in traced), result, plain, kwargs)
    except (TypeError, ValueError, AssertionError, NotImplementedError) as error:
        operation = tr(LIKE_THIS, name=name, error=error)
        tape.lose(tr("{operation} is not supported on a traced value", operation=operation))
        return None


def read(box: Box, index: Any) -> Any:
    """``box[index]``."""
    index = unboxed(index)
    value = box.current()[0]
    traced = [box] if _is_traced(box) else []

    def select(numbers: Any) -> Any:
        return numbers[index]

    call = Call("getitem", [box], {"index": index}, lambda: origins(lambda n: select(n[0]), [value.shape]))
    return _boxed(value[index], traced, lambda g: (Scatter(index, g),), box, select, call=call)


def written(box: Box, index: Any, new: Any) -> Box:
    """The array that ``box`` is after ``box[index] = new``."""
    index, new = unboxed(index), gathered(new)
    value, new_value = unboxed(box), unboxed(new)
    result = value.copy()
    result[index] = new_value
    traced = [item for item in (box, new) if _is_traced(item)]
    source = np.full(result.shape, -1)  # which entry of `new` an entry comes from
    source[index] = np.arange(np.size(new_value)).reshape(np.shape(new_value))

    def pull(g: Any) -> list[Any]:
        taken = source >= 0
        into = np.bincount(source[taken], weights=g[taken], minlength=np.size(new_value))
        return [np.where(taken, 0.0, g) if item is box else into.reshape(np.shape(new_value)) for item in traced]

    def entries() -> Any:
        numbers = np.arange(1, value.size + 1).reshape(value.shape) if _is_traced(box) else np.zeros(value.shape, int)
        into = source[source >= 0] + 1 + (value.size if _is_traced(box) else 0)
        numbers[source >= 0] = into if _is_traced(new) else 0
        return numbers

    call = Call("setitem", [box, new], {"index": index}, entries)
    return _boxed(result, traced, pull, call=call)  # type: ignore[no-any-return]


def gathered(value: Any) -> Any:
    """A list or tuple with boxes in it as one box; anything else as it is."""
    if type(value) in (list, tuple) and boxes_in(value):
        return evaluate(np.array, (value,), {})
    return value


def unboxed(value: Any) -> Any:
    """The value of a box; containers with boxes in them rebuilt with values."""
    if is_box(value):
        return value.current()[0]
    if type(value) is dict:
        return {name: unboxed(item) for name, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(unboxed(item) for item in value)
    return value


class _Selection:
    """A call that only moves entries of its arguments."""

    def __init__(self, function: Any, args: Sequence[Any], kwargs: Mapping[str, Any], moved: tuple[int, ...]) -> None:
        self._function, self._args, self._kwargs, self._moved = function, args, kwargs, moved
        self._boxes = [box for position in moved for box in boxes_in(args[position : position + 1])]
        self._traced = [box for box in self._boxes if _is_traced(box)]
        for position, arg in enumerate([*args, *kwargs.values()]):
            if position not in moved:
                _plain(STEERING, boxes_in(arg), name=f"np.{function.__name__}")

    def result(self) -> Any:
        """The moved entries, boxed."""
        plain = self._function(*unboxed(tuple(self._args)), **unboxed(self._kwargs))
        if isinstance(plain, (list, tuple)):
            return type(plain)(self._part(part, operator.itemgetter(n), n) for n, part in enumerate(plain))
        return self._part(plain, lambda found: found)

    def _part(self, part: Any, choose: Callable[[Any], Any], number: int | None = None) -> Any:
        def moving(numbers: Sequence[Any]) -> Any:
            return choose(self._rerun(self._traced, numbers))

        shapes = [np.shape(box) for box in self._traced]
        asked = self._kwargs if number is None else {**self._kwargs, "part": number}
        call = Call(self._function, self._args, asked, lambda: origins(moving, shapes))
        pull = pull_selected(moving, shapes)
        if len(self._boxes) != 1:
            return _boxed(part, self._traced, pull, call=call)
        show = lambda n: choose(self._rerun(self._boxes, [n]))  # noqa: E731
        return _boxed(part, self._traced, pull, self._boxes[0], show, call=call)

    def _rerun(self, boxes: Sequence[Box], numbers: Sequence[Any]) -> Any:
        """The same call on entry numbers; 0 wherever a number comes from elsewhere."""
        of = {id(box): array for box, array in zip(boxes, numbers, strict=True)}
        args = [
            _numbered(arg, of) if position in self._moved else unboxed(arg) for position, arg in enumerate(self._args)
        ]
        return self._function(*args, **{k: v for k, v in unboxed(self._kwargs).items() if k != "constant_values"})


def _numbered(value: Any, of: Mapping[int, Any]) -> Any:
    if type(value) in (list, tuple):
        return type(value)(_numbered(item, of) for item in value)
    if isinstance(value, str):  # a directive of np.r_
        return value
    return of[id(value)] if id(value) in of else np.zeros(np.shape(value), dtype=np.int64)


def _boxed(
    result: Any,
    traced: Sequence[Box],
    pull: Pull | None,
    source: Box | None = None,
    select: Select | None = None,
    *,
    call: Call | None = None,
) -> Any:
    """A floating result as a box: recorded if it depends on a parameter, a view if it shows ``source``'s entries."""
    if _kind(result) != "f":
        return result
    node = None
    if traced and pull is not None:
        parents = _nodes(traced)
        node = Node(parents[0].tape, np.shape(result), parents, pull)
        if node.tape.observer is not None and call is not None:
            node.tape.observer.note(node, result, call)
    if isinstance(result, np.ndarray):
        if source is not None and select is not None and np.may_share_memory(result, unboxed(source)):
            return source if result is unboxed(source) else source.showing(result, node, select)
        result.flags.writeable = False
    return Box(result, node)


def _delivered(result: Any, out: Any) -> Any:
    """The result, written to where the caller wanted it."""
    if out is None:
        return result
    if not is_box(out):
        (out[...],) = _plain(WRITING, [result])
        return out
    if not isinstance(unboxed(out), np.ndarray):  # x += 1 on a scalar: a new scalar
        return result
    if is_box(result) and np.shape(result) == np.shape(out):
        out.assign(result)
    else:
        out[...] = result
    return out


def _kind(result: Any) -> str:
    """The kind of number of an array or scalar; ``O`` for anything else."""
    return np.asarray(result).dtype.kind if isinstance(result, (np.ndarray, np.generic, float, complex)) else "O"


def _is_traced(value: Any) -> bool:
    return type(value) is Box and bool(value.current()[1])


def _nodes(boxes: Sequence[Box]) -> list[Node]:
    return [node for box in boxes if (node := box.current()[1]) is not None]


def boxes_in(value: Any) -> list[Box]:
    """All boxes in nested lists and tuples."""
    if is_box(value):
        return [value]
    return [box for item in value for box in boxes_in(item)] if type(value) in (list, tuple) else []


def _masked(ufunc: np.ufunc, name: str, inputs: Sequence[Any], kwargs: dict[str, Any], out: Any) -> Any:
    """A ufunc with ``where=``: outside the mask the result is what ``out`` held."""
    if out is None:
        return ufunc(*_plain(MASKED, inputs, name=name), **kwargs, out=None)
    mask = kwargs.pop("where")
    inside = evaluate(ufunc, [np.where(mask, item, 1.0) for item in inputs], kwargs)
    return _delivered(np.where(mask, inside, out), out)


def _at(ufunc: np.ufunc, inputs: Sequence[Any]) -> None:
    """``ufunc.at(array, index, ...)`` of constants."""
    target, *steering = _plain(f"np.{ufunc.__name__}.at", inputs)
    changed = np.array(target)
    ufunc.at(changed, *steering)
    inputs[0][...] = changed


def _plain(operation: str, values: Sequence[Any], **named: str) -> list[Any]:
    """The values of constants; traced ones refuse the operation."""
    for box in boxes_in(list(values)):
        box.plain(operation, **named)
    return [unboxed(value) for value in values]
