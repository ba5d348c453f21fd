"""Rewrite the README's screen with what its command prints now: ``python docs/readme_screen.py``."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
SCREEN = re.compile(r"(```text\n\$ gradcheck (.*?)\n)(.*?)(\n```)", re.DOTALL)
FAIL = 1


def printed(command: str) -> str:
    """What ``gradcheck COMMAND`` prints on a screen of 80 columns."""
    ran = subprocess.run(  # noqa: S603 - the command is the README's own
        [sys.executable, "-m", "gradcheck", *command.split()],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "80", "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if ran.returncode != FAIL:
        raise SystemExit(f"gradcheck {command}: exit code {ran.returncode}, expected {FAIL} (FAIL)\n{ran.stderr}")
    return ran.stdout.rstrip("\n")


def main() -> None:
    """Replace the screen; everything else stays."""
    text = README.read_text(encoding="utf-8")
    found = SCREEN.search(text)
    if found is None:
        raise SystemExit(f"{README.name} has no screen that begins with '$ gradcheck'")
    screen = printed(found[2])
    README.write_text(text[: found.start(3)] + screen + text[found.end(3) :], encoding="utf-8")


if __name__ == "__main__":
    main()
