"""Diagnosis: the bug by name, its line, and a verified patch; a program is seen only through ``program.Program``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gradcheck.diagnosis.course import diagnose, diagnose_program

__all__ = ["diagnose", "diagnose_program"]


def __getattr__(name: str) -> Any:
    if name in __all__:  # brings the catalogue and the editor of texts: a child that only answers needs neither
        import importlib

        return getattr(importlib.import_module("gradcheck.diagnosis.course"), name)
    raise AttributeError(f"module 'gradcheck.diagnosis' has no attribute {name!r}")
