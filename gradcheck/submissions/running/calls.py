"""Hears of each function of a file that is called, while something runs."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

__all__ = ["calls_told"]


@contextmanager
def calls_told(space: Mapping[str, Any], tell: Callable[[types.FrameType], None]) -> Iterator[None]:
    """Inside, ``tell(frame)`` is called with the frame of each function that begins.

    Parameters
    ----------
    space : mapping
        The module's own names: functions of others are not told.
    tell : callable
    """

    def note(frame: types.FrameType, event: str, _argument: Any) -> None:
        if event == "call" and frame.f_globals is space:
            tell(frame)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield
    finally:
        sys.setprofile(before)
