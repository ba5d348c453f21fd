"""The tutorials that are sessions show what their commands print, in the order in which a reader types them."""

from __future__ import annotations

import re
import shutil
from importlib import metadata
from pathlib import Path

import pytest
import tutorial_sessions

OLD = [
    name
    for name, least in (("click", 8.2), ("rich", 15))
    if float(".".join(metadata.version(name).split(".")[:2])) < least
]


@pytest.mark.skipif(bool(OLD), reason="sessions show what newer versions draw than this environment's")
@pytest.mark.parametrize("page", tutorial_sessions.SESSIONS, ids=lambda page: f"{page.parent.name}-{page.stem}")
def test_a_session_is_real(page: Path, tmp_path: Path) -> None:
    """Word for word; numbers may differ in their last digits, and times do."""
    needed = tutorial_sessions.FRAMEWORKS[page.relative_to(tutorial_sessions.DOCS).as_posix()]
    if needed is not None:
        pytest.importorskip(needed)
    for program in ("bash", "git"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    shown = page.read_text(encoding="utf-8")
    assert words(tutorial_sessions.retold(shown, tmp_path, tutorial_sessions.language_of(page))) == words(shown), (
        "python docs/tutorial_sessions.py"
    )


def words(text: str) -> list[str]:
    """The words and signs of a text; runs of digits, and of blanks and rules that align them, are one.

    Chinese is folded between any two of its characters, wherever a number has made a line longer.
    """
    text = re.sub(r"(?<=[\u3000-\u9fff\uff00-\uffef])\s+|\s+(?=[\u3000-\u9fff\uff00-\uffef])", "", text)
    text = re.sub(r"(?<=\ds) \(\d+:\d\d:\d\d\)", "", text)  # pytest's, where it took more than a minute
    return re.sub(r"-?\d[\d.]*(e[+-]?\d+)?", "0", text).replace("─", "").split()


def test_every_session_is_told() -> None:
    """A tutorial with a screen of that kind is one of those that are retold."""
    marked = "<!-- example: session -->"
    pages = {page for page in tutorial_sessions.DOCS.rglob("*.md") if marked in page.read_text("utf-8")}
    assert pages == set(tutorial_sessions.SESSIONS)


def test_steps_are_taken_in_their_order(tmp_path: Path) -> None:
    """Files are written where they stand, a command sees those before it, an exit code is that of the last command."""
    page = (
        "<!-- example: file a/b.txt -->\n```text\none\n```\n\n"
        "<!-- example: session -->\n```text\n$ cat a/b.txt\nstale\n$ false\n$ echo $?\n```\n\n"
        "<!-- example: file a/b.txt -->\n```text\ntwo\n```\n\n"
        "<!-- example: session -->\n```text\n$ cat a/b.txt\n```\n"
    )
    told = tutorial_sessions.retold(page, tmp_path)
    assert "$ cat a/b.txt\none\n$ false\n$ echo $?\n1\n```" in told
    assert told.endswith("$ cat a/b.txt\ntwo\n```\n")
    assert "stale" not in told


def test_only_commands_are_given_time(tmp_path: Path) -> None:
    """What a command says of another one is typed as it stands."""
    page = (
        "<!-- example: file job.yml -->\n```yaml\nrun: gradcheck ci networks\n```\n\n"
        "<!-- example: session -->\n```text\n$ grep -c 'gradcheck ci networks' job.yml\n```\n"
    )
    told = tutorial_sessions.retold(page, tmp_path)
    assert "job.yml\n1\n" in told
    pattern, patient = tutorial_sessions.PATIENCE
    assert pattern.sub(patient, "true && gradcheck ci x") == "true && gradcheck ci --time-limit 120 x"


def test_a_traceback_is_no_screen(tmp_path: Path) -> None:
    """A page is not rewritten with what has failed."""
    page = "<!-- example: session -->\n```text\n$ python -c 1/0\n```\n"
    with pytest.raises(SystemExit, match="ZeroDivisionError"):
        tutorial_sessions.retold(page, tmp_path)


def test_where_lines_are_folded_does_not_matter() -> None:
    """Another number in a screen moves its folds; another word does not pass."""
    assert words("随机种子\n   0。 ok") == words("随机种\n子 7。 ok")
    assert words("随机种子 0") != words("随机 0")


def test_a_slow_machine_is_no_other_session() -> None:
    """From a minute on pytest says minutes as well."""
    assert words("1 passed in 61.03s (0:01:01)") == words("1 passed in 0.52s")
