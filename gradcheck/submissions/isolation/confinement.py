"""All rights together: prepared once where children are forked from, given up by each, named in a report."""

from __future__ import annotations

import enum
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gradcheck.language import tr
from gradcheck.submissions.isolation.kernel import UnsupportedError, forbid_dumps, give_up_capabilities
from gradcheck.submissions.isolation.landlock import Doors, Ruleset, abi
from gradcheck.submissions.isolation.limits import Limits
from gradcheck.submissions.isolation.places import DEVICES, libraries
from gradcheck.submissions.isolation.seccomp import Filter, is_filtered

__all__ = ["RIGHTS", "Confinement", "Level", "Orders", "Reached"]

# What can be left out of a confinement on purpose, to see what the rest is worth.
RIGHTS = frozenset({"landlock", "seccomp", "limits"})


class Level(enum.IntEnum):
    """How far a child is shut in, from nothing to everything; each level includes those below it."""

    NONE = 0  # the same process
    PROCESS = 1  # a process of its own with a time limit
    LIMITS = 2  # and limits on memory, processor time and files
    FILTERED = 3  # and one of Landlock and seccomp
    FULL = 4  # and both of them

    @property
    def words(self) -> str:
        """For a report."""
        return {
            Level.NONE: tr("none: it ran in this process"),
            Level.PROCESS: tr("a process of its own with a time limit, nothing more"),
            Level.LIMITS: tr("a process of its own with limits, but free to read files and use the network"),
            Level.FILTERED: tr("limits and part of the kernel's locks"),
            Level.FULL: tr("no other files, no network, no other processes, limits on all it uses"),
        }[self]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """What a child has given up, as the kernel has confirmed it.

    ``lacking`` says in words what this machine does not offer; ``outer`` names what is around the process besides.
    """

    level: Level
    landlock: int = 0  # version of the interface; 0 for none
    seccomp: bool = False
    limits: bool = False
    outer: str | None = None
    lacking: tuple[str, ...] = field(default=())

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "level": self.level.name.lower(),
            "landlock": self.landlock,
            "seccomp": self.seccomp,
            "limits": self.limits,
            "outer": self.outer,
            "lacking": list(self.lacking),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Reached:
        """What a child has told before it read anything of the submission's.

        Raises
        ------
        KeyError, ValueError, TypeError
            If that is no such thing.
        """
        return cls(
            level=Level[str(data["level"]).upper()],
            landlock=int(data["landlock"]),
            seccomp=data["seccomp"] is True,
            limits=data["limits"] is True,
            outer=None if data["outer"] is None else str(data["outer"]),
            lacking=tuple(str(item) for item in data["lacking"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """What a child is to give up.

    Attributes
    ----------
    limits : Limits
    readable : tuple of str
        The submission, and the data that it may read.
    listed : tuple of str
        Folders of which it may see the names.
    scratch : str or None
        The folder that it may write in.
    without : frozenset of str
        Of ``RIGHTS``: what is not given up.
    language : str
        That it is to speak; not a right, but to be read before files cannot be.
    """

    limits: Limits = field(default_factory=Limits)
    readable: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()
    scratch: str | None = None
    without: frozenset[str] = frozenset()
    language: str = "en"

    def to_dict(self) -> dict[str, Any]:
        """As a frame's data."""
        return {
            "limits": self.limits.to_dict(),
            "readable": list(self.readable),
            "listed": list(self.listed),
            "scratch": self.scratch,
            "without": sorted(self.without),
            "language": self.language,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Orders:
        """The inverse; it comes from the controller, and is not checked."""
        return cls(
            limits=Limits(**data["limits"]),
            readable=tuple(data["readable"]),
            listed=tuple(data["listed"]),
            scratch=data["scratch"],
            without=frozenset(data["without"]),
            language=data["language"],
        )


class Confinement:
    """What all children forked from here give up alike.

    Parameters
    ----------
    outer : str, optional
        What this process is in already.

    Notes
    -----
    The filter is built and the libraries' folders are opened once; a child's ``enter`` takes less than a millisecond.
    """

    def __init__(self, outer: str | None = None) -> None:
        self._outer = outer
        self._lacking: dict[str, str] = {}
        self._doors: Doors | None = None
        self._filter: Filter | None = None
        try:
            abi()
            self._doors = Doors(libraries(), DEVICES)
        except (UnsupportedError, OSError) as error:
            self._lacking["landlock"] = f"Landlock: {error}"
        try:
            self._filter = Filter()
        except (UnsupportedError, OSError) as error:
            self._lacking["seccomp"] = f"seccomp: {error}"

    @property
    def descriptors(self) -> frozenset[int]:
        """What must stay open until ``enter``."""
        return frozenset() if self._doors is None else self._doors.descriptors

    def enter(self, orders: Orders) -> Reached:
        """Give up every right that can be given up; called in the child, before any code of the submission's is read.

        Returns
        -------
        Reached
            What the kernel has confirmed.
        """
        lacking = [text for right, text in self._lacking.items() if right not in orders.without]
        lacking += [tr("{right}: left out on purpose", right=right) for right in sorted(orders.without)]
        limited = self._limit(orders, lacking)
        landlock = self._restrict_files(orders, lacking)
        if self._doors is not None:
            self._doors.close()
        filtered = self._restrict_calls(orders, lacking)
        count = bool(landlock) + filtered
        level = (Level.LIMITS, Level.FILTERED, Level.FULL)[count] if limited else Level.PROCESS
        return Reached(
            level=level,
            landlock=landlock,
            seccomp=filtered,
            limits=limited,
            outer=self._outer,
            lacking=tuple(lacking),
        )

    def _limit(self, orders: Orders, lacking: list[str]) -> bool:
        if "limits" in orders.without:
            return False
        missing = orders.limits.apply()
        if missing:
            lacking.append(f"limits: {', '.join(missing)}")
        return not {"memory", "cpu"} & set(missing)

    def _restrict_files(self, orders: Orders, lacking: list[str]) -> int:
        if self._doors is None or "landlock" in orders.without:
            return 0
        try:
            rules = Ruleset(orders.readable, () if orders.scratch is None else (orders.scratch,), doors=self._doors)
            rules.allow(listed=orders.listed)
            rules.restrict()
        except (UnsupportedError, OSError) as error:
            lacking.append(f"Landlock: {error}")
            return 0
        rules.close()
        if not _is_refused(lambda: os.close(os.open("/", os.O_RDONLY))):
            lacking.append(tr("Landlock: the kernel took the rules and does not keep them"))
            return 0
        if self._filter is None or "seccomp" in orders.without:
            lacking += _only_landlock(rules)
        return rules.abi

    def _restrict_calls(self, orders: Orders, lacking: list[str]) -> bool:
        if self._filter is None or "seccomp" in orders.without:
            return False
        try:
            give_up_capabilities()
            forbid_dumps()
            self._filter.install()
        except OSError as error:
            lacking.append(f"seccomp: {error.strerror}")
            return False
        if not is_filtered() or not _is_refused(lambda: os.close(os.memfd_create("probe"))):
            lacking.append(tr("seccomp: the kernel took the filter and does not apply it"))
            return False
        return True


def _only_landlock(rules: Ruleset) -> Iterable[str]:
    """What Landlock alone leaves open."""
    yield (
        tr("Landlock: UDP is not refused by it")
        if rules.covers_network
        else tr("Landlock: the network is not refused by it")
    )
    if not rules.covers_signals:
        yield tr("Landlock: this version does not refuse signals to other processes")


def _is_refused(act: Callable[[], Any]) -> bool:
    try:
        act()
    except PermissionError:
        return True
    except OSError:
        return False
    return False
