"""Whether an interface's calls fit together: their roles are known, and what each takes is given or made by another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from gradcheck.grading.assignment.interfaces import AT, DECLARED, all_calls
from gradcheck.grading.assignment.problems import Key, Problems, nearest, shown
from gradcheck.grading.assignment.records import Network
from gradcheck.grading.assignment.vocabulary import ONLY_LAST
from gradcheck.submissions.declared.drawing import Shape
from gradcheck.submissions.declared.interface import GIVEN, PRODUCED, Call, Calls, Interface, Layout, Style, is_opaque
from gradcheck.submissions.declared.plans import PlanError
from gradcheck.submissions.declared.writing import write_adapter

__all__ = ["RESULTS", "check_roles"]

ALONE = frozenset({"z", "a", "d"})
"""Roles of one activation, looked at alone."""

RESULTS = {"forward": "output", "loss": "loss", "gradient": "gradients"}
"""What a call of a name is there for."""


def check_roles(interface: Interface, network: Network, problems: Problems) -> None:
    """Note what does not fit.

    Parameters
    ----------
    interface : Interface
    network : Network
    problems : Problems
    """
    checker = _Checker(interface, network, problems)
    for at, call in all_calls(interface):
        checker.check_words(at, call)
    if problems.under(*AT):
        return  # what an unknown role gives, nobody can say
    checker.check_results()
    checker.check_alone()
    checker.check_origins()
    checker.check_sizes()
    if interface.style in DECLARED and not problems.under(*AT):
        checker.check_ways()


class _Checker:
    def __init__(self, interface: Interface, network: Network, problems: Problems) -> None:
        self._interface, self._network, self._problems = interface, network, problems
        numbers = range(network.layers + 1)
        self._quantities = {f"{kind}{n}" for n in numbers for kind in ("Z", "A", "dZ", "dA")} - {"Z0", "dZ0"}
        self._slopes = {f"d{name}" for name in network.parameters}

    def check_words(self, at: Key, call: Call) -> None:
        """Every role is a word that means something there."""
        alone = at[1] in ("activations", "derivatives")
        for role in call.takes:
            if not self._known(role, {*GIVEN, *PRODUCED} - {"d"}, alone=alone):
                self._unknown(at, call, role, {*GIVEN, "output", "gradients", "cache"}, alone=alone)
        for role in call.gives:
            if not self._known(role, PRODUCED, alone=alone):
                self._unknown(at, call, role, PRODUCED, alone=alone)
        if call.method and (self._interface.style is not Style.CLASS or at[-1] == "construct"):
            self._problems.add(
                at, f"{shown(call.text)} is called on an instance, and there is none", 'Write it without "self."'
            )

    def check_results(self) -> None:
        """A call gives what it is named for."""
        interface = self._interface
        for name, role in RESULTS.items():
            made = interface.calls.get(name)
            if made is None or role in interface.values or role in _given_by(made):
                continue
            if name == "gradient" and (self._slopes <= _given_by(made) or self._kept()):
                continue
            self._problems.add((*AT, "calls", name), f"it gives no {role}", f"Write -> {role} after the call")

    def check_alone(self) -> None:
        """What is judged alone gives something that can be judged."""
        interface = self._interface
        judged = self._slopes | {role for role in self._quantities if role[0] == "d"}
        for place, made in enumerate(interface.layers):
            if judged.isdisjoint(_given_by(made)):
                self._problems.add(
                    (*AT, "layers", place),
                    "it gives no derivative",
                    "Write -> dA1, dW2, db2 or the like after the call",
                )
        for name in ONLY_LAST & interface.activations.keys():
            if interface.layout is not Layout.ROWS:
                self._problems.add(
                    (*AT, "activations", name),
                    f"alone, {name} can be judged with samples in rows only",
                    "Take it out: the forward pass is judged with it",
                )
        for kind, role in (("activations", "a"), ("derivatives", "d")):
            for name, made in getattr(interface, kind).items():
                if role not in _given_by(made):
                    self._problems.add((*AT, kind, name), f"it gives no {role}", f"Write -> {role} after the call")

    def check_origins(self) -> None:
        """What a call takes is given, or comes from a call that can be made before it."""
        have = set(GIVEN) - ALONE | set(self._network.parameters)
        reached = self._closure(have, self._interface.calls)
        for name, made in self._interface.calls.items():
            self._check_taken((*AT, "calls", name), made, reached)
        for name, made in self._interface.activations.items():
            self._check_taken((*AT, "activations", name), made, {*have, "z"})
        for name, made in self._interface.derivatives.items():
            self._check_taken((*AT, "derivatives", name), made, {*have, "z", "a"})
        for place, made in enumerate(self._interface.layers):
            self._check_taken((*AT, "layers", place), made, {*have, *self._quantities, "output"})
        if self._interface.construct is not None:
            self._check_taken((*AT, "construct"), (self._interface.construct,), have)
        self._check_values(reached)

    def check_ways(self) -> None:
        """Calls lead from parameters and data to a loss and a gradient: without them nothing can be graded."""
        # Where the code has no loss of its own, the network's stands for it; with a penalty there is none to stand.
        stand_in = None if self._network.l2 else "0.0"
        try:
            write_adapter(self._interface, Shape(sizes=self._network.sizes), expected_loss=stand_in)
        except PlanError as error:
            self._problems.add(
                (*AT, "calls"),
                f"the calls do not lead to a loss and a gradient: {error}",
                "Declare forward or loss, and gradient, update or train, so that one gives what another takes",
            )

    def _check_values(self, reached: set[str]) -> None:
        """What is read elsewhere is a role that calls could give, in something that there is."""
        usable = {"module", *reached} | ({"self"} if self._interface.style is Style.CLASS else set())
        for name, place in self._interface.values.items():
            at = (*AT, "values", name)
            if not self._known(name, set(PRODUCED), alone=False):
                self._problems.add(at, f"{shown(name)} is no role", nearest(name, sorted(set(PRODUCED) - ALONE)))
            elif place.root not in usable:
                self._problems.add(
                    at,
                    f"{place} begins at {shown(place.root)}, which no call gives",
                    nearest(place.root, sorted(usable)),
                )

    def check_sizes(self) -> None:
        """Sizes that are written out are those of the network."""
        sizes = self._network.sizes
        construct = self._interface.construct
        calls: list[tuple[Key, Call]] = [] if construct is None else [((*AT, "construct"), construct)]
        calls += [((*AT, "calls", "initialise"), call) for call in self._interface.calls.get("initialise", ())]
        for at, call in calls:
            written = [number for argument in call.arguments for number in _whole(argument.value)]
            if len(written) == len(sizes) and tuple(written) != sizes:
                self._problems.add(
                    at,
                    f"{shown(call.text)} makes a network of sizes {written}, and network.sizes is {list(sizes)}",
                    "Let them agree, or write the roles features, hidden, outputs or sizes for the numbers",
                )
            if "hidden" in call.takes and len(sizes) == 2:
                self._problems.add(
                    at, "there is no hidden layer", "Take the role hidden out, or give network.sizes one"
                )

    def _known(self, role: str, words: Iterable[str], *, alone: bool) -> bool:
        if role in ALONE:
            return alone and role in words
        return role in {*words, *self._quantities, *self._slopes, *self._network.parameters} or is_opaque(role)

    def _unknown(self, at: Key, call: Call, role: str, words: Iterable[str], *, alone: bool) -> None:
        usable = [word for word in words if alone or word not in ALONE]
        self._problems.add(
            at,
            f"{shown(role)} in {shown(call.text)} is no role",
            nearest(role, [*sorted(usable, key=str.lower), *self._network.parameters], "a role such as"),
        )

    def _kept(self) -> bool:
        """Whether gradients are kept where they can be read."""
        places = self._interface.gradients.values()
        return bool(places) and all(place.root in ("self", "module") for place in places)

    def _closure(self, have: set[str], calls: Mapping[str, Calls]) -> set[str]:
        """All roles that can be had by making calls."""
        reached = self._spread({*have, *self._interface.values})
        before = -1
        while len(reached) != before:
            before = len(reached)
            for made in calls.values():
                gained = set(reached)
                for call in made:
                    if not gained.issuperset(call.takes):
                        break
                    gained |= set(call.gives)
                reached |= self._spread(gained)
        return reached

    def _spread(self, roles: set[str]) -> set[str]:
        """With gradients all together come those of each block, and the reverse."""
        if "gradients" in roles:
            return roles | self._slopes
        return roles | {"gradients"} if self._slopes <= roles or self._kept() else roles

    def _check_taken(self, at: Key, made: Sequence[Call], have: set[str]) -> None:
        have = set(have)
        for call in made:
            for role in call.takes:
                if role not in have:
                    self._problems.add(
                        at,
                        f"{shown(role)} in {shown(call.text)} comes from nowhere",
                        f"Declare a call that gives it (... -> {role}), or where to read it, under [interface.values]",
                    )
            have |= set(call.gives)


def _given_by(made: Calls) -> set[str]:
    return {role for call in made for role in call.gives}


def _whole(value: object) -> Iterator[int]:
    """Whole numbers in a constant."""
    if isinstance(value, list | tuple):
        for each in value:
            yield from _whole(each)
    elif isinstance(value, int) and not isinstance(value, bool):
        yield value
