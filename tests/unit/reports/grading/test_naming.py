"""Names of files: safe wherever they are written, one for each key, and the same tomorrow."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.reports.grading.naming import file_name


@pytest.mark.parametrize("key", ["ada.py", "hw-3_bo.ipynb", "s1", "0"])
def test_a_safe_key_is_its_name(key: str) -> None:
    """So that people find their files."""
    assert file_name(key) == key


@pytest.mark.parametrize(
    "key",
    [
        *(
            "",
            ".",
            "..",
            "../../etc/passwd",
            "a/b",
            "a\\b",
            "a\x00b",
            "a\nb",
            "-rf",
            ".hidden",
            "a b",
            "<script>",
            "Ada.py",
        ),
        *("con", "nul.py", "lpt1", "a.", "a~b", "x" * 300, "\ud800", "ä", "名前", "a:b", "a|b", "a?b*"),
    ],
)
def test_others_are_made_safe(key: str) -> None:
    """No separator, no device, nothing hidden, no option, not too long; and not another key's name."""
    name = file_name(key)
    assert re.fullmatch(r"[a-z0-9][a-z0-9.-]*~[0-9a-f]{12}", name)
    assert len(name) < 80


@given(st.lists(st.text(max_size=12), unique=True, max_size=30))
def test_no_two_keys_share_a_name(keys: list[str]) -> None:
    """Also where a file system does not tell capitals apart."""
    assert len({file_name(key).lower() for key in keys}) == len(keys)


def test_a_name_is_the_same_in_every_run() -> None:
    """It is linked to."""
    assert file_name("Ada Lovelace.py") == "ada-lovelace.py~f4494499ca1c"
