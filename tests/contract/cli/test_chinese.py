"""Check, diagnose and fix of real files in Chinese: what this program says, and the processes that run the files."""

from __future__ import annotations

import json
from typing import Any

import pytest
from translation import english_left

FILES = ("right.py", "wrong.py", "empty.py", "syntax.py", "crash.py", "exit.py", "unknown.py", "nosuch.py")
# What Python itself says of a file, which is told word for word.
PYTHON = ("invalid syntax",)


@pytest.mark.parametrize("arguments", [("check", *FILES), ("diagnose", "wrong.py", "crash.py"), ("fix", "wrong.py")])
def test_what_is_said_of_files_is_chinese(shell: Any, arguments: tuple[str, ...]) -> None:
    """No run of three English words above the adapter that is offered, and the exit code is the same."""
    done = shell(*arguments, "--lang", "zh_CN", COLUMNS="100")
    assert done.returncode == (0 if arguments[0] == "fix" else 1)
    assert done.stderr == ""
    said = "\n".join(part.partition('"""')[0] for part in done.stdout.split("\n──"))
    assert any("\u4e00" <= character <= "\u9fff" for character in said)
    assert english_left(said, *PYTHON) == []


def test_a_process_that_runs_a_file_speaks_the_same(shell: Any) -> None:
    """The loss is described where the file is run, and in the language of who asked; the environment may say so too."""
    english = json.loads(shell("check", "wrong.py", "--format", "json").stdout)
    chinese = json.loads(shell("check", "wrong.py", "--format", "json", GRADCHECK_LANG="zh_CN").stdout)
    assert "(line " in english["loss"]
    assert "行）" in chinese["loss"]
    assert [block["verdict"] for block in chinese["blocks"]] == [block["verdict"] for block in english["blocks"]]
    assert chinese["verdict"] == english["verdict"] == "fail"
    assert chinese["reason"] != english["reason"]
