"""What a machine lacks is said, and lowers the level; what the kernel only pretends to do is not believed."""

# ruff: noqa: E501 - programs of one line
from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gradcheck.submissions.isolation import confinement, kernel, landlock, seccomp
from gradcheck.submissions.isolation.confinement import Level, Orders, Reached
from gradcheck.submissions.isolation.limits import Limits

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's locks are Linux's")
# Gives up everything after some lines of a test, and prints what was reached.
ENTER = """
import json, sys
from gradcheck.submissions.isolation import confinement, kernel, landlock, seccomp, limits
from gradcheck.submissions.isolation.confinement import Confinement, Orders
{lines}
print(json.dumps(Confinement().enter(Orders(limits=limits.Limits(cpu=10))).to_dict()))
"""
NO_LANDLOCK = "def refuse(*a):\n    raise kernel.UnsupportedError('this kernel offers no Landlock (injected)')\nconfinement.abi = refuse"
NO_SECCOMP = "seccomp.is_offered = lambda: False"
NO_RESTRICT = "def refuse(self):\n    raise OSError(7, 'Argument list too long')\nlandlock.Ruleset.restrict = refuse"
NO_INSTALL = "def refuse(self):\n    raise OSError(22, 'Invalid argument')\nseccomp.Filter.install = refuse"
IDLE_RULES = "landlock.Ruleset.restrict = lambda self: None"
IDLE_FILTER = "seccomp.Filter.install = lambda self: None"
NO_LIMITS = "limits._lower = lambda *a: False"
WINDOWS = "sys.platform = 'win32'; kernel.machine.cache_clear()"


def _reached(lines: str) -> Reached:
    import json

    done = subprocess.run([sys.executable, "-c", ENTER.format(lines=lines)], check=True, capture_output=True, text=True)
    return Reached.from_dict(json.loads(done.stdout))


@pytest.fixture(scope="module")
def here() -> Reached:
    """What this machine gives."""
    return _reached("")


@pytest.mark.parametrize(
    ("lines", "level", "word"),
    [
        (NO_LANDLOCK, Level.FILTERED, "offers no Landlock"),
        (NO_SECCOMP, Level.FILTERED, "no seccomp"),
        (NO_RESTRICT, Level.FILTERED, "Argument list too long"),
        (NO_INSTALL, Level.FILTERED, "Invalid argument"),
        (IDLE_RULES, Level.FILTERED, "does not keep them"),
        (IDLE_FILTER, Level.FILTERED, "does not apply it"),
        (f"{NO_LANDLOCK}\n{NO_SECCOMP}", Level.LIMITS, "offers no Landlock"),
        (NO_LIMITS, Level.PROCESS, "limits: "),
    ],
    ids=["landlock", "seccomp", "restrict", "install", "idle-rules", "idle-filter", "both", "limits"],
)
def test_what_is_missing_lowers_the_level(lines: str, level: Level, word: str, here: Reached) -> None:
    """Injected failures, one after the other."""
    if here.level is not Level.FULL:
        pytest.skip("this machine lacks something itself")
    reached = _reached(lines)
    assert reached.level is level
    assert any(word in item for item in reached.lacking), reached.lacking


@pytest.mark.parametrize("abi", range(1, 9))
def test_every_version_of_landlock_is_asked_for_what_it_knows(abi: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """No right that a version does not know is handled or allowed: the kernel would refuse the whole."""
    seen: list[tuple[int, ...]] = []

    def fake(number: int, *arguments: Any) -> int:
        if number == landlock.CREATE_RULESET and arguments[0] is None:
            return abi
        if number == landlock.CREATE_RULESET:
            fields = arguments[0]._obj
            seen.append((fields.handled_access_fs, fields.handled_access_net, fields.scoped, arguments[1].value))
            return os.open(os.devnull, os.O_RDONLY)
        if number == landlock.ADD_RULE:
            assert arguments[2]._obj.allowed_access & ~seen[0][0] == 0
            assert arguments[2]._obj.allowed_access
        return 0

    monkeypatch.setattr(landlock, "syscall", fake)
    monkeypatch.setattr(landlock, "forbid_new_privileges", lambda: None)
    rules = landlock.Ruleset(["/usr", "/etc/passwd"], [Path.cwd()])
    rules.allow(listed=["/usr", "/etc/passwd"])
    rules.restrict()
    rules.close()
    files, network, scopes, size = seen[0]
    assert files.bit_length() == {1: 13, 2: 14, 3: 15, 4: 15}.get(abi, 16)
    assert bool(network) == (abi >= 4) == rules.covers_network
    assert bool(scopes) == (abi >= 6) == rules.covers_signals
    assert size == (8 if abi < 4 else 16 if abi < 6 else 24)


@pytest.mark.parametrize("error", [errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM])
def test_a_kernel_without_landlock_is_told_from_a_bug(error: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too old, not enabled, or hidden by a container's own filter."""

    def fake(*_arguments: Any) -> int:
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr(landlock, "syscall", fake)
    with pytest.raises(kernel.UnsupportedError, match="offers no Landlock"):
        landlock.abi()


@pytest.mark.parametrize(
    ("system", "processor", "word"),
    [("win32", "AMD64", "Landlock"), ("darwin", "arm64", "Landlock"), ("linux", "riscv64", "not one of")],
    ids=["windows", "macos", "risc-v"],
)
def test_other_systems_and_processors_are_unsupported(
    system: str, processor: str, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each by a sentence."""
    monkeypatch.setattr(kernel.sys, "platform", system)
    monkeypatch.setattr(kernel.platform, "machine", lambda: processor)
    kernel.machine.cache_clear()
    try:
        with pytest.raises(kernel.UnsupportedError, match=word):
            kernel.machine()
        assert confinement.Confinement()._filter is None
    finally:
        monkeypatch.undo()
        kernel.machine.cache_clear()


def test_orders_and_what_was_reached_survive_the_way(tmp_path: Path) -> None:
    """What goes through a pipe comes out as it was."""
    orders = Orders(
        limits=Limits(cpu=3.5), readable=("a",), listed=("b",), scratch=str(tmp_path), without=frozenset({"limits"})
    )
    assert Orders.from_dict(orders.to_dict()) == orders
    reached = Reached(level=Level.FILTERED, landlock=3, outer="bubblewrap", lacking=("x",))
    assert Reached.from_dict(reached.to_dict()) == reached


@pytest.mark.parametrize(
    "damage",
    [lambda d: d.pop("level"), lambda d: d.update(level="best"), lambda d: d.update(landlock="x")],
    ids=["missing", "unknown", "no-number"],
)
def test_what_was_reached_must_make_sense(damage: Callable[[dict[str, Any]], Any]) -> None:
    """A child that tells nonsense before it has read a line is given up."""
    told = Reached(level=Level.FULL).to_dict()
    damage(told)
    with pytest.raises((KeyError, ValueError, TypeError)):
        Reached.from_dict(told)


def test_each_level_has_its_words() -> None:
    """For a report."""
    assert len({level.words for level in Level}) == len(Level)


def test_seccomp_is_upon_nobody_else() -> None:
    """The controller itself stays free."""
    confinement.Confinement()
    assert not seccomp.is_filtered() or "Seccomp:\t2" in Path("/proc/1/status").read_text(encoding="utf-8")
