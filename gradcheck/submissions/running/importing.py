"""Finds modules by their names, and those beside a program that were read with it: each watched as the program is."""

from __future__ import annotations

import abc
import importlib.abc
import importlib.machinery
import sys
import types
from collections.abc import Callable, Sequence

from gradcheck.submissions.text.source import Source
from gradcheck.submissions.text.updates import RUNTIME_NAME

__all__ = ["NameFinder", "PartFinder", "is_own"]


def is_own(kind: type) -> bool:
    """Whether a class was written by the submission's author: in the program, or in a module read with it."""
    module = sys.modules.get(str(kind.__module__))
    return isinstance(module, types.ModuleType) and RUNTIME_NAME in vars(module)


class NameFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds a module by its name alone, wherever Python would look for it, and loads it."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002 (the import system's signature)
        target: types.ModuleType | None = None,  # noqa: ARG002
    ) -> importlib.machinery.ModuleSpec | None:
        """A spec where the name is known."""
        return self.spec_of(fullname)

    @abc.abstractmethod
    def spec_of(self, name: str) -> importlib.machinery.ModuleSpec | None:
        """The spec of a module, None for one that it does not find."""


class PartFinder(NameFinder):
    """Finds the modules of a source.

    Parameters
    ----------
    source : Source
    execute : callable
        ``execute(module, first, last)`` runs the lines of the program from first to last in the module's namespace.
    """

    def __init__(self, source: Source, execute: Callable[[types.ModuleType, int, int], None]) -> None:
        self._parts = {part.module: part for part in source.modules}
        self._execute = execute

    def spec_of(self, name: str) -> importlib.machinery.ModuleSpec | None:
        """A spec for a module of the source."""
        part = self._parts.get(name)
        if part is None:
            return self._folder_of(name)
        spec = importlib.machinery.ModuleSpec(name, self, origin=str(part.path), is_package=part.is_package)
        if part.is_package:
            spec.submodule_search_locations = [str(part.path.parent)]
        return spec

    def _folder_of(self, name: str) -> importlib.machinery.ModuleSpec | None:
        """A folder without ``__init__.py`` that modules of the source lie in: Python may not list what it lies in."""
        below = next((part for known, part in self._parts.items() if known.startswith(f"{name}.")), None)
        if below is None:
            return None
        folder = below.path.parent if below.is_package else below.path
        spec = importlib.machinery.ModuleSpec(name, None, is_package=True)
        spec.submodule_search_locations = [str(folder.parents[below.module.count(".") - name.count(".") - 1])]
        return spec

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType | None:  # noqa: ARG002
        """As Python itself would."""
        return None

    def exec_module(self, module: types.ModuleType) -> None:
        """Run its lines."""
        part = self._parts[module.__name__]
        module.__dict__["__file__"] = str(part.path)
        self._execute(module, part.first, part.first + part.count - 1)
