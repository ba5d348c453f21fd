"""Tutorials as sessions: their files are written, their commands typed, and what is printed is put in the page.

``python docs/tutorial_sessions.py [PAGE ...]`` rewrites the screens of the tutorials that are told so. Each plays in a
folder of its own: ``<!-- example: file NAME -->`` stands above a file that is written there (anew, where it is there
already), ``<!-- example: session -->`` above a screen, in which lines that begin with ``$`` are commands.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

__all__ = ["DOCS", "FRAMEWORKS", "LANGUAGES", "SESSIONS", "language_of", "retold"]

DOCS = Path(__file__).resolve().parent
# What each needs beside the tool itself.
FRAMEWORKS = {
    "tutorials/a-gate-in-a-build.md": None,
    "tutorials/a-backward-function-in-pytorch.md": "torch",
    "tutorials/a-rule-in-jax.md": "jax",
    "guides/at-the-terminal.md": None,
    "zh/getting-started.md": None,
}
SESSIONS = tuple(DOCS / name for name in FRAMEWORKS)
# Of the folders whose pages are not in English.
LANGUAGES = {"zh": "zh_CN"}
STEP = re.compile(
    r"<!-- example: (?:file (?P<file>\S+)|session) -->\n```(?P<language>\w+)\n(?P<text>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)
# A busy machine tells the same as an idle one: what runs code, or names a bug, is given time; not what speaks of it.
PATIENCE = (re.compile(r"(^|[;&|] *)gradcheck (ci|check|diagnose|fix)\b"), r"\1gradcheck \2 --time-limit 120")


def retold(page: str, folder: Path, language: str = "en") -> str:
    """A page with its screens as they are now, its steps taken one after the other in a folder."""
    return STEP.sub(lambda found: _taken(found, folder, language), page)


def language_of(page: Path) -> str:
    """The language that the commands of a page speak."""
    return LANGUAGES.get(page.parent.name, "en")


def _taken(found: re.Match[str], folder: Path, language: str) -> str:
    if found["file"] is not None:
        file = folder / found["file"]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(found["text"], encoding="utf-8")
        return found[0]
    screens, code = [], 0
    for line in found["text"].splitlines():
        if line.startswith("$ "):
            shown, code = _typed(line.removeprefix("$ "), folder, code, language)
            screens.append(f"{line}\n{shown}")
    return found[0].replace(found["text"], "".join(screens))


def _typed(command: str, folder: Path, before: int, language: str) -> tuple[str, int]:
    """What a command shows on a screen of 80 columns, and its exit code; ``$?`` is that of the one before.

    Raises
    ------
    SystemExit
        If a program ends in a traceback: that is not to be shown.
    """
    ran = subprocess.run(  # noqa: S603 - the commands are the page's own
        ["bash", "-c", f"(exit {before}); {PATIENCE[0].sub(PATIENCE[1], command)}"],  # noqa: S607
        cwd=folder,
        env=_environment(folder, language),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    if "Traceback (most recent call last)" in ran.stdout:
        raise SystemExit(f"{command}\n{ran.stdout}")
    lines = ran.stdout.replace(str(folder), "...").rstrip("\n").splitlines()
    return "".join(f"{line.rstrip()}\n" for line in lines), ran.returncode


def _environment(folder: Path, language: str) -> dict[str, str]:
    """Nobody's own settings: this Python's programs, a screen of 80 columns, a language, and a name for git."""
    names = {f"GIT_{who}_{what}": said for who in ("AUTHOR", "COMMITTER") for what, said in WHO.items()}
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "GRADCHECK_", "PYTEST_"))},
        **names,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH")])),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONIOENCODING": "utf-8",
        "PYTHONWARNINGS": "ignore",
        "COLUMNS": "80",
        "GRADCHECK_DEBUG": "1",
        "GRADCHECK_LANG": language,
        "PY_COLORS": "0",
    }


WHO = {"NAME": "Somebody", "EMAIL": "somebody@example.org", "DATE": "2026-01-01T12:00:00Z"}


def main(names: list[str]) -> None:
    """Replace the screens of all sessions, or of those that are named."""
    for page in SESSIONS:
        if names and page.name not in names:
            continue
        with tempfile.TemporaryDirectory() as folder:
            text = retold(page.read_text(encoding="utf-8"), Path(folder), language_of(page))
            page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
