"""Functions alone, told apart by what they take and return, and by the names that they share; not by what they mean.

What it needs: a function that makes the parameters out of sizes (a dictionary, list or tuple of arrays), one that takes
them and one more argument (the forward pass), and one whose result has the form of the parameters (the gradients), or
a number and such a result (loss and gradients). An argument that has the name of another function's argument or result
is the same thing; one that nothing else explains is the targets. A third function of outputs and targets that returns
one number is the loss.
"""

from __future__ import annotations

import ast
import inspect
import itertools
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gradcheck.language import listed, tr
from gradcheck.submissions.interfaces.applying import apply_like
from gradcheck.submissions.interfaces.reading import returns_something, tree_of
from gradcheck.submissions.running.synthesis import Variant, role_of
from gradcheck.submissions.text.sites import RATE_NAME

__all__ = ["FunctionLoop", "is_arrays", "is_number", "required", "returned_names", "tried"]

Function = Callable[..., Any]
# What an initialiser may be called with.
SETTINGS = frozenset({"seed", "activation", "verbose", "regularisation"})


@dataclass(slots=True)
class FunctionLoop:
    """The lines of a training loop over the functions of a file.

    Parameters
    ----------
    functions : mapping of str to function
    variant : Variant
        Which data.

    Attributes
    ----------
    text, given : str, dict
        The lines, and the values that they name.
    name : str
        What the network is called: the function that returns the gradients.
    made : tuple
        Parameters and gradients, as the functions made them.
    """

    functions: Mapping[str, Function]
    variant: Variant
    text: str = ""
    given: dict[str, Any] = field(default_factory=dict)
    name: str = ""
    made: tuple[Any, Any] = (None, None)
    _known: dict[str, str] = field(default_factory=dict)
    _values: dict[str, Any] = field(default_factory=dict)

    def build(self) -> None:
        """Find out who is who.

        Raises
        ------
        LookupError
            What is lacking, in the file's own names.
        """
        inputs, targets = self.variant.data()
        self._values.update(_X=inputs, _Y=targets, learning_rate=0.1)
        init, call, params = self._initialiser()
        takers = {
            name: argument
            for name, function in self.functions.items()
            if name != init and (argument := self._params_argument(function, params)) is not None
        }
        if not takers:
            raise LookupError(tr("{init}() makes parameters, and no function takes them apart", init=init))
        self._values["_params"] = params
        lines = self._forward_first(takers, params) or self._loss_and_gradients(takers)
        self.given = {name: value for name, value in self._values.items() if name in ("_X", "_Y", "learning_rate")}
        self.given.update(_losses=[], _apply=apply_like)
        self.text = f"_params = {call}\nfor _epoch in range(3):\n" + "".join(f"    {line}\n" for line in lines)

    def _initialiser(self) -> tuple[str, str, Any]:
        """The function that makes arrays out of sizes alone."""
        v = self.variant
        sizes = (v.features, v.hidden, v.outputs)
        for name, function in self.functions.items():
            if not returns_something(function):  # ``main()``, which trains
                continue
            wanted = required(function)
            options = {p: 0 for p in inspect.signature(function).parameters if p not in wanted and role_of(p) == "seed"}
            for arguments in ((), sizes, ([*sizes],)):
                numbered = [p for p in wanted if role_of(p) not in SETTINGS]
                if len(arguments) != len(numbered):
                    continue
                given = dict(zip(numbered, arguments, strict=True))
                given.update({p: v.value(str(role_of(p))) for p in wanted if p not in given})
                made = tried(function, **given, **options)
                if is_arrays(made) and self._fits(made):
                    told = {**given, **options}
                    return name, f"{name}({', '.join(f'{key}={value!r}' for key, value in told.items())})", made
        raise LookupError(tr("no function makes parameters out of numbers of inputs, hidden units and outputs"))

    def _fits(self, made: Any) -> bool:
        """Whether the arrays are those of this orientation: the first of two dimensions starts from the features."""
        v = self.variant
        wide = [np.shape(a) for a in _arrays(made) if np.ndim(a) == 2]
        first = next((shape for shape in wide if v.features in shape and 1 not in shape), None)
        return first is not None and (first[1] == v.features) == v.columns

    def _params_argument(self, function: Function, params: Any) -> str | None:
        """The argument that a function takes apart as the parameters are made: by their keys, or by position."""
        tree = tree_of(function)
        keys = set(params) if isinstance(params, Mapping) else set(range(len(params)))
        for argument in required(function):
            read = {
                part.slice.value
                for part in ast.walk(tree)
                if isinstance(part, ast.Subscript)
                and isinstance(part.value, ast.Name)
                and part.value.id == argument
                and isinstance(part.slice, ast.Constant)
            }
            unpacked = any(
                isinstance(part, ast.Assign)
                and isinstance(part.value, ast.Name)
                and part.value.id == argument
                and isinstance(part.targets[0], (ast.Tuple, ast.List))
                and len(part.targets[0].elts) == len(keys)
                for part in ast.walk(tree)
            )
            if unpacked or (read and read <= keys and len(read) * 4 >= len(keys)):
                return argument
        return None

    # --- a forward pass, a loss, a backward pass --------------------------------------------------------------------

    def _forward_first(self, takers: Mapping[str, str], params: Any) -> list[str]:
        for name, argument in takers.items():
            others = [p for p in required(self.functions[name]) if p != argument]
            if len(others) != 1:
                continue
            result = tried(self.functions[name], **{argument: params, others[0]: self._values["_X"]})
            parts = list(result) if isinstance(result, tuple) else [result]
            if result is None or not any(self._is_output(part) or is_arrays(part) for part in parts):
                continue
            lines = self._after_forward(name, takers, {argument: "_params", others[0]: "_X"}, result)
            if lines:
                return lines
        return []

    def _after_forward(
        self, name: str, takers: Mapping[str, str], arguments: Mapping[str, str], result: Any
    ) -> list[str]:
        self._known = dict(arguments)
        parts = list(result) if isinstance(result, tuple) else [result]
        places = [f"_part{i}" for i in range(len(parts))] if isinstance(result, tuple) else ["_part0"]
        names = returned_names(self.functions[name])
        self._values.update(zip(places, parts, strict=True))
        self._known.update({n: place for n, place in zip(names, places, strict=False) if n.isidentifier()})
        outputs = [place for place, part in zip(places, parts, strict=True) if self._is_output(part)]
        inner = self._inner_outputs(parts, places)
        call = _call(name, arguments)
        lines = [f"{', '.join(places)}{',' if isinstance(result, tuple) and len(places) == 1 else ''} = {call}"]
        caches = [place for place, part in zip(places, parts, strict=True) if not isinstance(part, np.ndarray)]
        back = self._backward(name, takers, caches, outputs or inner)
        if back is None:
            return []
        loss = self._loss({name, self.name}, outputs or inner)
        return [*lines, *loss, *back]

    def _inner_outputs(self, parts: Sequence[Any], places: Sequence[str]) -> list[str]:
        """Outputs that stand in a dictionary that the forward pass returns; the last of them is the last computed."""
        found = []
        for part, place in zip(parts, places, strict=True):
            if isinstance(part, Mapping):
                found += [f"{place}[{key!r}]" for key, value in part.items() if self._is_output(value)]
                self._values.update({f"{place}[{key!r}]": value for key, value in part.items()})
                self._known.update({str(key): f"{place}[{key!r}]" for key in part if str(key).isidentifier()})
            elif isinstance(part, list) and part and self._is_output(part[-1]):
                found.append(f"{place}[-1]")
                self._values[f"{place}[-1]"] = part[-1]
        return found[-1:]

    def _is_output(self, part: Any) -> bool:
        v = self.variant
        shapes = {(v.outputs, v.batch) if v.columns else (v.batch, v.outputs)}
        return tried(np.shape, a=part) in (shapes | ({(v.batch,)} if v.outputs == 1 else set()))

    def _backward(
        self, forward: str, takers: Mapping[str, str], caches: Sequence[str], outputs: Sequence[str]
    ) -> list[str] | None:
        """The call of the function whose result has the form of the parameters, and its application."""
        for name, function in self.functions.items():
            if name == forward or len(required(function)) < 2:
                continue
            for bound in self._bindings(function, takers.get(name), caches, outputs):
                result = tried(function, **{key: self._value(place) for key, place in bound.items()})
                if self._is_gradient(result):
                    self.name, self.made = name, (self._values["_params"], result)
                    return [
                        f"_result = {_call(name, bound)}",
                        "_params = _apply(_params, _result, 1.0 * learning_rate)",
                    ]
        return None

    def _bindings(
        self, function: Function, params: str | None, caches: Sequence[str], outputs: Sequence[str]
    ) -> Iterator[dict[str, str]]:
        """What each argument may be: known by its name, else a cache, else the targets."""
        bound: dict[str, str] = {}
        open_: list[str] = []
        for argument in required(function):
            if argument == params:
                bound[argument] = "_params"
            elif argument in self._known and argument != params:
                bound[argument] = self._known[argument]
            else:
                open_.append(argument)
        fillers = ["_Y", *caches, *[o for o in outputs if o not in bound.values()]]
        if "_X" not in bound.values():
            fillers.append("_X")
        if len(open_) > min(3, len(fillers)):
            return
        for chosen in itertools.permutations(fillers, len(open_)):
            if "_Y" in (*chosen, *bound.values()):
                yield {**bound, **dict(zip(open_, chosen, strict=True))}

    def _is_gradient(self, result: Any) -> bool:
        params = self._values["_params"]
        if result is None or not is_arrays(result) or len(result) != len(params):
            return False
        if isinstance(params, Mapping) != isinstance(result, Mapping):
            return not isinstance(result, Mapping)
        return True

    def _loss(self, used: set[str], outputs: Sequence[str]) -> list[str]:
        """The call of the function of outputs and targets that returns one number, if there is one."""
        for name, function in self.functions.items():
            wanted = required(function)
            if name in used or len(wanted) != 2 or not outputs:
                continue
            output = next((self._known[a] for a in wanted if self._known.get(a) in outputs), outputs[-1])
            for bound in ({wanted[0]: output, wanted[1]: "_Y"}, {wanted[0]: "_Y", wanted[1]: output}):
                known = [a for a, place in bound.items() if not self._is_same(self._known.get(a, place), place)]
                result = tried(function, **{key: self._value(place) for key, place in bound.items()})
                if not known and is_number(result):
                    return [f"_loss = {_call(name, bound)}", "_losses.append(_loss)"]
        return []

    def _is_same(self, first: str, second: str) -> bool:
        """Whether two places hold the same thing: an output may stand in a cache, too."""
        return first == second or np.array_equal(self._values[first], self._values[second])

    def _value(self, place: str) -> Any:
        return self._values[place]

    # --- loss and gradients at once ---------------------------------------------------------------------------------

    def _loss_and_gradients(self, takers: Mapping[str, str]) -> list[str]:
        for name, argument in takers.items():
            function = self.functions[name]
            others = [p for p in required(function) if p != argument]
            if len(others) != 2:
                continue
            for pair in (("_X", "_Y"), ("_Y", "_X")):
                bound = {argument: "_params", **dict(zip(others, pair, strict=True))}
                result = tried(function, **{key: self._value(place) for key, place in bound.items()})
                if not isinstance(result, tuple) or len(result) != 2:
                    continue
                kinds = [is_number(part) for part in result]
                if sum(kinds) == 1 and self._is_gradient(result[kinds.index(False)]):
                    self.name, self.made = name, (self._values["_params"], result[kinds.index(False)])
                    told = ["_loss", "_result"] if kinds[0] else ["_result", "_loss"]
                    return [
                        f"{', '.join(told)} = {_call(name, bound)}",
                        "_losses.append(_loss)",
                        "_params = _apply(_params, _result, 1.0 * learning_rate)",
                    ]
        shown = listed(f"{name}()" for name in takers)
        raise LookupError(
            tr("none of {shown} returns something in the form of the parameters, given inputs and targets", shown=shown)
        )


