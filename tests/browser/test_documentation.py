"""The documentation in a browser: no page is wider than its window, and nothing comes from elsewhere."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WIDTHS = {"telephone": 380, "laptop": 1200}
# Pages whose table, figure or screen is as wide as any; all others are built of the same parts.
PAGES = (
    "index", "explanation/beside-other-tools", "explanation/numeric-differentiation", "project/architecture",
    "reference/api", "reference/bugs", "reference/bugs-recursion", "reference/bugs/updated-weights-used",
    "reference/cli", "reference/schemas", "the-four-documents", "tutorials/a-gate-in-a-build", "zh/getting-started",
)  # fmt: skip
TOO_WIDE = """
() => {
  const width = document.documentElement.clientWidth;
  const figures = [...document.querySelectorAll('article svg[role=img]')];
  return document.documentElement.scrollWidth > width
    || figures.some(figure => figure.getBoundingClientRect().right > width + 1);
}
"""


@pytest.fixture(scope="module")
def site(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site."""
    for name in ("sphinx", "furo", "myst_parser", "numpydoc"):
        pytest.importorskip(name, reason="pip install 'gradcheck[docs]'")
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "-b", "html", "-d", str(folder / "doctrees")]
    built = subprocess.run(
        [*command, str(root / "docs"), str(folder / "html")], capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stderr
    return folder / "html"


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_is_wider_than_its_window(site: Path, chromium: Any, width: int, scheme: str) -> None:
    """Tables and programs scroll within themselves, figures shrink; and no request leaves the disk."""
    requests: list[str] = []
    context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    page.on("request", lambda request: requests.append(request.url))
    wide = []
    for name in PAGES:
        page.goto((site / f"{name}.html").as_uri())
        if page.evaluate(TOO_WIDE):
            wide.append(name)
    context.close()
    assert wide == []
    assert [url for url in requests if not url.startswith(("file:", "data:"))] == []


@pytest.mark.parametrize(
    "wide", ["<p style='width: 2000px'>wide</p>", "<article><svg role='img' width='900'></svg></article>"]
)
def test_what_is_too_wide_is_seen(chromium: Any, wide: str) -> None:
    """Text that pushes the page, and a figure that is cut off."""
    page = chromium.new_page(viewport={"width": 400, "height": 300})
    page.set_content(f"<body style='overflow-x: clip'>{wide}</body>" if "svg" in wide else wide)
    assert page.evaluate(TOO_WIDE)
    page.close()
