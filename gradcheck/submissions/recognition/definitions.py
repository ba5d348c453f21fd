"""Drives functions and classes that a submission defines and does not run, with data made for them.

For each a few lines are written that a learner would have written to train: call the training function; or loop over
forward pass, loss, backward pass and update. They run beside the submission and are watched as its own code is.
"""

from __future__ import annotations

import ast
import dataclasses
import functools
import inspect
import re
import textwrap
import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gradcheck.language import tr
from gradcheck.submissions.interfaces.applying import apply_gradients
from gradcheck.submissions.interfaces.flat_function import flat_loop
from gradcheck.submissions.interfaces.functions import FunctionLoop, is_arrays
from gradcheck.submissions.interfaces.objects import class_loop
from gradcheck.submissions.recognition.outputs_meant import Outputs, outputs_meant
from gradcheck.submissions.running.importing import is_own
from gradcheck.submissions.running.loading import Loaded
from gradcheck.submissions.running.synthesis import ROLES, Variant, arguments_for, role_of, variants
from gradcheck.submissions.text.sites import LOSS_NAME

__all__ = ["Plan", "plans", "plans_of"]

# Large enough that activations bend, small enough that they do not saturate.
WEIGHT_SCALE = 0.5
BACKWARD = re.compile(r"back|grad|bprop|r[eé]tro|r(ue|ü)ck|反向|梯度", re.IGNORECASE)
FORWARD = re.compile(
    r"^(?!.*(back|loss|grad)).*(forw|feed|predict|propag|avan[ct]|vorw|前向|infer|hypothesis|^model$)", re.IGNORECASE
)
UPDATE = re.compile(r"update|apply|descen|^step$|aktualis|actualis|mise_?a_?jour|更新", re.IGNORECASE)
INITIALISE = re.compile(r"init|create|make|build|random_p|cr[eé]er|erzeug|初始", re.IGNORECASE)
NOT_A_LOSS = re.compile(r"deriv|grad|prime|back|^d_|delta|plot|导", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Plan:
    """Lines to run for one variant, the values that they name, and what the network is called."""

    name: str
    text: str
    given: dict[str, Any] = field(default_factory=dict)
    outputs: int = 0


def plans(loaded: Loaded, sizes: Mapping[str, int] | None = None) -> Iterator[tuple[str, list[Plan] | str]]:
    """For each thing that could be driven: its name, and a plan a variant, or what it lacks."""
    module = loaded.module
    entered, loops = loaded.runtime.entered, loaded.runtime.loops
    waiting = {loop.function for number, loop in enumerate(loops) if number not in entered}
    functions = {name: value for name, value in vars(module).items() if isinstance(value, types.FunctionType)}
    classes = {name: value for name, value in vars(module).items() if isinstance(value, type) and is_own(value)}
    told, sizes = sizes, _with_outputs(loaded, sizes)
    for name, function in functions.items():
        if name in waiting:
            yield name, _each(functools.partial(_call, name, function), sizes)
    for name, kind in classes.items():
        for method in vars(kind):
            if f"{name}.{method}" in waiting and not BACKWARD.search(method):
                yield f"{name}.{method}", _each(functools.partial(_call_method, kind, method), sizes)
    for name, kind in classes.items():
        if any(BACKWARD.search(method) for method in vars(kind)):
            yield name, _each(functools.partial(_class_loop, kind, functions), sizes)
    if any(BACKWARD.search(name) for name in functions):
        yield "the functions", _own_data(functions, vars(module), sizes, ask=not told)
    yield from _plans_by_form(loaded, functions, classes, sizes)


def _with_outputs(loaded: Loaded, sizes: Mapping[str, int] | None) -> Mapping[str, int] | None:
    """One output where the file says so: code for one may be wrong for several."""
    if (sizes and "outputs" in sizes) or outputs_meant(loaded.source.tree) is not Outputs.ONE:
        return sizes
    return {**(sizes or {}), "outputs": 1}


def _own_data(
    functions: Mapping[str, Any], space: Mapping[str, Any], sizes: Mapping[str, int] | None, *, ask: bool
) -> Any:
    """With parameters and data that the file holds and only compares, if it has them; else with made ones."""
    named = {role_of(name): value for name, value in space.items() if not name.startswith("_")}
    params, data = named.get("params"), (named.get("inputs"), named.get("targets"))
    if ask and isinstance(params, dict) and is_arrays(params) and all(isinstance(a, np.ndarray) for a in data):
        variant = next(variants())
        held = {name: array.copy() for name, array in params.items()}  # the file's own stay as they are
        made = _function_loop(functions, variant, {"_made": held, "_X": data[0], "_Y": data[1]})
        if isinstance(made, Plan):
            return [dataclasses.replace(made, outputs=variant.outputs)]
    return _each(functools.partial(_function_loop, functions), sizes)


def _plans_by_form(
    loaded: Loaded, functions: Mapping[str, Any], classes: Mapping[str, type], sizes: Mapping[str, int] | None
) -> Iterator[tuple[str, list[Plan] | str]]:
    """What names do not tell."""
    if functions:
        made = _each(functools.partial(_by_form, loaded, functions), sizes)
        yield tr("the functions, by what they take and return"), made
        yield tr("the functions of one vector"), _each(functools.partial(_of_a_vector, loaded, functions), sizes)
    for name, kind in classes.items():
        yield (
            tr("{name}, by what its methods do", name=name),
            _each(functools.partial(_object_by_form, loaded, kind), sizes),
        )


def plans_of(loaded: Loaded, function: str, sizes: Mapping[str, int] | None = None) -> list[Plan]:
    """Plans that call one training function or method, at general sizes; none when it takes no data."""
    owner, _, method = function.rpartition(".")
    found = vars(loaded.module).get(owner or method)
    if isinstance(found, types.FunctionType) and inspect.signature(found).parameters:
        made = _each(functools.partial(_call, method, found), sizes)
    elif isinstance(found, type) and isinstance(vars(found).get(method), types.FunctionType):
        made = _each(functools.partial(_call_method, found, method), sizes)
    else:
        return []
    return made if isinstance(made, list) else []


def _each(make: Callable[[Variant], Plan | str], sizes: Mapping[str, int] | None) -> list[Plan] | str:
    made = [(make(variant), variant) for variant in variants(sizes)]
    usable = [dataclasses.replace(plan, outputs=v.outputs) for plan, v in made if isinstance(plan, Plan)]
    return usable or next((plan for plan, _ in made if isinstance(plan, str)), "nothing")


def _by_form(loaded: Loaded, functions: Mapping[str, Any], variant: Variant) -> Plan | str:
    """Functions whose form alone says what they are."""
    loop = FunctionLoop(functions, variant)
    try:
        with loaded.runtime.aside():
            loop.build()
    except LookupError as lack:
        return str(lack.args[0])
    return Plan(loop.name, loop.text, loop.given)


def _of_a_vector(loaded: Loaded, functions: Mapping[str, Any], variant: Variant) -> Plan | str:
    """Functions of all parameters in one vector."""
    try:
        with loaded.runtime.aside():
            name, text, given = flat_loop(functions, variant)
    except LookupError as lack:
        return str(lack.args[0])
    return Plan(name, text, given)


def _object_by_form(loaded: Loaded, kind: type, variant: Variant) -> Plan | str:
    """A class whose methods' doing alone says what they are."""
    try:
        with loaded.runtime.aside():
            text, given = class_loop(kind, variant)
    except LookupError as lack:
        return str(lack.args[0])
    return Plan(kind.__name__, text, given)


def _call(name: str, function: Any, variant: Variant) -> Plan | str:
    bound = arguments_for(function, variant, {})
    if isinstance(bound, str):
        return tr("its argument {bound!r} is not known", bound=bound)
    return Plan(name, f"{name}({bound[0]})\n", bound[1])


def _call_method(kind: type, method: str, variant: Variant) -> Plan | str:
    made = _instance(kind, variant)
    bound = arguments_for(getattr(kind, method), variant, {}, skip_self=True)
    if isinstance(made, str) or isinstance(bound, str):
        return tr("the argument {name} is not known", name=made if isinstance(made, str) else repr(bound))
    renamed = {f"{key}_call": value for key, value in bound[1].items()}
    text = bound[0]
    for key in bound[1]:
        text = re.sub(rf"\b{key}\b", f"{key}_call", text)
    return Plan(kind.__name__, f"{made[0]}_net.{method}({text})\n", {**made[1], **renamed})


def _instance(kind: type, variant: Variant) -> tuple[str, dict[str, Any]] | str:
    if kind.__init__ is object.__init__:  # type: ignore[misc]
        return f"_net = {kind.__name__}()\n", {}
    bound = arguments_for(kind.__init__, variant, {}, skip_self=True)  # type: ignore[misc]
    return bound if isinstance(bound, str) else (f"_net = {kind.__name__}({bound[0]})\n", bound[1])


def _class_loop(kind: type, functions: Mapping[str, Any], variant: Variant) -> Plan | str:
    """``forward``, the loss if there is one, ``backward``, and the update if ``backward`` does none."""
    made = _instance(kind, variant)
    if isinstance(made, str):
        return tr("the argument {name!r} of {kind}() is not known", name=made, kind=kind.__name__)
    methods = {name: value for name, value in vars(kind).items() if isinstance(value, types.FunctionType)}
    found = _roles(methods)
    if "backward" in found and _is_per_sample(methods[found["backward"]]):
        variant = dataclasses.replace(variant, batch=1)
    if "forward" not in found:
        return tr("it has no forward pass that could be told by its name")
    script = _Script(variant, {**_common(variant), **made[1]})
    try:
        script.forward("_net.", found["forward"], methods)
        if "loss" in found:
            script.loss("_net.", found["loss"], methods)
        elif "loss" in _roles(functions):
            script.loss("", _roles(functions)["loss"], functions)
        script.backward("_net.", found, methods, "_net")
    except LookupError as lack:
        return str(lack.args[0])
    return Plan(kind.__name__, made[0] + script.text, script.given)


def _function_loop(functions: Mapping[str, Any], variant: Variant, own: Mapping[str, Any] | None = None) -> Plan | str:
    """The parameter dictionary's functions: initialise, forward, loss, backward, update; ``own``: of the file."""
    found = _roles(functions)
    lacks = {
        "forward": tr("no forward pass could be told by its name"),
        "backward": tr("no backward pass could be told by its name"),
    }
    for role, lack in lacks.items():
        if role not in found:
            return lack
    script = _Script(variant, {**_common(variant), **(own or {})})
    try:
        start = script.parameters(found, functions)
        script.forward("", found["forward"], functions)
        if "loss" in found:
            script.loss("", found["loss"], functions)
        script.backward("", found, functions, "_params")
    except LookupError as lack:
        return str(lack.args[0])
    return Plan(found["backward"], start + script.text, script.given)


def _common(variant: Variant) -> dict[str, Any]:
    inputs, targets = variant.data()
    return {"_X": inputs, "_Y": targets, "learning_rate": 0.1, "_losses": [], "_apply": apply_gradients}


def _roles(space: Mapping[str, Any]) -> dict[str, str]:
    """Which function does what, by name; the first that fits."""
    found: dict[str, str] = {}
    for name in space:
        if name.startswith("__"):
            continue
        if BACKWARD.search(name) and not UPDATE.search(name):
            found.setdefault("backward", name)
        elif LOSS_NAME.search(name) and not NOT_A_LOSS.search(name):
            found.setdefault("loss", name)
        elif FORWARD.search(name):
            if "predict" not in name.lower() or "forward" not in found:
                found["forward"] = found.get("forward", name) if "predict" in name.lower() else name
        elif UPDATE.search(name):
            found.setdefault("update", name)
        elif INITIALISE.search(name):
            found.setdefault("init", name)
    return found


class _Script:
    """The lines of one turn of a training loop, as they are written; a ``LookupError`` says what is not known."""

    def __init__(self, variant: Variant, given: dict[str, Any]) -> None:
        self._variant, self.given = variant, given
        self._known = {"inputs": "_X", "targets": "_Y", "rate": "learning_rate"}
        self._lines: list[str] = []

    @property
    def text(self) -> str:
        """The whole loop."""
        return "for _epoch in range(3):\n" + "".join(f"    {line}\n" for line in self._lines)

    def parameters(self, found: Mapping[str, str], functions: Mapping[str, Any]) -> str:
        """The line that makes the parameter dictionary."""
        self._known["params"] = "_params"
        if "_made" in self.given:
            return "_params = _made\n"
        if "init" in found:
            known, self._known = self._known, {}
            call = self._call("", found["init"], functions)
            self._known = known
            return f"_params = {call}\n"
        made = _made_parameters(functions[found["forward"]], self._variant)
        if made is None:
            raise LookupError(tr("no function makes its parameters"))
        self.given["_made"] = made
        return "_params = _made\n"

    def forward(self, prefix: str, name: str, space: Mapping[str, Any]) -> None:
        """Call the forward pass, and learn what it returns under which names."""
        call, returned = self._call(prefix, name, space, rest="_X"), _returned(space[name])
        self._known.update(output="_output", outputs="_output")
        if len(returned) < 2:
            self._lines.append(f"_output = {call}")
            self._known["cache"] = "_output"
            return
        parts = [f"_part{i}" for i in range(len(returned))]
        roles = ["cache" if text[:1] in "{[(" else role_of(text) for text in returned]
        self._known.update({text: part for text, part in zip(returned, parts, strict=True) if text.isidentifier()})
        caches = [part for part, role in zip(parts, roles, strict=True) if role == "cache"]
        others = [part for part, role in zip(parts, roles, strict=True) if role not in ("cache", "params")]
        if caches:
            self._known["cache"] = caches[0]
        output = (others[0] if caches else others[-1]) if others else parts[0]
        self._lines.append(f"{', '.join(parts)} = {call}")
        self._lines.append(f"_output = {output}[-1] if isinstance({output}, list) else {output}")

    def loss(self, prefix: str, name: str, space: Mapping[str, Any]) -> None:
        """Call the loss, and record it."""
        self._lines += [f"_loss = {self._call(prefix, name, space)}", "_losses.append(_loss)"]

    def backward(self, prefix: str, found: Mapping[str, str], space: Mapping[str, Any], owner: str) -> None:
        """Call the backward pass, and descend if it does not do so itself."""
        name = found["backward"]
        self._lines.append(f"_result = {self._call(prefix, name, space)}")
        returned = _returned(space[name])
        if "update" in found:
            self._known["grads"] = "_result"
            if len(returned) > 1:
                self._known.update({text: f"_result[{i}]" for i, text in enumerate(returned) if text.isidentifier()})
            try:
                call = self._call(prefix, found["update"], space)
            except LookupError:
                pass
            else:
                self._lines.append(call if prefix else f"{owner} = {call} or {owner}")
                return
        if not any(RATE_ARGUMENT.search(argument) for argument in inspect.signature(space[name]).parameters):
            self._lines.append(f"_apply({owner}, _result, {returned!r}, 1.0 * learning_rate)")

    def _call(self, prefix: str, name: str, space: Mapping[str, Any], *, rest: str = "") -> str:
        """The text of a call; ``rest`` is for one argument of unknown name, if nothing else stands for it."""
        bound = arguments_for(space[name], self._variant, self._known, skip_self=bool(prefix))
        if isinstance(bound, str) and rest:
            known = {**self._known, bound: rest}
            tried = arguments_for(space[name], self._variant, known, skip_self=bool(prefix))
            bound = bound if isinstance(tried, str) or tried[0].count(rest) > 1 else tried
        if isinstance(bound, str):
            raise LookupError(tr("the argument {bound!r} of {name}() is not known", bound=bound, name=name))  # noqa: TRY004 (a name, not a type)
        self.given.update(bound[1])
        return f"{prefix}{name}({bound[0]})"


RATE_ARGUMENT = next(pattern for role, pattern in ROLES if role == "rate")


def _returned(function: Any) -> list[str]:
    """The expressions of a function's last return statement."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):
        return []
    values = [node.value for node in ast.walk(tree) if isinstance(node, ast.Return) and node.value is not None]
    if not values:
        return []
    return [ast.unparse(part) for part in (values[-1].elts if isinstance(values[-1], ast.Tuple) else [values[-1]])]


def _is_per_sample(backward: Any) -> bool:
    """Whether a backward pass knows of no batch: it sums over none, and no size is asked for."""
    try:
        source = inspect.getsource(backward)
    except (OSError, TypeError):
        return False
    return not re.search(
        r"sum|mean|einsum|ones|average|\.shape|\.size\b|\blen\(x|/ ?[mnN]\b|batch", source, re.IGNORECASE
    )


def _made_parameters(forward: Any, variant: Variant) -> dict[str, Any] | None:
    """Parameters for the keys that a forward pass reads: ``W1``, ``b1``, ..."""
    try:
        source = inspect.getsource(forward)
    except (OSError, TypeError):
        return None
    keys = sorted(set(re.findall(r"\[['\"]([A-Za-z_]+?\d)['\"]\]", source)))
    depth = len({key[-1] for key in keys})
    if not keys or depth < 1:
        return None
    sizes = [variant.features, *([variant.hidden + i for i in range(depth - 1)]), variant.outputs]
    rng = np.random.default_rng(12)
    made = {}
    for key in keys:
        level = int(key[-1])
        if not 1 <= level <= depth:
            return None
        shape = (sizes[level - 1], sizes[level]) if key[0].lower() in "wtvu" else (1, sizes[level])
        made[key] = WEIGHT_SCALE * rng.standard_normal(shape[::-1] if variant.columns else shape)
    return made