def required(function: Function) -> list[str]:
    """The arguments that a function must be given; of a method all but the object.

    Parameters
    ----------
    function : callable
    """
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return []
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return [p.name for p in parameters if p.default is inspect.Parameter.empty and p.kind in kinds]


def returned_names(function: Function) -> list[str]:
    """The expressions of a function's last return statement.

    Parameters
    ----------
    function : callable
    """
    values = [n.value for n in ast.walk(tree_of(function)) if isinstance(n, ast.Return) and n.value is not None]
    if not values:
        return []
    return [ast.unparse(part) for part in (values[-1].elts if isinstance(values[-1], ast.Tuple) else [values[-1]])]


def is_arrays(value: Any) -> bool:
    """Whether a value is a dictionary, list or tuple of arrays of real numbers.

    Parameters
    ----------
    value : any
    """
    if not isinstance(value, (Mapping, list, tuple)) or not value:
        return False
    return all(isinstance(part, np.ndarray) and part.dtype.kind == "f" for part in _arrays(value))


def is_number(value: Any) -> bool:
    """Whether a value is one finite real number.

    Parameters
    ----------
    value : any
    """
    if isinstance(value, (bool, str, Mapping, list, tuple)) or getattr(value, "ndim", 0) > 0:
        return False
    try:
        return bool(np.isfinite(float(value)))
    except (TypeError, ValueError):
        return False


def _arrays(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, Mapping) else list(value)


def tried(function: Function, **arguments: Any) -> Any:
    """What a function returns; None where it raises.

    Parameters
    ----------
    function : callable
    arguments
        Of which it is given copies.
    """
    np.random.seed(0)
    try:
        return function(**{name: _copied(value) for name, value in arguments.items()})
    except Exception:
        return None


def _copied(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, dict):
        return {key: _copied(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_copied(part) for part in value) if type(value) in (list, tuple) else value
    return value


def _call(name: str, bound: Mapping[str, str]) -> str:
    return f"{name}({', '.join(f'{key}={place}' for key, place in bound.items())})"


def is_rate(function: types.FunctionType, argument: str) -> bool:
    """Whether an argument is a factor of what a function subtracts from something, or named like a learning rate.

    Parameters
    ----------
    function : function
    argument : str
    """
    if RATE_NAME.search(argument):
        return True
    updates = [
        n for n in ast.walk(tree_of(function)) if isinstance(n, ast.AugAssign) and isinstance(n.op, (ast.Sub, ast.Add))
    ]
    return bool(updates) and all(
        any(isinstance(part, ast.Name) and part.id == argument for part in ast.walk(update.value)) for update in updates
    )
