"""Files on their way to workers that do not see this machine's folders."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Parcel", "opened", "packed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """Files by their paths below a folder, and which of those paths is meant; ``""`` is the folder itself."""

    main: str
    files: Mapping[str, bytes]


def packed(path: Path, files: list[Path], folder: Path) -> Parcel:
    """Read files to be sent.

    Parameters
    ----------
    path : Path
        What is meant: a file, or a folder.
    files : list of Path
    folder : Path
        Which holds them all.

    Raises
    ------
    OSError
        If a file cannot be read.
    """
    main = path.relative_to(folder).as_posix()
    return Parcel(
        main="" if main == "." else main,
        files={file.relative_to(folder).as_posix(): file.read_bytes() for file in files},
    )


@contextlib.contextmanager
def opened(parcel: Parcel) -> Iterator[Path]:
    """The same files in a folder of their own, gone afterwards.

    Yields
    ------
    Path
        What is meant.
    """
    with tempfile.TemporaryDirectory(prefix="gradcheck-") as name:
        folder = Path(name)
        for relative, content in parcel.files.items():
            place = folder / relative
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        yield folder / parcel.main
