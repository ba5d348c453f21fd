"""Every fenced block of every page is run, compared with what is printed, or marked as not to be run, with a reason."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import command_pages
import pytest
import tutorial_sessions
from example_kinds import (
    code_runs,
    commands_are_known,
    data_is_valid,
    files_are_there,
    fits,
    notebook_cells_run,
)
from markdown_blocks import PAGES, ROOT, Block, blocks

ALL = [block for page in PAGES for block in blocks(page)]
# Pages whose screens are compared with what their commands print, and by which test.
SCREENS = {
    "README.md": "tests/meta/test_readme.py",
    "README.zh-CN.md": "tests/meta/test_readme.py",
    "docs/tutorials/my-network-does-not-learn.md": "tests/contract/cli/test_tutorial.py",
    "docs/tutorials/a-class-in-ten-minutes.md": "tests/contract/grading/test_example_class.py",
}
# Pages with blocks that tests of their own try: those in test_told_examples.py.
TOLD = frozenset({"docs/guides/pytest.md", "docs/reference/assignment.md", "docs/reference/interfaces.md"})
DATA = frozenset({"json", "toml", "yaml"})
KINDS = frozenset({"example: cells", "example: printed", "example: pytest"})


def held_by(block: Block) -> str | None:
    """What keeps a block true; None where nothing does."""
    doctested = block.language == "python" and ">>> " in block.text and block.page.startswith("docs/")
    screen = block.text.startswith("$ ") and block.page in SCREENS
    by_language = {"sh": "parsed", "python": "run", **dict.fromkeys(DATA, "read")}
    kinds = (
        (block.mark.startswith("shown: "), "shown"),
        (block.mark == "example: told" and block.page in TOLD, "told"),
        (_step(block), "session"),
        (block.mark in KINDS, block.mark.removeprefix("example: ")),
        (block.language.startswith("{"), "built"),
        (doctested, "doctest"),
        (screen, "screen"),
        (block.language in by_language, by_language.get(block.language)),
    )
    return next((kind for holds, kind in kinds if holds), None)


def _step(block: Block) -> bool:
    """Whether it is a file or a screen of a tutorial that is retold as a whole."""
    told = ROOT / block.page in tutorial_sessions.SESSIONS
    return told and (block.mark == "example: session" or block.mark.startswith("example: file "))


def of_kind(*kinds: str) -> list[object]:
    """Cases of the blocks of a kind."""
    return [pytest.param(block, id=block.name) for block in ALL if held_by(block) in kinds]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_no_block_is_held_by_nothing(page: Path) -> None:
    """Run, compared, read, built; or marked ``<!-- shown: REASON -->`` in so many words."""
    loose = [block.name for block in blocks(page) if held_by(block) is None]
    assert loose == []
    reasons = [block.mark.removeprefix("shown: ") for block in blocks(page) if block.mark.startswith("shown: ")]
    assert all(len(reason.split()) > 3 for reason in reasons)


def test_a_block_that_nothing_holds_is_seen() -> None:
    """Text without a mark, a screen on a page that no test retells, an unknown kind."""
    plain = {"page": "docs/x.md", "line": 1, "mark": ""}
    assert held_by(Block(language="text", text="PASS\n", **plain)) is None  # type: ignore[arg-type]
    assert held_by(Block(language="text", text="$ gradcheck check x.py\n", **plain)) is None  # type: ignore[arg-type]
    assert held_by(Block(page="docs/x.md", line=1, mark="example: maybe", language="text", text="")) is None


def test_screens_are_retold() -> None:
    """Each page with screens is one that its test reads, by itself or through the script that writes them."""
    script = (ROOT / "docs" / "readme_screen.py").read_text(encoding="utf-8")
    for page, test in SCREENS.items():
        text = (ROOT / test).read_text(encoding="utf-8")
        assert Path(page).name in (script if "readme_screen.py" in text else text), page


def test_told_pages_have_tests() -> None:
    """Every page with blocks of that kind is named by a test that tries them."""
    text = Path(__file__).with_name("test_told_examples.py").read_text(encoding="utf-8")
    assert {block.page for block in ALL if held_by(block) == "told"} == TOLD
    assert all(page in text for page in TOLD)


def test_doctests_run_in_the_build() -> None:
    """The examples with ``>>>`` are what an environment of tox runs."""
    assert re.search(r"pytest --doctest-glob=\*\.md docs", (ROOT / "tox.ini").read_text(encoding="utf-8"))
    assert [block for block in ALL if held_by(block) == "doctest"]


@pytest.mark.parametrize("block", of_kind("run", "pytest"))
def test_code_runs(block: Block, tmp_path: Path) -> None:
    """And prints what the block below it says, where that is marked as printed."""
    below = next((each for each in ALL if each.page == block.page and each.line > block.line), None)
    code_runs(block, below.text if below is not None and below.mark == "example: printed" else None, tmp_path)


@pytest.mark.parametrize("block", of_kind("printed"))
def test_what_is_printed_stands_below_code(block: Block) -> None:
    """Else nobody would compare it."""
    above = [each for each in ALL if each.page == block.page and each.line < block.line][-1]
    assert held_by(above) == "run"


@pytest.mark.parametrize("block", of_kind("parsed"))
def test_commands_are_known(block: Block) -> None:
    """Programs, options, values, extras, environments and scripts exist."""
    commands_are_known(block)


def test_examples_of_help_are_known() -> None:
    """The examples that ``--help`` gives, which the page on the command line repeats."""
    found = re.findall(r"^```sh\n(.*?)^```", command_pages.pages()["commands.md"], re.DOTALL | re.MULTILINE)
    assert len(found) > len(command_pages.NOTES)
    for text in found:
        commands_are_known(Block(page="gradcheck --help", line=1, language="sh", text=text, mark=""))


@pytest.mark.parametrize(
    "line",
    [
        "gradcheck chek x.py",
        "gradcheck check x.py --fast",
        "gradcheck check x.py --format yaml",
        "gradcheck bugs list more words",
        "pip install 'gradcheck[everything]'",
        "tox -e nothing",
        "pytest tests/nowhere",
        "python docs/nothing.py",
        "python -m benchmarks.nothing",
        "frobnicate",
    ],
)
def test_a_command_that_is_not_known_is_seen(line: str) -> None:
    """A slip in a page fails."""
    block = Block(page="docs/x.md", line=1, language="sh", text=f"gradcheck check x.py | cat\n{line}\n", mark="")
    with pytest.raises(AssertionError):
        commands_are_known(block)


@pytest.mark.parametrize("block", of_kind("read"))
def test_data_is_valid(block: Block, tmp_path: Path) -> None:
    """TOML, YAML, JSON; assignments and settings as gradcheck reads them."""
    data_is_valid(block, tmp_path)


@pytest.mark.parametrize("block", of_kind("built"))
def test_files_are_there(block: Block) -> None:
    """What a page takes from elsewhere exists."""
    files_are_there(block)


def test_cells_run() -> None:
    """Cells of a page run in one notebook, in their order."""
    for page in {block.page for block in ALL if held_by(block) == "cells"}:
        notebook_cells_run([block for block in ALL if block.page == page and held_by(block) == "cells"])


@pytest.mark.parametrize("block", [block for block in ALL if block.language == "python"], ids=lambda block: block.name)
def test_code_can_be_read(block: Block) -> None:
    """Also code that is only shown is Python."""
    if ">>> " not in block.text:
        ast.parse(block.text)


def test_text_is_compared_as_it_is_shown() -> None:
    """Three dots stand for anything, and nothing else does."""
    assert fits("a ... c\nd", "a b c\nd  ")
    assert not fits("a ... c\nd", "a b c\ne")
    assert not fits("a.c", "abc")
