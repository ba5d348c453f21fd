"""What a submission may read: itself, the data beside it, Python and its libraries; nothing else of the machine."""

from __future__ import annotations

import itertools
import os
import site
import stat
import sys
import sysconfig
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

__all__ = ["DEVICES", "Reach", "is_shared", "libraries", "reach_of"]

# Shared libraries, time zones, random numbers, and what the C library and NumPy ask the kernel of its machine.
SYSTEM = (
    "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/share/zoneinfo", "/usr/share/locale",
    "/etc/ld.so.cache", "/etc/localtime", "/dev/urandom", "/dev/random", "/dev/zero",
    "/proc/sys/vm/overcommit_memory", "/sys/devices/system/cpu", "/nix/store",
)  # fmt: skip
DEVICES = ("/dev/null",)
# Entries of a folder that are looked through.
MAX_ENTRIES = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Paths that a submission may read, and folders of which it may see the names.

    Attributes
    ----------
    readable : tuple of str
        Files, and folders with all below them.
    listed : tuple of str
        Folders whose names, and those below, may be seen.
    """

    readable: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()

    def covers(self, place: Path) -> bool:
        """Whether a file is among them, or below a folder that is."""
        return any(place.is_relative_to(path) for path in self.readable)

    def also(self, paths: Iterable[str | Path]) -> Reach:
        """The same, and these files."""
        return Reach(readable=(*self.readable, *(str(Path(path).resolve()) for path in paths)), listed=self.listed)

    def beside(self, copy: str | Path) -> Reach:
        """For a copy of the file in a folder that shows the same neighbours by links."""
        path = Path(copy).resolve()
        return Reach(readable=(str(path), *self.readable), listed=(str(path.parent), *self.listed))


def reach_of(file: str | Path) -> Reach:
    """A file, and what lies beside it in its own folder.

    Parameters
    ----------
    file : path
        A submission.

    Notes
    -----
    Hidden files stay out, and links that lead out of the folder. A home folder, the root and a folder that everybody
    may write to (``/tmp``) hold other things than a program's data: there the file alone can be read.
    """
    path = Path(file).resolve()
    folder = path.parent
    if is_shared(folder):
        return Reach(readable=(str(path),))
    found = [str(path)]
    try:
        entries = [entry.name for entry in itertools.islice(os.scandir(folder), MAX_ENTRIES)]
    except OSError:
        entries = []
    for name in sorted(entries):
        try:
            target = (folder / name).resolve()
        except (OSError, RuntimeError):
            continue  # a link to itself
        if not name.startswith(".") and target.is_relative_to(folder) and target != folder:
            found.append(str(target))
    return Reach(readable=tuple(dict.fromkeys(found)), listed=(str(folder),))


def is_shared(folder: Path) -> bool:
    """Whether a folder holds other things than one program's: a home, the root, or one that everybody may write to."""
    try:
        homes = {Path.home().resolve(), *Path.home().resolve().parents}
    except (OSError, RuntimeError):
        homes = {Path("/")}
    try:
        sticky = bool(folder.stat().st_mode & stat.S_ISVTX)
    except OSError:
        sticky = False
    return folder in homes or sticky or folder.parent == folder


def libraries() -> tuple[str, ...]:
    """What programs read besides their own: the system's libraries, Python's, and installed packages."""
    folders = {path for name, path in sysconfig.get_paths().items() if name not in ("scripts", "data", "include")}
    folders |= set(site.getsitepackages())
    folders |= {str(Path(prefix) / "lib") for prefix in (sys.prefix, sys.base_prefix)}
    folders.add(str(Path(__file__).resolve().parents[2]))
    folders |= {_home_of(module) for name, module in list(sys.modules.items()) if name == "numpy"}
    unfit = {"", "/", str(Path.home())}
    return (*SYSTEM, *sorted(path for path in folders if path not in unfit and Path(path).is_dir()))


def _home_of(module: ModuleType) -> str:
    """The folder that a package is installed in: with ``pip install --user`` none of Python's own."""
    return str(Path(str(module.__file__)).resolve().parents[1])
