"""From a path to the text and syntax tree of a submission, or one clear message why not. Nothing is executed here.

A notebook's code cells, and the modules beside a file that it imports, make one text: everything after this works on
that text alone, and `Source.parts` says which of its lines are whose.
"""

from __future__ import annotations

import ast
import io
import tokenize
import warnings
from dataclasses import dataclass
from pathlib import Path

from gradcheck.errors import SubmissionError
from gradcheck.language import tr
from gradcheck.records import Finding

__all__ = ["MAX_SOURCE", "Part", "Source", "line_count", "parse", "read_source", "read_text"]

# A hand-written network is a few hundred lines; ten megabytes of text are something else.
MAX_SOURCE = 10 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A piece of a program that stands in a place of its own: a file of a package, or a cell of a notebook.

    Attributes
    ----------
    first, count : int
        Its first line in the program's text, counted from 1, and how many lines it has.
    path : Path
        The file.
    original : str
        Its text there; line for line that of the program, where magics of a notebook stand for nothing.
    module : str
        Under which name it is imported; empty for what runs as the program itself.
    is_package : bool
        Whether it is the ``__init__.py`` of that module.
    cell : int or None
        Of the code cells of a notebook, counted from 1.
    """

    first: int
    count: int
    path: Path
    original: str
    module: str = ""
    is_package: bool = False
    cell: int | None = None

    def holds(self, line: int) -> bool:
        """Whether a line of the program is one of its own."""
        return self.first <= line < self.first + self.count


@dataclass(frozen=True, slots=True)
class Source:
    """A submission's path, its text and its syntax tree.

    Attributes
    ----------
    path : Path
    text : str
        The whole program.
    tree : ast.Module
    parts : tuple of Part
        Of a notebook its cells, of a program with modules beside it its files, the program itself first; else none.
    package : str
        Of the program itself, where it lies in one.
    roots : tuple of Path
        Folders that its imports start from.
    findings : tuple of Finding
        What was noticed over reading it.
    """

    path: Path
    text: str
    tree: ast.Module
    parts: tuple[Part, ...] = ()
    package: str = ""
    roots: tuple[Path, ...] = ()
    findings: tuple[Finding, ...] = ()

    def part(self, line: int) -> Part | None:
        """Whose line this is; None in a program of one file."""
        return next((part for part in self.parts if part.holds(line)), None)

    @property
    def own_lines(self) -> int:
        """How many of the first lines are the program itself, not modules that it imports."""
        return min((part.first - 1 for part in self.modules), default=line_count(self.text))

    @property
    def modules(self) -> tuple[Part, ...]:
        """What the program imports from beside it."""
        return tuple(part for part in self.parts if part.module)

    def line(self, number: int) -> str:
        """One line of the text (counted from 1), stripped; empty when there is none."""
        lines = self.text.splitlines()
        return lines[number - 1].strip() if 0 < number <= len(lines) else ""


def read_source(path: Path) -> Source:
    """Read and parse a Python file with the modules beside it that it imports, or a notebook.

    Parameters
    ----------
    path : Path
        Decoded as Python would: byte order mark, coding line (PEP 263), else UTF-8.

    Raises
    ------
    SubmissionError
        If the file is missing, a folder, unreadable, empty, binary, not decodable or not Python; one sentence with the
        cure, and the line (of a notebook the cell and its line) where there is one.
    """
    blob = _read(path)
    if path.suffix.lower() == ".ipynb":
        from gradcheck.submissions.text.notebook import read_notebook

        return _with_modules(read_notebook(path, blob))
    if blob.lstrip()[:1] == b"{" and b'"nbformat"' in blob:
        raise SubmissionError(
            tr(
                "{file} is a Jupyter notebook by another name: rename it to {stem}.ipynb.",
                file=path.name,
                stem=path.stem,
            )
        )
    text = read_text(path, blob)
    tree = parse(text, path)
    if not any(not _is_docstring(statement) for statement in tree.body):
        raise SubmissionError(
            tr("{file} holds no code, only comments or text: there is nothing to check.", file=path.name)
        )
    return _with_modules(Source(path, text, tree))


def read_text(path: Path, blob: bytes | None = None) -> str:
    r"""The text of a Python file; its lines end in ``\n``.

    Raises
    ------
    SubmissionError
        As for ``read_source``.
    """
    blob = _read(path) if blob is None else blob
    if not blob.strip():
        raise SubmissionError(tr("{file} is empty: save the program into it and check again.", file=path.name))
    if b"\0" in blob and not blob.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise SubmissionError(tr("{file} is a binary file, not Python text: pass the .py file itself.", file=path.name))
    return _decode(blob, path.name)


def line_count(text: str) -> int:
    r"""How many lines a text has in a program of several: a last line without its end is one too.

    Examples
    --------
    >>> line_count("a\nb\n"), line_count("a\nb"), line_count("")
    (2, 2, 1)
    """
    return max(1, text.count("\n") + (not text.endswith("\n")))


def _with_modules(source: Source) -> Source:
    from gradcheck.submissions.text.package import with_modules

    return with_modules(source)


def _read(path: Path) -> bytes:
    try:
        if path.is_dir():
            raise SubmissionError(tr("{path} is a folder; expected a Python file.", path=path))
        if path.exists() and not path.is_file():
            raise SubmissionError(tr("{path} is a pipe or a device; expected a Python file.", path=path))
        if path.stat().st_size > MAX_SOURCE:
            raise SubmissionError(
                tr(
                    "{file} is larger than {max_source} MB: pass the .py file itself.",
                    file=path.name,
                    max_source=MAX_SOURCE >> 20,
                )
            )
        return path.read_bytes()
    except FileNotFoundError:
        raise SubmissionError(
            tr("{path} does not exist: check the spelling and the current folder.", path=path)
        ) from None
    except PermissionError:
        raise SubmissionError(
            tr("{path} cannot be read: permission denied. Make it readable (chmod +r).", path=path)
        ) from None
    except OSError as error:
        raise SubmissionError(tr("{path} cannot be read: {error}.", path=path, error=error.strerror or error)) from None


def _decode(blob: bytes, name: str) -> str:
    if blob.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise SubmissionError(tr("{name} is UTF-16 text, which Python does not run: save it as UTF-8.", name=name))
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(blob).readline)
    except SyntaxError as error:
        raise SubmissionError(
            tr("{name}: {error}. Save it as UTF-8, or correct its coding line.", name=name, error=error.msg or error)
        ) from None
    try:
        text = blob.decode(encoding)
    except UnicodeDecodeError as error:
        line = blob.count(b"\n", 0, error.start) + 1
        raise SubmissionError(
            tr(
                "{name}, line {line}: not {encoding} text (byte 0x{error:02x}). Save it as UTF-8, or name its "
                "encoding in a first line like '# -*- coding: gbk -*-'.",
                name=name,
                line=line,
                encoding=encoding,
                error=blob[error.start],
            )
        ) from None
    except (LookupError, UnicodeError) as error:  # a codec of something else than text, or one that refuses all
        raise SubmissionError(
            tr("{name}: {error}. Save it as UTF-8, or correct its coding line.", name=name, error=error)
        ) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def parse(text: str, path: Path, cell: int | None = None) -> ast.Module:
    """The tree of a text.

    Parameters
    ----------
    text : str
    path : Path
    cell : int, optional
        Which of a notebook it is.

    Raises
    ------
    SubmissionError
        If it is not Python.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes and the like in other people's strings
            return ast.parse(text, filename=str(path))
    except SyntaxError as error:
        kind = type(error).__name__ if type(error) is not SyntaxError else tr("syntax error")
        lines = (error.text or "").strip().splitlines()
        told = tr("{kind}, {message}", kind=kind, message=error.msg)
        if lines:
            told = tr("{kind}, {message}: {code}", kind=kind, message=error.msg, code=lines[0])
        about = {"file": path.name, "line": error.lineno, "error": told}
        told = (
            tr("{file}, line {line}: {error}. Python cannot run this file; correct that line.", **about)
            if cell is None
            else tr(
                "{file}, cell {cell}, line {line}: {error}. Python cannot run this cell; correct that line.",
                cell=cell,
                **about,
            )
        )
        raise SubmissionError(told) from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise SubmissionError(
            tr("{file} cannot be parsed: {error}.", file=path.name, error=str(error) or type(error).__name__)
        ) from None


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Pass) or (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    )
