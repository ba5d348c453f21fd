"""From a changed program back to the files that it was read from: their new contents, and the change as their diffs."""

from __future__ import annotations

import difflib
import itertools
import os.path
from collections.abc import Mapping
from pathlib import Path

from gradcheck.submissions.text.notebook import rewritten_notebook
from gradcheck.submissions.text.source import Part, Source

# Entries of a folder that are shown at most.
MAX_SHOWN = 2000

__all__ = ["changed_parts", "contents", "local_patch", "mirrored"]


def changed_parts(source: Source, text: str) -> dict[int, str]:
    """What each part of a program would be, if the program were another text; only those that change.

    Parameters
    ----------
    source : Source
        Of several parts.
    text : str
        The whole program, changed.

    Returns
    -------
    dict of int to str
        By the position of the part; lines that stand for nothing in the program are what they are in its place.
    """
    old, new = source.text.splitlines(), text.splitlines()
    edits: dict[int, list[tuple[int, int, list[str]]]] = {}
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for kind, i1, i2, j1, j2 in matcher.get_opcodes():
        if kind != "equal":
            for number, first, last, lines in _by_part(source.parts, i1, i2, new[j1:j2]):
                edits.setdefault(number, []).append((first, last, lines))
    return {number: _edited(source.parts[number], found) for number, found in sorted(edits.items())}


def contents(source: Source, text: str) -> dict[Path, str | bytes]:
    """The new content of every file that changes: text as for ``write_like``, or a whole notebook.

    Parameters
    ----------
    source : Source
    text : str
        The whole program, changed.
    """
    if not source.parts:
        return {source.path: text}
    found: dict[Path, str | bytes] = {}
    cells: dict[int, str] = {}
    for number, new in changed_parts(source, text).items():
        part = source.parts[number]
        if part.cell is None:
            found[part.path] = new
        else:
            cells[part.cell] = new
    if cells:
        found[source.path] = rewritten_notebook(source.path.read_bytes(), cells)
    return found


def mirrored(source: Source, changed: Mapping[Path, str | bytes], target: Path) -> Path:
    """A program of several files once more, with other contents of some, in a folder that shows all else that is there.

    Parameters
    ----------
    source : Source
    changed : mapping of Path to str or bytes
        As ``contents`` returns them.
    target : Path
        An empty folder.

    Returns
    -------
    Path
        The program itself there.
    """
    main = source.path.resolve()
    files: dict[Path, str | bytes] = {main: main.read_bytes(), **{file.resolve(): new for file, new in changed.items()}}
    top = Path(os.path.commonpath(source.roots)) if source.roots else main.parent
    _mirror(top, target, files)
    return target / main.relative_to(top)


def _mirror(folder: Path, target: Path, files: Mapping[Path, str | bytes]) -> None:
    target.mkdir(exist_ok=True)
    for entry in itertools.islice(sorted(folder.iterdir()), MAX_SHOWN):
        content = files.get(entry.resolve())
        if content is not None:
            (target / entry.name).write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        elif any(file.is_relative_to(entry.resolve()) for file in files):
            _mirror(entry, target / entry.name, files)
        else:
            (target / entry.name).symlink_to(entry)


def local_patch(source: Source, patch: str | None) -> str | None:
    """A unified diff of the program as the diffs of its parts: of files by their names, of cells by their numbers.

    Parameters
    ----------
    source : Source
    patch : str or None
        Of ``source.text``.
    """
    from gradcheck.submissions.text.patching import applied

    if patch is None or not source.parts:
        return patch
    try:
        text = applied(patch, source.text)
    except ValueError:
        return None
    pieces = []
    for number, new in changed_parts(source, text).items():
        part = source.parts[number]
        pieces += _diff(part.original, new, _name(source, part))
    return "".join(pieces) or None


def _name(source: Source, part: Part) -> str:
    if part.cell is not None:
        return f"{part.path.name} (cell {part.cell})"
    try:
        return part.path.resolve().relative_to(source.path.resolve().parent).as_posix()
    except ValueError:
        return part.path.name


def _diff(old: str, new: str, name: str) -> list[str]:
    lines = difflib.unified_diff(
        old.splitlines(keepends=True), new.splitlines(keepends=True), f"a/{name}", f"b/{name}", n=3
    )
    found: list[str] = []
    for line in lines:
        found.append(line if line.endswith("\n") else f"{line}\n")
        if not line.endswith("\n"):
            found.append("\\ No newline at end of file\n")
    return found


def _by_part(parts: tuple[Part, ...], first: int, last: int, lines: list[str]) -> list[tuple[int, int, int, list[str]]]:
    """One edit of the program's lines, counted from 0, cut at the borders of the parts; what is new goes first."""
    if first == last:  # added: to where the line before it is
        number = next((n for n, part in enumerate(parts) if part.holds(max(first, 1))), len(parts) - 1)
        at = first - (parts[number].first - 1)
        return [(number, at, at, lines)]
    found = []
    for number, part in enumerate(parts):
        start, end = max(first, part.first - 1), min(last, part.first - 1 + part.count)
        if start < end:
            found.append((number, start - part.first + 1, end - part.first + 1, lines))
            lines = []
    return found


def _edited(part: Part, edits: list[tuple[int, int, list[str]]]) -> str:
    lines = part.original.split("\n")
    ended = len(lines) > 1 and not lines[-1]
    lines = lines[:-1] if ended else lines
    for first, last, new in sorted(edits, reverse=True):
        lines[first:last] = new
    return "\n".join(lines) + ("\n" if ended else "")
