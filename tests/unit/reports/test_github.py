"""GitHub: commands that no text can forge, and a summary whose text is text."""

from __future__ import annotations

import dataclasses
import re

import pytest
from constructed_diagnoses import ONE, UNREADABLE, UNREPAIRED
from constructed_outcomes import EVERYTHING, HOSTILE, MANY, NOTEBOOK, known, outcome
from markdown_it import MarkdownIt

from gradcheck.reports.github import LARGEST, MOST, muted, summary, workflow_commands
from gradcheck.reports.markdown import code, fenced, prose

COMMAND = re.compile(r"::(error|warning) file=([^,:]+)(?:,line=(\d+))?,title=([^,:]+)::([^\r\n]*)")


def test_a_failure_is_a_command_with_its_place() -> None:
    """A failure is a command with its place, its title and its message, and names the fix where there is one."""
    (line,) = workflow_commands(outcome(ONE))
    found = COMMAND.fullmatch(line)
    assert found is not None
    assert found.group(1, 2, 3) == ("error", "network.py", "40")
    assert "derivative-at-activation" in found[4]
    assert found[5].endswith("%0AA verified fix: gradcheck fix network.py")
    assert "A verified fix" not in workflow_commands(outcome(UNREPAIRED))[0]


def test_what_was_not_checked_is_a_warning() -> None:
    """What was not checked is a warning without a line."""
    (line,) = workflow_commands(outcome(UNREADABLE))
    assert line.startswith("::warning file=network.py,title=")


def test_a_notebook_names_its_cell() -> None:
    """A notebook names its cell, and claims no line of its file."""
    (line,) = workflow_commands(outcome(NOTEBOOK))
    assert line.startswith("::error file=homework.ipynb,title=")
    assert "::cell 2, line 7: " in line


def test_known_failures_are_not_annotated() -> None:
    """Known failures are not annotated, and stand in the summary."""
    assert workflow_commands(known(outcome(ONE))) == []
    assert "Known, in the baseline" in summary(known(outcome(ONE)))


def test_github_shows_ten_of_a_level() -> None:
    """GitHub shows ten of a level; the summary has all."""
    assert len(workflow_commands(MANY)) == MOST
    assert all(f"<code>f{number}.py&#58;40</code>" in summary(MANY) for number in range(37))


def test_hostile_text_is_one_command_a_failure() -> None:
    """Hostile text ends no line and no property: each failure is one well-formed command."""
    lines = workflow_commands(HOSTILE)
    assert len(lines) == 2
    for line in lines:
        assert COMMAND.fullmatch(line), line
        assert "\x1b" not in line
    assert not any("\n" in line or "\r" in line for line in lines)


def test_muting_needs_a_token() -> None:
    """What is muted is between two commands with the token."""
    assert muted("t0k3n") == ("::stop-commands::t0k3n", "::t0k3n::")


def _links_and_markup(page: str) -> tuple[list[str], str]:
    tokens = MarkdownIt("commonmark").enable("table").parse(page)
    inner = [child for token in tokens for child in (token.children or [])]
    kinds = [child.type for child in inner if child.type in ("link_open", "image")]
    raw = "".join(t.content for t in [*tokens, *inner] if t.type in ("html_inline", "html_block"))
    return kinds, raw


def test_hostile_text_is_text_in_the_summary() -> None:
    """Hostile text makes no link, no image, no markup and no notification in the summary, and ends no table."""
    page = summary(HOSTILE)
    links, markup = _links_and_markup(page)
    assert links == []
    tags = set(re.findall(r"</?([a-z]+)", markup))
    assert tags == {"code", "details", "summary"}
    assert "@all" not in page
    assert "http://" not in page
    rows = [line for line in page.splitlines() if line.startswith("| ")]
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 4 for row in rows)
    assert len(rows) == 3


def test_the_summary_tells_everything() -> None:
    """The summary tells what is new, fixed and skipped, and shows the patches."""
    page = summary(EVERYTHING)
    for told in ("7 new failures", "1 of 7 networks right", "Fixed since the baseline", "1 file skipped", "```diff"):
        assert told in page, told
    assert "nothing was checked" in summary(outcome())


def test_patches_apply_at_the_root() -> None:
    """Their first lines have the path that git knows, wherever the file lies and the gate was started."""
    page = summary(outcome(dataclasses.replace(ONE, file="src/nets/network.py")))
    assert "--- a/src/nets/network.py\n+++ b/src/nets/network.py\n@@ -37,7 +37,7 @@\n" in page
    assert "--- a/network.py\n+++ b/network.py\n@@" in summary(outcome(ONE))


def test_the_summary_is_never_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that GitHub would refuse is cut, and says so."""
    monkeypatch.setattr("gradcheck.reports.github.LARGEST", 300)
    page = summary(EVERYTHING)
    assert len(page.encode()) < 400
    assert "did not fit" in page
    assert LARGEST < 1 << 20


@pytest.mark.parametrize("text", ["a | b", "`x`", "<b>", "[a](b)", "![a](b)", "\\|", "*x* _y_ ~z~", "a\nb", "$x$"])
def test_markdown_shows_text_as_it_is(text: str) -> None:
    """Rendered, prose and code in a table are the text that they were."""
    shown = []
    for cell in (prose(text), code(text)):
        page = f"| a | b |\n|---|---|\n| {cell} | end |"
        html = MarkdownIt("commonmark").enable("table").render(page)
        cells = re.findall(r"<td>(.*?)</td>", html)
        assert len(cells) == 2, html
        shown.append(re.sub(r"</?code>", "", cells[0]))
    plain = " ".join(text.split()).replace("<", "&lt;").replace(">", "&gt;")
    assert shown == [plain, plain]


def test_a_fence_is_longer_than_those_inside() -> None:
    """A fence is longer than those inside."""
    assert fenced("````\nx") == "`````\n````\nx\n`````"
