"""A draft as a file: the functions or the class that an assignment declares, or a script with a training."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from gradcheck.grading.self_test.body import Body, UnwritableError, variable
from gradcheck.grading.self_test.draft import Draft
from gradcheck.grading.self_test.initial import drawn
from gradcheck.grading.self_test.library import IMPORT, Library
from gradcheck.grading.self_test.patterns import flat, merged
from gradcheck.grading.self_test.script import Script
from gradcheck.submissions.declared.forms import Form
from gradcheck.submissions.declared.interface import Call, Interface, Pattern, Place, Style, is_opaque
from gradcheck.submissions.declared.plans import reading, structure

__all__ = ["write_file"]

INSTANCE, MODULE = "self", "module"
KEPT = "self.kept"
# Values of a caller that a class keeps when it is made, where methods may want them.
SETTINGS = ("learning_rate", "l2", "epochs", "seed")
STEPPING = ("update", "train")


def write_file(draft: Draft, form: Form, interface: Interface) -> str:
    """The program's text.

    Parameters
    ----------
    draft : Draft
    form : Form
        Of its arrays.
    interface : Interface
        Whose calls it answers; of the style ``recognised`` none.

    Raises
    ------
    UnwritableError
        If a declared call cannot be answered by what it is given.
    """
    if interface.style is Style.RECOGNISED:
        return Script(draft, form).text()
    if interface.style is Style.ADAPTER:
        raise UnwritableError("what an adapter drives only the adapter knows: nothing declares its functions")
    return _File(draft, form, interface).text()


class _File:
    def __init__(self, draft: Draft, form: Form, interface: Interface) -> None:
        self._draft, self._form, self._interface = draft, form, interface
        self._library = Library(draft, form, interface)
        self._names = draft.network.parameters
        calls = interface.calls
        self._keeps = any(call.method for call in calls.get("forward", ()))
        self._globals = [place.root == MODULE for place in interface.parameters.values()]

    def text(self) -> str:
        functions: list[tuple[tuple[str, ...], list[str]]] = []
        methods: list[tuple[tuple[str, ...], list[str]]] = []
        for path, calls in self._grouped().items():
            method = calls[0][1].method
            lines = self._function(calls)
            (methods if method else functions).append((path, lines))
        parts = [self._free(path, lines) for path, lines in functions]
        if self._interface.construct is not None:
            parts.append(self._class(methods))
        elif methods:
            raise UnwritableError("methods are declared, and no class")
        module = [*self._module_parameters()]
        return "\n\n".join([IMPORT, *self._library.texts(), *module, *parts])

    def _grouped(self) -> dict[tuple[str, ...], list[tuple[str, Call]]]:
        """Declared calls by the function that they are of, each with what it is declared as."""
        interface = self._interface
        named = [(kind, call) for kind, made in interface.calls.items() for call in made]
        named += [(f"activation {name}", call) for name, made in interface.activations.items() for call in made]
        named += [(f"derivative {name}", call) for name, made in interface.derivatives.items() for call in made]
        named += [("layer", call) for made in interface.layers for call in made]
        found: dict[tuple[str, ...], list[tuple[str, Call]]] = {}
        for kind, call in named:
            if len(call.path) > 1:
                raise UnwritableError(f"{call.name} is a function of an object that is not described")
            found.setdefault((INSTANCE if call.method else "", *call.path), []).append((kind, call))
        return found

    @staticmethod
    def _free(path: tuple[str, ...], lines: list[str]) -> str:
        return "\n".join([f"def {path[-1]}{lines[0]}", *(f"    {line}" for line in lines[1:])]) + "\n"

    def _class(self, methods: Sequence[tuple[tuple[str, ...], list[str]]]) -> str:
        construct = self._interface.construct
        assert construct is not None
        if len(construct.path) > 1:
            raise UnwritableError(f"{construct.name} is of an object that is not described")
        parts = [[f"    def __init__{self._constructor(construct)[0]}"]]
        parts[0] += [f"        {line}" for line in self._constructor(construct)[1:]]
        for path, lines in methods:
            parts.append([f"    def {path[-1]}{lines[0]}", *(f"        {line}" for line in lines[1:])])
        return f"class {construct.path[-1]}:\n" + "\n\n".join("\n".join(part) for part in parts) + "\n"

    # --- one function -------------------------------------------------------------------------------------------------

    def _function(self, calls: Sequence[tuple[str, Call]]) -> list[str]:
        """Its parameters, and its lines."""
        kinds, call = {kind for kind, _ in calls}, calls[0][1]
        if any(other.arguments != call.arguments for _, other in calls):
            raise UnwritableError(f"{call.name} is declared with arguments of several kinds")
        result = call.result
        for _, other in calls[1:]:
            result = merged(result, other.result, call.name)
        self._library.instance = call.method
        given = self._given(call)
        signature = f"({', '.join([*([INSTANCE] if call.method else []), *given.values()])}):"
        alone = next((kind for kind in kinds if kind.startswith(("activation ", "derivative "))), None)
        if alone is not None:
            return [signature, f"return {self._elementwise(alone, given)}"]
        body = self._body(call, given, kinds)
        if "initialise" in kinds:
            self._initialise(body)
        elif "train" in kinds:
            self._train(body, given, result)
        elif "update" in kinds:
            self._update(body, given, result)
        else:
            self._compute(body, kinds, result)
        returned = [] if result is None else [f"return {self._returned(body, result)}"]
        changed = [variable(name, self._draft) for name in self._names] if any(self._globals) and kinds & {
            *STEPPING, "initialise"} else []  # fmt: skip
        return [signature, *([f"global {', '.join(changed)}"] if changed else []), *(body.lines or ["pass"]), *returned]

    def _given(self, call: Call) -> dict[str, str]:
        """Variables of its arguments by role, in their order; constants have names of their own."""
        found = {}
        for place, item in enumerate(call.arguments):
            role = item.role if item.role is not None else f"option {place}"
            own = f"option{place}" if item.role is None else self._argument(item.role)
            found[role] = item.keyword or own
        return found

    def _argument(self, role: str) -> str:
        return variable(f"A{self._draft.last}" if role == "output" else role, self._draft)

    def _elementwise(self, alone: str, given: Mapping[str, str]) -> str:
        kind, _, name = alone.partition(" ")
        if name == "softmax":
            raise UnwritableError("softmax alone is declared")
        if kind == "activation":
            return re.sub(r"\bz\b", given["z"], self._library.activation_text(name))
        side = "a" if "a" in given and ("z" not in given or self._draft.wording.cached) else "z"
        return re.sub(rf"\b{side}\b", given[side], self._library.slope_text(name, side))

    def _body(self, call: Call, given: Mapping[str, str], kinds: set[str]) -> Body:
        interface = self._interface
        have = {("A0" if role == "X" else role): name for role, name in given.items()}
        have = {("X" if role == "A0" else role): name for role, name in have.items()}
        if "output" in have:
            have[f"A{self._draft.last}"] = have.pop("output")
        reach: dict[str, str] = {}
        kept: dict[str, str] = {}
        for name, place in interface.parameters.items():
            self._add_place(reach, name, place, "params", given, method=call.method)
        if "update" in kinds and "gradient" in interface.calls:
            for name, place in interface.gradients.items():
                self._add_place(reach, f"d{name}", place, "gradients", given, method=call.method)
        for role, name in given.items():
            if is_opaque(role):
                kept |= self._cached(name)
        if call.method and self._keeps and not kinds & {"forward", "train", "initialise"}:
            kept |= self._cached(KEPT)
        if call.method and interface.construct is not None:
            reach |= {role: f"self.{role}" for role in SETTINGS if role in interface.construct.takes}
        reach = {role: text for role, text in reach.items() if role not in have}
        return Body(self._draft, self._form, self._library, have, reach, kept)

    @staticmethod
    def _add_place(
        reach: dict[str, str], role: str, place: Place, root: str, given: Mapping[str, str], *, method: bool
    ) -> None:
        steps = "".join(map(str, place.steps))
        if place.root == root and root in given:
            reach[role] = f"{given[root]}{steps}"
        elif place.root == INSTANCE and method:
            reach[role] = str(place)
        elif place.root == MODULE:
            reach[role] = steps.removeprefix(".")

    # --- what earlier calls leave -------------------------------------------------------------------------------------

    @property
    def _remembered(self) -> list[str]:
        """Roles that a forward pass hands on."""
        layers = range(1, self._draft.last + 1)
        values = [f"{kind}{layer}" for layer in layers for kind in "ZA"]
        return ["X", *values, *(f"{kind}{layer}" for layer in layers for kind in "Wb")]

    def _cached(self, source: str) -> dict[str, str]:
        if self._draft.wording.tuples:
            return {role: f"{source}[{place}]" for place, role in enumerate(self._remembered)}
        return {role: f'{source}["{role}"]' for role in self._remembered}

    def _packed(self, body: Body) -> str:
        values = {role: body.need(role) for role in self._remembered}
        if self._draft.wording.tuples:
            return f"({', '.join(values.values())})"
        return "{" + ", ".join(f'"{role}": {name}' for role, name in values.items()) + "}"

    # --- bodies by what they are for ----------------------------------------------------------------------------------

    def _compute(self, body: Body, kinds: set[str], result: Pattern) -> None:
        """What the call gives is computed; a class keeps what its other methods read."""
        for role in flat(result):
            self._require(body, role)
        if "forward" in kinds and self._keeps:
            body.need("output")
            body.lines.append(f"{KEPT} = {self._packed(body)}")
        if "gradient" in kinds:
            stored = {f"d{n}": p for n, p in self._interface.gradients.items() if p.root in (INSTANCE, MODULE)}
            for role in stored:
                body.need(role)
            body.lines += self._stored(stored, body)
        values = {
            role: place for role, place in self._interface.values.items()
            if place.root in (INSTANCE, MODULE) and body.can(role) and kinds & _giving(role)
        }  # fmt: skip
        for role in values:
            body.need(role)
        body.lines += self._stored(values, body)

    def _require(self, body: Body, role: str) -> None:
        if role == "gradients":
            for name in self._names:
                body.need(f"d{name}")
        elif role != "params" and not is_opaque(role):
            body.need(role)

    def _update(self, body: Body, given: Mapping[str, str], result: Pattern) -> None:
        for name in self._names:
            body.need(f"d{name}")
        for name in self._names:
            place = self._interface.parameters.get(name) or reading("params", name)
            target = self._target(place, given, name)
            inside = target is not None and not (place.root == "params" and "params" in flat(result)
                                                 and not self._draft.wording.in_place)  # fmt: skip
            if inside and target is not None:
                whole = not self._draft.wording.in_place
                body.have.setdefault(name, target)
                body.lines.append(body.step(name, target, whole=whole))
            elif target is None and name not in flat(result):
                body.need(name)
                own = body.have[name]
                new = body.step(name, f"{own}[...]", whole=True)
                body.lines.append(new)
            else:
                body.need(name)
                body.lines.append(body.step(name, variable(name, self._draft), whole=True))
                body.have[name] = variable(name, self._draft)

    @staticmethod
    def _target(place: Place, given: Mapping[str, str], _name: str) -> str | None:
        """Where a parameter is assigned to; None for an argument of its own."""
        steps = "".join(map(str, place.steps))
        if place.root == INSTANCE:
            return str(place)
        if place.root == MODULE:
            return steps.removeprefix(".")
        return f"{given['params']}{steps}" if place.root == "params" and "params" in given else None

    def _train(self, body: Body, given: Mapping[str, str], result: Pattern) -> None:
        """A loop of steps on variables, which are put back where the code keeps them."""
        for name in self._names:
            body.need(name)
        epochs = body.need("epochs")
        loop = Body(self._draft, self._form, self._library, body.have, body.reach, {})
        wants = "losses" in flat(result)
        if wants:
            loop.lines.append(f"losses.append({loop.need('loss')})")
        for name in self._names:
            loop.need(f"d{name}")
        for name in self._names:
            loop.lines.append(loop.step(name, body.have[name], whole=True))
            place = self._interface.parameters.get(name) or reading("params", name)
            target = self._target(place, given, name)
            loop.lines += [f"{target} = {body.have[name]}"] if target not in (None, body.have[name]) else []
        body.lines += ["losses = []"] if wants else []
        body.lines += [f"for _ in range({epochs}):", *(f"    {line}" for line in loop.lines)]
        body.have |= {"losses": "losses"} if wants else {}

    def _initialise(self, body: Body) -> None:
        lines, names = drawn(body)
        body.lines += lines
        body.have |= names
        own = {n: p for n, p in self._interface.parameters.items() if p.root in (INSTANCE, MODULE)}
        body.lines += self._stored(own, body)

    def _constructor(self, construct: Call) -> list[str]:
        self._library.instance = True
        given = self._given(construct)
        body = Body(self._draft, self._form, self._library, given, {}, {})
        self._initialise(body)
        body.lines += [f"self.{role} = {given[role]}" for role in SETTINGS if role in given]
        return [f"({', '.join([INSTANCE, *given.values()])}):", *(body.lines or ["pass"])]

    def _module_parameters(self) -> list[str]:
        if not any(self._globals):
            return []
        body = Body(self._draft, self._form, self._library, {}, {}, {})
        lines, names = drawn(body)
        body.have |= names
        own = {n: p for n, p in self._interface.parameters.items() if p.root == MODULE}
        return ["\n".join([*lines, *self._stored(own, body)]) + "\n"]

    # --- structures ---------------------------------------------------------------------------------------------------

    def _stored(self, places: Mapping[str, Place], body: Body) -> list[str]:
        """Lines that put values where the interface says that they are."""
        grouped: dict[tuple[str, str], dict[str, Place]] = {}
        for role, place in places.items():
            first = place.steps[0]
            rest = Place(root=role, steps=place.steps[1:])
            grouped.setdefault((place.root, str(first.key)), {})[role] = rest
        lines = []
        for (root, key), inner in grouped.items():
            target = f"self.{key}" if root == INSTANCE else key
            text = self._structure(inner, body)
            lines += [] if text == target else [f"{target} = {text}"]
        return lines

    @staticmethod
    def _structure(places: Mapping[str, Place], body: Body) -> str:
        written = structure(dict(places))
        if "SimpleNamespace" in written:
            written = written.replace("types.SimpleNamespace", "SimpleNamespace")
            body.lines.append("from types import SimpleNamespace")
        return re.sub(r"s\['(\w+)'\]", lambda found: body.need(found[1]), written)

    def _returned(self, body: Body, pattern: Pattern) -> str:
        if pattern is None:
            return "None"
        if isinstance(pattern, tuple):
            inner = ", ".join(self._returned(body, part) for part in pattern)
            return f"({inner},)" if len(pattern) == 1 else f"({inner})"
        if pattern == "params":
            return self._params(body)
        if pattern == "gradients":
            places = {f"d{n}": p for n, p in self._interface.gradients.items()}
            places = {role: place for role, place in places.items() if place.root == "gradients"} or {
                f"d{name}": reading("gradients", f"d{name}") for name in self._names}  # fmt: skip
            return self._structure(places, body)
        return self._packed(body) if is_opaque(pattern) else body.need(pattern)

    def _params(self, body: Body) -> str:
        places = {n: self._interface.parameters.get(n) or reading("params", n) for n in self._names}
        return self._structure(places, body)


def _giving(role: str) -> set[str]:
    """The calls after which such a value stands in its place."""
    return {"loss", "gradient"} if role == "loss" else {"forward"}
