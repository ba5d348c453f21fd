"""A browser for the tests, or a skip that says what is missing; and pages that complain of all that goes wrong in them.

Debian's Chromium is used where it is installed (``CHROMIUM`` names another), else the one that Playwright brings.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

_HERE = Path(__file__).resolve().parent
for _folder in (_HERE, _HERE.parent / "unit" / "reports" / "grading" / "page"):
    if str(_folder) not in sys.path:
        sys.path.insert(0, str(_folder))

from drawn_class import drawn_class, rendered  # noqa: E402 - after the path is there

from gradcheck.reports.grading.writing import write_class  # noqa: E402


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """One browser for all tests."""
    api = pytest.importorskip("playwright.sync_api", reason='no Playwright: pip install "gradcheck[browser]"')
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with api.sync_playwright() as playwright:
        try:
            # A sandbox needs rights that a container has not; the pages are the tests' own.
            browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        except api.Error as error:
            pytest.skip(f"no Chromium: apt install chromium, or playwright install chromium ({error.message[:80]})")
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium: Any) -> Iterator[Callable[..., Any]]:
    """Open a file in a context of its own; at the end nothing may have gone wrong, nor left the disk."""
    contexts, complaints = [], []

    def open_file(path: Path, hash_: str = "", **options: Any) -> Any:
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        context.set_default_timeout(10_000)  # milliseconds until a missing element is a failure
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        page.on("dialog", lambda dialog: (complaints.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("request", lambda asked: complaints.append(asked.url) if not asked.url.startswith("file:") else None)
        page.goto(f"{path.as_uri()}{hash_}")
        return page

    yield open_file
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a class of forty, beside its sheets."""
    folder = tmp_path_factory.mktemp("class")
    write_class(drawn_class(folder, 40))
    return folder / "report" / "index.html"


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a class that has three pages of students, without sheets."""
    path = tmp_path_factory.mktemp("large") / "index.html"
    path.write_text(rendered(drawn_class(path.parent, 250)), encoding="utf-8")
    return path
