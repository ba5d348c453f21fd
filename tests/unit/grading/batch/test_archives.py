"""Archives that mean harm, or are damaged: refused, with nothing outside of the folder."""

import io
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from gradcheck.grading.batch.archives import ArchiveError, unpack


def _archive(place: Path, fill: Callable[[zipfile.ZipFile], None]) -> Path:
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
        fill(archive)
    return place


def _link(archive: zipfile.ZipFile) -> None:
    entry = zipfile.ZipInfo("net.py")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    archive.writestr(entry, "/etc/passwd")


def _lying(archive: zipfile.ZipFile) -> None:
    archive.writestr("net.py", b"\0" * 3_000_000)
    archive.infolist()[0].file_size = 10  # what the directory says, while the stream goes on


ATTACKS = {
    "parent": (lambda archive: archive.writestr("../net.py", "x"), "leads out"),
    "deep parent": (lambda archive: archive.writestr("a/../../net.py", "x"), "leads out"),
    "absolute": (lambda archive: archive.writestr("/tmp/net.py", "x"), "leads out"),
    "backslash": (lambda archive: archive.writestr("..\\net.py", "x"), "leads out"),
    "drive": (lambda archive: archive.writestr("C:\\net.py", "x"), "leads out"),
    "link": (_link, "link"),
    "bomb": (lambda archive: archive.writestr("net.py", b"\0" * 3_000_000), "more than is allowed"),
    "lying size": (_lying, "."),
    "many files": (lambda archive: [archive.writestr(f"{n}.py", "") for n in range(30)], "30 files"),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_attacks_are_refused(attack: str, tmp_path: Path) -> None:
    """With a cure, and without a trace outside."""
    fill, message = ATTACKS[attack]
    archive = _archive(tmp_path / "a.zip", fill)
    folder = tmp_path / "in" / "here"
    folder.mkdir(parents=True)
    with pytest.raises(ArchiveError, match=message) as told:
        unpack(archive, folder, max_files=20, max_bytes=1_000_000)
    assert told.value.cure
    outside = {place for place in tmp_path.rglob("*") if not place.is_relative_to(folder)}
    assert outside == {archive, tmp_path / "in"}
    assert not any(place.is_symlink() for place in folder.rglob("*"))


def _encrypted() -> bytes:
    """An entry that says of itself that it is encrypted."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("net.py", "x = 1")
    data = bytearray(stream.getvalue())
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def _cut() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("net.py", bytes(range(256)) * 40)
    data = bytearray(stream.getvalue())
    data[45:60] = b"\xff" * 15
    return bytes(data)


@pytest.mark.parametrize("blob", [b"", b"no zip", _encrypted(), _cut()], ids=["empty", "text", "encrypted", "damaged"])
def test_what_cannot_be_read(blob: bytes, tmp_path: Path) -> None:
    """One message each."""
    (tmp_path / "a.zip").write_bytes(blob)
    (tmp_path / "here").mkdir()
    with pytest.raises(ArchiveError) as told:
        unpack(tmp_path / "a.zip", tmp_path / "here")
    assert told.value.cure


def test_a_good_archive(tmp_path: Path) -> None:
    """Folders, and names with a backslash as an old Windows packer writes them."""
    archive = _archive(
        tmp_path / "a.zip",
        lambda a: (a.writestr("src/net.py", "x = 1"), a.writestr("src\\data.csv", "1"), a.mkdir("empty")),
    )
    (tmp_path / "here").mkdir()
    unpack(archive, tmp_path / "here")
    assert (tmp_path / "here" / "src" / "net.py").read_text() == "x = 1"
    assert (tmp_path / "here" / "src" / "data.csv").read_text() == "1"
