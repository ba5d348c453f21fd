"""A class that nobody uses, driven by what its methods do; not by what they are called.

What it needs: a class that can be made from sizes, and either a method of inputs and targets that returns a number and
gradients in the form of what the object holds, or a method of inputs that returns outputs and another one that changes
the object's arrays.
"""

from __future__ import annotations

import copy
import types
from collections.abc import Mapping
from typing import Any

import numpy as np

from gradcheck.language import listed, tr
from gradcheck.submissions.interfaces.applying import apply_gradients
from gradcheck.submissions.interfaces.functions import is_arrays, is_number, is_rate, required
from gradcheck.submissions.running.synthesis import Variant, role_of

__all__ = ["class_loop"]


def class_loop(kind: type, variant: Variant) -> tuple[str, dict[str, Any]]:
    """The lines of a training loop over an object of a class, and the values that they name.

    Parameters
    ----------
    kind : type
    variant : Variant
        Which data.

    Raises
    ------
    LookupError
        What is lacking, in the file's own names.
    """
    making, given, made = _instance(kind, variant)
    inputs, targets = variant.data()
    values = {"_X": inputs, "_Y": targets, "learning_rate": 0.1, "_losses": [], "_apply": apply_gradients, **given}
    methods = {
        name: method
        for base in reversed(kind.__mro__)
        for name, method in vars(base).items()
        if isinstance(method, types.FunctionType) and not name.startswith("__")
    }
    lines = _loss_and_gradients(made, methods, values) or _forward_and_learning(made, methods, values)
    if not lines:
        shown = listed(f"{name}()" for name in methods)
        raise LookupError(
            tr(
                "of {methods} none returns a number and gradients, given inputs and targets, and no two are a forward "
                "pass and a step that changes its arrays",
                methods=shown or tr("its methods"),
            )
        )
    return f"{making}\nfor _epoch in range(3):\n" + "".join(f"    {line}\n" for line in lines), values


def _instance(kind: type, variant: Variant) -> tuple[str, dict[str, Any], Any]:
    wanted = [] if kind.__init__ is object.__init__ else required(kind.__init__)[1:]  # type: ignore[misc]
    sizes = (variant.features, variant.hidden, variant.outputs)
    unknown = [name for name in wanted if variant.value(str(role_of(name))) is None]
    numbers = [name for name in wanted if name in unknown or role_of(name) in ("features", "hidden", "outputs")]
    for numbered, arguments in ((unknown, ()), (numbers, sizes), (unknown, ([*sizes],))):
        if len(numbered) != len(arguments):
            continue
        given = dict(zip(numbered, arguments, strict=True))
        given.update({name: variant.value(str(role_of(name))) for name in wanted if name not in given})
        np.random.seed(0)
        try:
            made = kind(**given)
        except Exception:  # noqa: S112 (other sizes may do)
            continue
        named = {f"_made_{name}": value for name, value in given.items()}
        call = ", ".join(f"{name}=_made_{name}" for name in given)
        return f"_net = {kind.__name__}({call})", named, made
    raise LookupError(tr("{kind}({wanted}) could not be made from sizes", kind=kind.__name__, wanted=", ".join(wanted)))


def _loss_and_gradients(made: Any, methods: Mapping[str, types.FunctionType], values: dict[str, Any]) -> list[str]:
    for name, method in methods.items():
        wanted = required(method)[1:]
        optional = [p for p in _optional(method) if role_of(p) == "targets"]
        pairs = wanted if len(wanted) == 2 else [*wanted, *optional[:1]]
        if len(pairs) != 2:
            continue
        result = _called(made, name, dict(zip(pairs, (values["_X"], values["_Y"]), strict=True)))
        if not isinstance(result, tuple) or len(result) != 2 or [is_number(p) for p in result] != [True, False]:
            continue
        holder = _holder(made, result[1])
        if holder is None:
            continue
        values["_names"] = list(result[1])
        return [
            f"_loss, _result = _net.{name}({pairs[0]}=_X, {pairs[1]}=_Y)",
            "_losses.append(_loss)",
            f"_apply(_net{holder}, _result, [], 1.0 * learning_rate)",
        ]
    return []


def _holder(made: Any, gradients: Any) -> str | None:
    """Where an object keeps what these are the gradients of: in itself, or in a dictionary of its own."""
    if not isinstance(gradients, Mapping) or not is_arrays(gradients):
        return None
    held = getattr(made, "__dict__", {})  # none with slots
    for name, value in held.items():
        if isinstance(value, dict) and set(value) >= set(gradients):
            return f".{name}"
    return "" if set(held) >= set(gradients) else None


def _forward_and_learning(made: Any, methods: Mapping[str, types.FunctionType], values: Mapping[str, Any]) -> list[str]:
    for forward, method in methods.items():
        taken = required(method)[1:]
        trial = copy.deepcopy(made)
        if len(taken) != 1 or not isinstance(_called(trial, forward, {taken[0]: values["_X"]}), np.ndarray):
            continue
        for name, other in methods.items():
            wanted = required(other)[1:]
            roles = {p: "_X" if p == taken[0] else ("learning_rate" if is_rate(other, p) else "_Y") for p in wanted}
            if name == forward or list(roles.values()).count("_Y") != 1:
                continue
            learned = copy.deepcopy(trial)
            _called(learned, name, {p: values[place] for p, place in roles.items()})
            if _changed(trial, learned):
                arguments = ", ".join(f"{p}={place}" for p, place in roles.items())
                return [f"_output = _net.{forward}({taken[0]}=_X)", f"_net.{name}({arguments})"]
    return []


def _changed(before: Any, after: Any) -> bool:
    """Whether any array of an object became another one of its shape."""
    first, second = _flat(getattr(before, "__dict__", {})), _flat(getattr(after, "__dict__", {}))
    return len(first) == len(second) and any(
        a.shape == b.shape and not np.array_equal(a, b) for a, b in zip(first, second, strict=True)
    )


def _flat(value: Any) -> list[Any]:
    if isinstance(value, np.ndarray):
        return [value] if value.dtype.kind == "f" else []
    if isinstance(value, Mapping):
        return [array for part in value.values() for array in _flat(part)]
    if isinstance(value, (list, tuple)):
        return [array for part in value for array in _flat(part)]
    return []


def _optional(method: types.FunctionType) -> list[str]:
    names = method.__code__.co_varnames[: method.__code__.co_argcount + method.__code__.co_kwonlyargcount]
    return [name for name in names[1:] if name not in required(method)]


def _called(made: Any, name: str, arguments: Mapping[str, Any]) -> Any:
    np.random.seed(0)
    try:
        return getattr(made, name)(**arguments)
    except Exception:
        return None
