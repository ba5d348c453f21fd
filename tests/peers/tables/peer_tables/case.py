"""One case: a function at inputs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["Case"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A function whose derivative is right, where to look at it, and whether it has a rule for forward mode.

    ``constant`` says that its derivative is zero everywhere, so that nothing can be compared.
    """

    name: str
    function: Callable[..., Any]
    inputs: tuple[Any, ...]
    forward: bool = True
    constant: bool = False
