"""What is run of a hand-in: the program among its files, and what is said where there is none."""

from pathlib import Path

import pytest

from gradcheck.grading.subject.staging import staged
from gradcheck.grading.subject.ungradable import UngradableError
from gradcheck.submissions.declared.interface import Interface, Style

INTERFACE = Interface(style=Style.FUNCTIONS)


def test_a_suffix_in_capitals_is_one_too(tmp_path: Path) -> None:
    """As some editors and cameras write it."""
    (tmp_path / "NET.PY").write_text("a = 1\n")
    with staged(tmp_path / "NET.PY", INTERFACE) as program:
        assert program.file.name == "NET.PY"
        assert program.source.text == "a = 1\n"


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("net.py", b"def f(:\n    pass\n", True),
        ("net.py", b"", False),
        ("net.py", "a = 1\n".encode("utf-16"), False),
        ("net.py", b"# \xdcbung\na = 1\n", False),
        ("net.ipynb", b"no notebook", False),
    ],
    ids=["syntax", "empty", "utf-16", "latin-1", "notebook"],
)
def test_a_line_is_to_be_corrected_where_there_is_one(name: str, content: bytes, line: bool, tmp_path: Path) -> None:
    """Else it is not spoken of: what is to be done is in the reason."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UngradableError) as told, staged(tmp_path / name, INTERFACE):
        pass
    assert ("Correct that line" in str(told.value.cure)) is line
    assert "hand it in again" in str(told.value.cure)
