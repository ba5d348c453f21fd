"""What is said from within a submission's process is said in the language of the one who asked."""

from __future__ import annotations

from pathlib import Path

from gradcheck import check_file, language

FILE = Path(__file__).resolve().parents[3] / "examples" / "updated_weights_used.py"


def test_a_process_speaks_the_language_that_it_is_asked_in() -> None:
    """One after the other too, where all processes are forked from the same one."""
    for tag, begins in (("en", "The step of V, c is"), ("zh_CN", "V、c 的更新量"), ("en", "The step of V, c is")):
        with language.using(tag):
            finding = check_file(FILE).finding("updated-weights-used")
        assert finding is not None
        assert finding.message.startswith(begins)
