"""In which order an interface's calls are made to come from what is given to what is asked, as lines of Python.

The lines work on a dictionary ``s`` of values by role. They name the submission's functions in the open, as a person's
adapter would, so that whoever follows the code from there (tracing, differentiation) meets nothing unusual.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping, Sequence

from gradcheck.submissions.declared.interface import Call, Calls, Interface, Pattern, Place, Step, Style, is_opaque

__all__ = ["Plan", "PlanError", "plan", "reading"]

# Calls whose results others may ask for, in the order in which they are looked through.
PRODUCERS = ("forward", "loss", "gradient", "update", "train", "initialise")
INSTANCE, MODULE = "self", "module"
QUANTITY = re.compile(r"d?[ZA]\d+")


class PlanError(Exception):
    """What is asked cannot be had by the declared calls; the message says what is lacking."""


class Plan:
    """Lines that lead from given roles to others.

    Parameters
    ----------
    interface : Interface
    given : iterable of str
        Roles that stand in ``s`` from the beginning.
    names : sequence of str
        Of the parameters.
    """

    def __init__(self, interface: Interface, given: Iterable[str], names: Sequence[str]) -> None:
        self._interface, self._names = interface, tuple(names)
        self._have = set(given)
        self._kept = {role for role in self._have if role == "output" or QUANTITY.fullmatch(role)}
        self._pending: set[str] = set()
        self._made: set[str] = set()
        self.opaque = False  # whether it hands on what only the code itself can read
        self.lines: list[str] = []

    def need(self, role: str) -> None:
        """Add what leads to a role.

        Raises
        ------
        PlanError
            If no declared call gives it.
        """
        if role in self._have:
            return
        if role in self._pending:
            raise PlanError(f"{role} would have to be known to find {role}")
        self._pending.add(role)
        self._find(role)
        self._pending.discard(role)
        self._have.add(role)

    def make(self, name: str, calls: Calls | None = None) -> None:
        """Make the calls of a name; what they take is found first."""
        if calls is None:
            self._before(name)
        self._made.add(name)
        for call in self._interface.calls[name] if calls is None else calls:
            self._make(call)

    def _make(self, call: Call) -> None:
        if call.method:
            self.need(INSTANCE)
        for role in call.takes:
            self.opaque |= is_opaque(role)
            self.need(role)
        target = ".".join((f"s['{INSTANCE}']" if call.method else MODULE, *call.path))
        given = [f"s[{item.role!r}]" if item.role else repr(item.value) for item in call.arguments]
        named = [f"{i.keyword}={text}" if i.keyword else text for i, text in zip(call.arguments, given, strict=True)]
        text = f"{target}({', '.join(named)})"
        self.lines.append(text if call.result is None else f"{_assigned(call.result, self._kept)} = {text}")
        self._have.update(call.gives)

    def _find(self, role: str) -> None:
        interface = self._interface
        if role == INSTANCE:
            self._construct()
        elif role == "params":
            self._require(self._names)
            self.lines.append(f"s['params'] = {structure(self._places(interface.parameters, 'params', ''))}")
        elif role == "gradients" and self._all_given():
            self.lines.append(f"s['gradients'] = {structure(self._places(interface.gradients, 'gradients', 'd'))}")
        elif (name := self._producer(role)) is not None:
            if name in ("update", "train"):
                self._spare()
            self.make(name)
        elif role in interface.values:
            self._read(role, interface.values[role])
        elif role[:1] == "d" and role[1:] in self._names:
            self._read(role, interface.gradients.get(role[1:]) or reading("gradients", role))
        else:
            raise PlanError(f"no declared call gives {role}")

    def _construct(self) -> None:
        construct = self._interface.construct
        if construct is None:
            raise PlanError("no call constructs the instance")
        for role in construct.takes:
            self.need(role)
        self._make(Call(text=construct.text, method=False, path=construct.path, arguments=construct.arguments,
                        result=INSTANCE))  # fmt: skip
        self._have.add(INSTANCE)
        self._place(self._interface.parameters, "")

    def _place(self, places: Mapping[str, Place], prefix: str) -> None:
        """Put given values where the code keeps them."""
        for name, place in places.items():
            if place.root in (INSTANCE, MODULE) and f"{prefix}{name}" in self._have:
                self.lines.append(f"{_path(place)} = s['{prefix}{name}']")

    def _spare(self) -> None:
        """A step that is made only for what else it tells (a training, for its first loss) is made on copies."""
        copied = [name for name in self._names if name in self._have]
        self.lines += [f"s[{name!r}] = +s[{name!r}]" for name in copied]
        if INSTANCE in self._have:
            self._place(self._interface.parameters, "")
        if "params" in self._have and len(copied) == len(self._names):
            self.lines.append(f"s['params'] = {structure(self._places(self._interface.parameters, 'params', ''))}")

    def _before(self, name: str) -> None:
        """Code that keeps what it has computed must have computed it: a forward pass goes before the others."""
        calls = self._interface.calls
        if name == "initialise":
            return
        if (
            any(place.root == MODULE for place in self._interface.parameters.values())
            and "module set" not in self._made
        ):
            self._made.add("module set")
            self._place(self._interface.parameters, "")
        stateful = self._interface.style is Style.CLASS or "module set" in self._made
        if stateful and name in ("loss", "gradient", "update") and "forward" in calls and "forward" not in self._made:
            self.make("forward")
        if name == "update" and "gradient" in calls and self._all_given():
            if self._interface.style is Style.CLASS:
                self.need(INSTANCE)
            self._place(self._interface.gradients, "d")

    def _read(self, role: str, place: Place) -> None:
        if place.root in (INSTANCE, MODULE):
            name = "gradient" if role[:1] == "d" else "forward"
            if name in self._interface.calls and name not in self._made:
                self.make(name)
            if place.root == INSTANCE:
                self.need(INSTANCE)
        else:
            self.need(place.root)
        self.lines.append(f"s[{role!r}] = {_path(place)}")

    def _producer(self, role: str) -> str | None:
        calls = self._interface.calls
        for name in PRODUCERS:
            if name in calls and name not in self._made and any(role in call.gives for call in calls[name]):
                return name
        return None

    def _places(self, places: Mapping[str, Place], root: str, prefix: str) -> dict[str, Place]:
        """Where each value lies in a structure, by its role."""
        return {f"{prefix}{name}": places.get(name) or reading(root, f"{prefix}{name}") for name in self._names}

    def _all_given(self) -> bool:
        return all(f"d{name}" in self._have for name in self._names)

    def _require(self, roles: Iterable[str]) -> None:
        for role in roles:
            self.need(role)

    def after(self) -> None:
        """The parameters as an update has left them, under their own names."""
        interface, calls = self._interface, self._interface.calls
        made = [call for name in ("update", "train", "initialise") if name in self._made for call in calls[name]]
        alone = {role for call in made for role in (*call.takes, *call.gives)}
        for name in self._names:
            place = interface.parameters.get(name) or reading("params", name)
            if name in alone or (place.root == "params" and "params" not in self._have):
                continue
            self.lines.append(f"s[{name!r}] = {_path(place)}")


def plan(
    interface: Interface, wanted: Iterable[str], given: Iterable[str], names: Sequence[str], made: str | None = None
) -> Plan:
    """The lines that find roles.

    Parameters
    ----------
    interface : Interface
    wanted, given : iterable of str
        Roles.
    names : sequence of str
        Of the parameters.
    made : str, optional
        A call of the interface that is made whatever it gives; parameters are read afterwards where it changes them.

    Raises
    ------
    PlanError
        If no declared call gives one of them.
    """
    found = Plan(interface, given, names)
    if made is not None:
        if made not in interface.calls:
            raise PlanError(f"no call is declared for {made}")
        found.make(made)
    if made in ("update", "train", "initialise"):
        found.after()
    for role in wanted:
        found.need(role)
    return found


def reading(root: str, key: str) -> Place:
    """``root['key']``."""
    return Place(root=root, steps=(Step(key=key, attribute=False),))


def structure(places: Mapping[str, Place]) -> str:
    """The expression that builds what holds each role's value at its place.

    Examples
    --------
    >>> structure({"W1": reading("params", "W1")})
    "{'W1': s['W1']}"
    """
    return _built({role: place.steps for role, place in places.items()})


def _built(paths: Mapping[str, tuple[Step, ...]]) -> str:
    alone = [role for role, steps in paths.items() if not steps]
    if alone:
        return f"s[{alone[0]!r}]"
    inner: dict[str | int, dict[str, tuple[Step, ...]]] = {}
    for role, steps in paths.items():
        inner.setdefault(steps[0].key, {})[role] = steps[1:]
    parts = {key: _built(rest) for key, rest in inner.items()}
    if next(iter(paths.values()))[0].attribute:
        return f"types.SimpleNamespace({', '.join(f'{key}={text}' for key, text in parts.items())})"
    if all(isinstance(key, int) for key in parts):
        # A list from 0 on, whatever the first key is: networks that count layers from 1 leave the first place empty.
        last = max(key for key in parts if isinstance(key, int))
        return f"[{', '.join(parts.get(index, 'None') for index in range(last + 1))}]"
    return "{" + ", ".join(f"{key!r}: {text}" for key, text in parts.items()) + "}"


def _assigned(pattern: Pattern, kept: Container[str]) -> str:
    """The left side of an assignment; what is given stays, whatever a call answers."""
    if pattern is None or (isinstance(pattern, str) and pattern in kept):
        return "_"
    if isinstance(pattern, str):
        return f"s[{pattern!r}]"
    return "(" + "".join(f"{_assigned(part, kept)}, " for part in pattern) + ")"


def _path(place: Place) -> str:
    root = MODULE if place.root == MODULE else f"s[{place.root!r}]"
    return root + "".join(map(str, place.steps))
