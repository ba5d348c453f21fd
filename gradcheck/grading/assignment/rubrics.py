"""The rubric of an assignment file: its tree, its points and its gates."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter
from typing import Any

from gradcheck.grading.assignment.item_keys import GROUP_KEYS, ITEM_KEYS
from gradcheck.grading.assignment.kind import Kind
from gradcheck.grading.assignment.problems import Key, Problems, nearest, shown
from gradcheck.grading.assignment.records import Item, Network
from gradcheck.grading.assignment.validation import take

__all__ = ["leaf_keys", "read_rubric"]

ROUNDING = 1e-9
"""Points that were added up in decimals differ from their sum by no more, relatively: rubrics have no such parts."""


def read_rubric(
    content: Sequence[Any], kinds: Mapping[str, Kind], network: Network | None, problems: Problems
) -> tuple[Item, ...]:
    """The items that can be read, with gates resolved; what is wrong is noted.

    Parameters
    ----------
    content : list
        What ``[[rubric]]`` holds.
    kinds : mapping of str to Kind
    network : Network or None
        None where it could not be read: then nothing is held against it.
    problems : Problems
    """
    reader = _Reader(kinds=kinds, network=network, problems=problems)
    items = reader.read_all(content, ("rubric",), "")
    return reader.with_gates(items)


def leaf_keys(items: Sequence[Item], at: Key = ("rubric",)) -> Iterator[tuple[Key, Item]]:
    """Every leaf with its key, for messages; only where all items could be read."""
    for place, item in enumerate(items):
        if item.checks is not None:
            yield (*at, place), item
        yield from leaf_keys(item.items, (*at, place, "items"))


class _Reader:
    def __init__(self, *, kinds: Mapping[str, Kind], network: Network | None, problems: Problems) -> None:
        self._kinds, self._network, self._problems = kinds, network, problems
        self._gates: dict[str, tuple[Key, tuple[str, ...]]] = {}

    def read_all(self, content: Sequence[Any], at: Key, above: str) -> tuple[Item, ...]:
        """Siblings, those that can be read."""
        items: list[Item] = []
        taken: dict[str, int | None] = {}
        for place, table in enumerate(content):
            item = self._read(table, (*at, place), above)
            if item is None:
                continue
            if item.id in taken:
                where = f" (line {taken[item.id]})" if taken[item.id] else ""
                self._problems.add(
                    (*at, place, "id"), f"{shown(item.id)} is the id of another item{where}", "Give each its own"
                )
                continue
            taken[item.id] = item.line
            items.append(item)
        return tuple(items)

    def with_gates(self, items: Sequence[Item]) -> tuple[Item, ...]:
        """The same with ``needs`` as paths of leaves, those of the groups around them included."""
        leaves = {item.path: item for root in items for item in root.leaves}
        needs = {path: self._resolved(*self._gates[path], leaves) for path in self._gates}
        whole: dict[str, tuple[str, ...]] = {}
        for path in leaves:
            parts = path.split("/")
            around = ["/".join(parts[: length + 1]) for length in range(len(parts))]
            whole[path] = tuple(dict.fromkeys(need for group in around for need in needs.get(group, ())))
        self._check_circles(whole)
        return tuple(_gated(item, whole) for item in items)

    def _read(self, table: Any, at: Key, above: str) -> Item | None:
        problems = self._problems
        if not isinstance(table, Mapping):
            problems.add(at, f"{shown(table)} is no item", "Write the items as [[rubric]] tables")
            return None
        name = table.get("id")
        path = f"{above}/{name}".lstrip("/") if isinstance(name, str) and name else ""
        if path:
            problems.names[at] = path
        group = "items" in table
        if group and "checks" in table:
            problems.add((*at, "checks"), "a group of items checks nothing itself", "Take checks out, or its items")
        values = self._group(table, at) if group else self._leaf(table, at)
        below = self.read_all(table["items"], (*at, "items"), path) if group and "items" in values else ()
        if path and "id" in values:
            self._gates.setdefault(path, (at, tuple(values.get("needs", ()))))
        if "id" not in values or ("points" not in values and not group):
            return None
        total = sum(item.points for item in below)
        if group and not problems.under(*at):
            self._check_sum(values.get("points"), total, at)
        return Item(
            path=path,
            title=values.get("title", _title(values["id"])),
            points=total if group else float(values["points"]),
            line=problems.line(at),
            checks=None if group else values.get("checks", ""),
            options={} if group else self._options(values),
            items=below,
        )

    def _group(self, table: Mapping[str, Any], at: Key) -> dict[str, Any]:
        return take(table, GROUP_KEYS, at, self._problems, also={"checks"}, of="a group of items")

    def _leaf(self, table: Mapping[str, Any], at: Key) -> dict[str, Any]:
        name = table.get("checks")
        kind = self._kinds.get(name) if isinstance(name, str) else None
        if kind is None:
            if isinstance(name, str) and name:
                self._problems.add((*at, "checks"), f"nothing checks {shown(name)}", nearest(name, self._kinds))
            # Options cannot be judged without the kind: every other key is let through.
            return take(table, ITEM_KEYS, at, self._problems, also=table.keys())
        values = take(table, (*ITEM_KEYS, *kind.options), at, self._problems, of=f"an item that checks {kind.name!r}")
        if self._network is not None:
            self._check_options(kind, values, self._network, at)
        return values

    def _check_options(self, kind: Kind, values: Mapping[str, Any], network: Network, at: Key) -> None:
        known = {"parameter": network.parameters, "activation": tuple(dict.fromkeys(network.activations))}
        for option in kind.options:
            given = values.get(option.name)
            if option.refers not in known or given is None:
                continue
            for name in given if isinstance(given, list) else [given]:
                if name not in known[option.refers]:
                    self._problems.add(
                        (*at, option.name),
                        f"the network has no {option.refers} {shown(name)}",
                        nearest(str(name), known[option.refers]),
                    )

    def _options(self, values: Mapping[str, Any]) -> dict[str, Any]:
        kind = self._kinds.get(values.get("checks", ""))
        own = {name: values[name] for name in ("constant_factor",) if name in values}
        return own if kind is None else {**{key.name: values.get(key.name, key.default) for key in kind.options}, **own}

    def _check_sum(self, points: float | None, total: float, at: Key) -> None:
        if points is not None and not math.isclose(points, total, rel_tol=ROUNDING, abs_tol=ROUNDING):
            self._problems.add(
                (*at, "points"),
                f"{points:g} is not the sum of its items, {total:g}",
                f"Write {total:g}, or change them",
            )

    def _resolved(self, at: Key, needs: Sequence[str], leaves: Mapping[str, Item]) -> tuple[str, ...]:
        """Paths of the leaves that gates stand for."""
        found: list[str] = []
        for place, need in enumerate(needs):
            named = [path for path in self._gates if path == need] or [
                path for path in self._gates if path.endswith(f"/{need}")
            ]
            if len(named) != 1:
                what = f"several items are called {shown(need)}" if named else f"there is no item {shown(need)}"
                cure = f"Write one of {', '.join(named)}" if named else nearest(need, self._gates)
                self._problems.add((*at, "needs", place), what, cure)
                continue
            found += [path for path in leaves if path == named[0] or path.startswith(f"{named[0]}/")]
        return tuple(found)

    def _check_circles(self, needs: Mapping[str, Sequence[str]]) -> None:
        """Note a circle of gates, where there is one."""
        try:
            TopologicalSorter(needs).prepare()
        except CycleError as error:
            circle = list(reversed(error.args[1]))  # it lists each before what needs it
            self._problems.add(
                (*self._gates[circle[0]][0], "needs"),
                f"gates go in a circle: {' needs '.join(circle)}",
                "Take one of these gates out",
            )


def _gated(item: Item, needs: Mapping[str, tuple[str, ...]]) -> Item:
    below = tuple(_gated(each, needs) for each in item.items)
    return replace(item, items=below, needs=needs.get(item.path, ()))


def _title(name: str) -> str:
    """What an id is called by: a word as a sentence begins, a name of the code (``b2``) as it is."""
    words = name.replace("-", " ").replace("_", " ").strip()
    return words if any(map(str.isdigit, words)) else words.capitalize()
