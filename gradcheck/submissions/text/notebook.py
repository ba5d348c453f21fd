"""Jupyter notebooks as one program: the code cells in order, without what only IPython understands.

Cells never run in a kernel, and what they once printed is not looked at. Every line of the program is a line of a cell,
so that a place in one is a place in the other, and a change of one can be written into the other.
"""

from __future__ import annotations

import ast
import json
import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gradcheck.errors import SubmissionError
from gradcheck.language import clauses, tr
from gradcheck.records import Finding, Severity
from gradcheck.submissions.text.source import Part, Source, line_count, parse

__all__ = ["FORMAT", "read_notebook", "rewritten_notebook"]

# Of which format notebooks must be: those of Jupyter since 2015.
FORMAT = 4
# Cell magics after which the rest of the cell is Python all the same.
PYTHON_MAGICS = frozenset({"time", "timeit", "capture", "prun", "python", "python3", "snakeviz", "memit", "mprun"})
# Lines that IPython alone understands: magics, shell lines, questions; and assignments of what those return.
MAGIC = re.compile(
    r"^(?P<indent>\s*)(?P<text>%{1,2}[A-Za-z_]\w*.*|!.*|\?{1,2}\s*[\w.]+.*|[\w.*\[\]]+\s*\?{1,2}\s*;?\s*)$"
)
ASSIGNED = re.compile(r"^(?P<indent>\s*)(?P<target>[A-Za-z_][\w, ]*)=\s*(?P<text>(!|%[A-Za-z_]).*)$")
SHOWN = 5


def read_notebook(path: Path, blob: bytes) -> Source:
    """A notebook's code cells as one program.

    Parameters
    ----------
    path : Path
    blob : bytes
        Its content.

    Raises
    ------
    SubmissionError
        If it is no notebook, of another format or language, holds no code, or a cell is not Python.
    """
    cells = _code_cells(path, blob)
    if not any(text.strip() for text in cells):
        raise SubmissionError(
            tr("{file} holds no code cell with code in it: there is nothing to check.", file=path.name)
        )
    parts: list[Part] = []
    texts: list[str] = []
    skipped: list[str] = []
    first = 1
    for number, original in enumerate(cells, start=1):
        text, lines = _python_of(original)
        skipped += [
            tr(
                "cell {cell}, line {line}: {text}",
                cell=number,
                line=line,
                text=original.splitlines()[line - 1].strip(),
            )
            for line in lines
        ]
        parse(text, path, cell=number)
        count = line_count(text)
        parts.append(Part(first=first, count=count, path=path, original=original, cell=number))
        texts.append(text if text.endswith("\n") else f"{text}\n")
        first += count
    program = "".join(texts)
    tree = parse(program, path)
    if not any(not isinstance(node, (ast.Expr, ast.Pass)) for node in tree.body):
        raise SubmissionError(
            tr("{file} holds no program, only expressions: there is nothing to check.", file=path.name)
        )
    return Source(path, program, tree, parts=tuple(parts), findings=tuple(_told(skipped)))


def rewritten_notebook(blob: bytes, cells: Mapping[int, str]) -> bytes:
    """A notebook's content with other sources of some code cells, and every other byte as it was.

    Parameters
    ----------
    blob : bytes
    cells : mapping of int to str
        By the number of the code cell, counted from 1.
    """
    text = blob.decode("utf-8-sig")
    mark = blob[: len(blob) - len(text.encode("utf-8"))]
    pieces, at = [], 0
    for number, (start, end) in enumerate(_source_spans(text), start=1):
        if number in cells:
            pieces += [text[at:start], _source_like(text, start, end, cells[number])]
            at = end
    return mark + "".join([*pieces, text[at:]]).encode("utf-8")


