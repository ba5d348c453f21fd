"""The files that an assignment refers to: found beside it, read once, and part of its digest."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gradcheck.grading.assignment.problems import Key, Problems, shown

__all__ = ["Files", "arrays_of"]

LARGEST = 64 * 2**20  # bytes: more is no data of an exercise, and would be read by every worker


@dataclass(slots=True, kw_only=True)
class Files:
    """Files below an assignment's folder.

    Attributes
    ----------
    folder : Path
        Resolved.
    text : bytes
        The assignment file itself.
    contents : dict of str to bytes
        What was referred to, by its path as written.
    """

    folder: Path
    text: bytes
    contents: dict[str, bytes] = field(default_factory=dict)

    def find(self, name: str, at: Key, problems: Problems) -> Path | None:
        """The path of a file; None, and a problem, where there is none that can be used."""
        try:
            path = (self.folder / name).resolve()
            inside = path.is_relative_to(self.folder)
            there = path.is_file()
        except (OSError, ValueError):
            inside, there = True, False
        if not inside:
            problems.add(at, f"{shown(name)} lies outside the assignment's folder", "Put it beside the assignment file")
            return None
        if not there:
            problems.add(at, f"there is no file {shown(name)}", f"Write its path from {self.folder}, or put it there")
            return None
        try:
            if path.stat().st_size > LARGEST:
                problems.add(at, f"{shown(name)} is too large", f"Use a file of at most {LARGEST >> 20} MiB")
                return None
            self.contents[name] = path.read_bytes()
        except OSError as error:
            problems.add(at, f"{shown(name)} cannot be read: {error.strerror}", "Make it readable")
            return None
        return path

    @property
    def digest(self) -> str:
        """SHA-256 (hexadecimal) over the assignment file and all that was found."""
        whole = hashlib.sha256()
        for name, content in [("", self.text), *sorted(self.contents.items())]:
            for part in (name.encode("utf-8", "surrogatepass"), content):
                whole.update(len(part).to_bytes(8, "big") + part)
        return whole.hexdigest()


def arrays_of(content: bytes) -> dict[str, NDArray[np.float64]] | None:
    """The arrays ``X`` and ``Y`` of a ``.npz`` file as float64; None where it has none of that kind."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            return {name: np.asarray(archive[name], dtype=np.float64) for name in ("X", "Y")}
    except Exception:  # noqa: BLE001 - NumPy's and zipfile's readers raise many kinds over a broken file
        return None
