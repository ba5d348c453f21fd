"""Rewrite the screens of the READMEs and of the tutorials with what their commands print now.

``python docs/readme_screen.py``. A screen is a block that begins with ``$`` and a command. The READMEs' commands run in
the checkout; a tutorial's one after the other in a folder with a copy of its example, which they may change.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
READMES = (ROOT / "README.md", ROOT / "README.zh-CN.md")
TUTORIAL = ROOT / "docs" / "tutorials" / "my-network-does-not-learn.md"
EXAMPLE = ROOT / "examples" / "does_not_learn.py"
CLASS_TUTORIAL = ROOT / "docs" / "tutorials" / "a-class-in-ten-minutes.md"
CLASS = ROOT / "examples" / "class"
SCREEN = re.compile(r"(?P<head>```text\n\$ (?P<command>[^\n]*)\n)(?P<shown>.*?)(?P<tail>```)", re.DOTALL)
INTERRUPTED = 130
PATIENCE = ["--time-limit", "120"]  # so that a busy machine tells the same as an idle one
PROGRAMS = {"gradcheck": ["-m", "gradcheck"], "python": []}


def printed(command: str, folder: Path) -> str:
    """What a command prints on a screen of 80 columns, in a folder.

    Raises
    ------
    SystemExit
        If it writes to standard error beside warnings of Python, or does not run to its end.
    """
    program, *arguments = command.split()
    if arguments[:1] in (["diagnose"], ["fix"]):
        arguments += PATIENCE
    ran = subprocess.run(  # noqa: S603 - the command is the page's own
        [sys.executable, *PROGRAMS[program], *arguments],
        cwd=folder,
        env={
            **os.environ,
            "COLUMNS": "80",
            "PYTHONIOENCODING": "utf-8",
            "PYTHONWARNINGS": "ignore",
            "GRADCHECK_LANG": "en",
        },
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if ran.stderr or ran.returncode >= INTERRUPTED:
        raise SystemExit(f"{command}: exit code {ran.returncode}\n{ran.stderr}")
    return "\n".join(line.rstrip() for line in ran.stdout.rstrip("\n").split("\n")) + "\n"


def retold(text: str, folder: Path) -> str:
    """A page with its screens as they are now, its commands run in their order in the folder."""
    return SCREEN.sub(lambda found: f"{found['head']}{printed(found['command'], folder)}{found['tail']}", text)


def main() -> None:
    """Replace the screens; everything else stays."""
    for readme in READMES:
        readme.write_text(retold(readme.read_text(encoding="utf-8"), ROOT), encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(EXAMPLE, folder)
        TUTORIAL.write_text(retold(TUTORIAL.read_text(encoding="utf-8"), Path(folder)), encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(shutil.copytree(CLASS, Path(folder) / "class"))
        CLASS_TUTORIAL.write_text(retold(CLASS_TUTORIAL.read_text(encoding="utf-8"), copy), encoding="utf-8")


if __name__ == "__main__":
    main()