def _code_cells(path: Path, blob: bytes) -> list[str]:
    """The sources of the code cells."""
    try:
        raw = json.loads(blob.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        told = (
            tr(
                "{file} is no readable notebook: it is not UTF-8 text. Open it in Jupyter and save it again.",
                file=path.name,
            )
            if isinstance(error, UnicodeDecodeError)
            else tr(
                "{file} is no readable notebook: it is not a whole JSON document. Open it in Jupyter and save it "
                "again.",
                file=path.name,
            )
        )
        raise SubmissionError(told) from None
    _require_format(path, raw)
    import nbformat

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            nbformat.validate(raw, relax_add_props=True)
    except (nbformat.ValidationError, LookupError, TypeError, AttributeError, RecursionError) as error:
        what = str(error).strip().split("\n", maxsplit=1)[0][:200]
        raise SubmissionError(
            tr(
                "{file} is not what a notebook of format {format} must be: {what}. Open it in Jupyter and save it "
                "again.",
                file=path.name,
                format=FORMAT,
                what=what,
            )
        ) from None
    return ["".join(cell["source"]).replace("\r\n", "\n") for cell in raw["cells"] if cell["cell_type"] == "code"]


def _require_format(path: Path, raw: Any) -> None:
    if not isinstance(raw, dict) or not isinstance(raw.get("nbformat"), int):
        raise SubmissionError(
            tr("{file} is no notebook: it does not say its nbformat. Save it in Jupyter.", file=path.name)
        )
    found = raw["nbformat"]
    if found < FORMAT or "worksheets" in raw:
        raise SubmissionError(
            tr(
                "{file} is a notebook of format {found}; gradcheck reads format {format}. Save it as that: jupyter "
                "nbconvert --to notebook --nbformat {format} --inplace {file}",
                file=path.name,
                found=found,
                format=FORMAT,
            )
        )
    if found > FORMAT:
        raise SubmissionError(
            tr(
                "{file} is a notebook of format {found}; gradcheck reads format {format}. Export it: jupyter "
                "nbconvert --to script {file}",
                file=path.name,
                found=found,
                format=FORMAT,
            )
        )
    metadata = raw.get("metadata")
    kernel = metadata.get("kernelspec") if isinstance(metadata, dict) else None
    language = kernel.get("language") if isinstance(kernel, dict) else None
    if isinstance(language, str) and language.lower() not in ("python", ""):
        raise SubmissionError(
            tr("{file} is a notebook in {language}; gradcheck checks Python.", file=path.name, language=language[:40])
        )


def _python_of(original: str) -> tuple[str, list[int]]:
    """A cell with every line that is not Python standing for nothing, and which lines those are."""
    lines = original.split("\n")
    first = next((i for i, line in enumerate(lines) if line.strip()), 0)
    cell_magic = re.match(r"%%(\w+)", lines[first])
    if cell_magic is not None and cell_magic[1] not in PYTHON_MAGICS:
        numbers = [i + 1 for i, line in enumerate(lines) if line.strip()]
        return "\n".join(f"# {line}" for line in lines), numbers[:1]
    if cell_magic is None and _is_python(original):
        return original, []
    found = {i: told for i, line in enumerate(lines) if (told := _nothing(line)) is not None}
    for i in [i for i in found if re.match(r"\s*%[A-Za-z_]", lines[i])]:  # a remainder may go on there, too
        kept = {j: told for j, told in found.items() if j != i}
        if not _is_python(_replaced(lines, found)) and _is_python(_replaced(lines, kept)):
            found = kept
    return _replaced(lines, found), [i + 1 for i in found]


def _nothing(line: str) -> str | None:
    """What stands in the place of a line that IPython alone understands; None for any other line."""
    assigned = ASSIGNED.match(line)
    if assigned is not None:
        return f"{assigned['indent']}{assigned['target'].strip()} = []  # {assigned['text']}"
    magic = MAGIC.match(line)
    return None if magic is None else f"{magic['indent']}pass  # {magic['text']}"


def _replaced(lines: list[str], found: Mapping[int, str]) -> str:
    return "\n".join(found.get(i, line) for i, line in enumerate(lines))


def _is_python(text: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _told(skipped: list[str]) -> list[Finding]:
    if not skipped:
        return []
    lines, more = clauses(skipped[:SHOWN]), len(skipped) - SHOWN
    message = (
        tr("Lines that only Jupyter understands were skipped: {lines}, and {more} more.", lines=lines, more=more)
        if more > 0
        else tr("Lines that only Jupyter understands were skipped: {lines}.", lines=lines)
    )
    return [Finding(id="notebook-magic", severity=Severity.INFO, message=message[:2000])]


# --- writing ----------------------------------------------------------------------------------------------------------


def _source_spans(text: str) -> list[tuple[int, int]]:
    """Where in a notebook's text the values of the code cells' sources stand."""
    spans: list[tuple[int, int]] = []
    start, _ = _members(text, _skip(text, 0))["cells"]
    for first, _ in _items(text, start):
        members = _members(text, first)
        if json.loads(text[slice(*members["cell_type"])]) == "code":
            spans.append(members["source"])
    return spans


def _members(text: str, at: int) -> dict[str, tuple[int, int]]:
    """The values of an object that starts here, as spans."""
    found: dict[str, tuple[int, int]] = {}
    decoder = json.JSONDecoder()
    at = _skip(text, at + 1)
    while text[at] != "}":
        key, at = decoder.raw_decode(text, at)
        at = _skip(text, _skip(text, at) + 1)
        _, end = decoder.raw_decode(text, at)
        found[key] = (at, end)
        at = _next(text, end)
    return found


def _items(text: str, at: int) -> list[tuple[int, int]]:
    """The items of an array that starts here, as spans."""
    found: list[tuple[int, int]] = []
    decoder = json.JSONDecoder()
    at = _skip(text, at + 1)
    while text[at] != "]":
        _, end = decoder.raw_decode(text, at)
        found.append((at, end))
        at = _next(text, end)
    return found


def _skip(text: str, at: int) -> int:
    while text[at] in " \t\r\n":
        at += 1
    return at


def _next(text: str, at: int) -> int:
    at = _skip(text, at)
    return _skip(text, at + 1) if text[at] == "," else at


def _source_like(text: str, start: int, end: int, source: str) -> str:
    """A source as JSON, in the form of the one that stands there: a string, or a list of lines, as it is laid out."""
    ascii_only = text.isascii()
    if text[start] == '"':
        return json.dumps(source, ensure_ascii=ascii_only)
    written = [json.dumps(line, ensure_ascii=ascii_only) for line in source.splitlines(keepends=True)]
    items = _items(text, start)
    before = text[start + 1 : items[0][0]] if items else ""
    after = text[items[-1][1] : end - 1] if items else ""
    return "[" + before + f",{before}".join(written) + after + "]" if "\n" in before or not items else _flat(written)


def _flat(written: list[str]) -> str:
    return "[" + ", ".join(written) + "]"
