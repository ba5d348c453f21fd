"""What the tests of the class page read off it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

Opened = Callable[..., Any]


def data(page: Any) -> dict[str, Any]:
    """What the page was made of."""
    found: dict[str, Any] = json.loads(page.locator("#class").text_content())
    return found


def until(page: Any, expression: str) -> bool:
    """Whether it comes true; the page's policy forbids what Playwright would wait with."""
    for _ in range(100):
        if page.evaluate(expression):
            return True
        page.wait_for_timeout(50)
    return False


def names(page: Any) -> list[str]:
    """Of the students that are shown, from above."""
    shown: list[str] = page.locator(".table tbody th bdi").all_text_contents()
    return shown


def marks(page: Any) -> list[float]:
    """Of those that have one, from above."""
    cells = page.locator(".table tbody td.mark").all_text_contents()
    return [float(text) for text in cells if text != "no mark"]
