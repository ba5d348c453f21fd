"""From a path to the text and syntax tree of a submission, or one clear message why not. Nothing is executed here."""

from __future__ import annotations

import ast
import io
import shlex
import tokenize
import warnings
from dataclasses import dataclass
from pathlib import Path

from gradcheck.errors import SubmissionError

__all__ = ["MAX_SOURCE", "Source", "read_source"]

# A hand-written network is a few hundred lines; ten megabytes of text are something else.
MAX_SOURCE = 10 << 20


@dataclass(frozen=True, slots=True)
class Source:
    """A submission's path, its text and its syntax tree."""

    path: Path
    text: str
    tree: ast.Module

    def line(self, number: int) -> str:
        """One line of the text (counted from 1), stripped; empty when there is none."""
        lines = self.text.splitlines()
        return lines[number - 1].strip() if 0 < number <= len(lines) else ""


def read_source(path: Path) -> Source:
    """Read and parse a Python file.

    Parameters
    ----------
    path : Path
        Decoded as Python would: byte order mark, coding line (PEP 263), else UTF-8.

    Raises
    ------
    SubmissionError
        If the file is missing, a folder, unreadable, empty, binary, a notebook, not decodable or not Python; one
        sentence with the cure, and the line where there is one.
    """
    blob = _read(path)
    if path.suffix.lower() == ".ipynb" or (blob.lstrip()[:1] == b"{" and b'"nbformat"' in blob):
        raise SubmissionError(
            f"{path.name} is a Jupyter notebook; this version checks Python files. Export it first: "
            f"jupyter nbconvert --to script {shlex.quote(str(path))}"
        )
    if not blob.strip():
        raise SubmissionError(f"{path.name} is empty: save the program into it and check again.")
    if b"\0" in blob and not blob.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise SubmissionError(f"{path.name} is a binary file, not Python text: pass the .py file itself.")
    text = _decode(blob, path.name)
    tree = _parse(text, path)
    if not any(not _is_docstring(statement) for statement in tree.body):
        raise SubmissionError(f"{path.name} holds no code, only comments or text: there is nothing to check.")
    return Source(path, text, tree)


def _read(path: Path) -> bytes:
    try:
        if path.is_dir():
            raise SubmissionError(f"{path} is a folder; expected a Python file.")
        if path.stat().st_size > MAX_SOURCE:
            raise SubmissionError(f"{path.name} is larger than {MAX_SOURCE >> 20} MB: pass the .py file itself.")
        return path.read_bytes()
    except FileNotFoundError:
        raise SubmissionError(f"{path} does not exist: check the spelling and the current folder.") from None
    except PermissionError:
        raise SubmissionError(f"{path} cannot be read: permission denied. Make it readable (chmod +r).") from None
    except OSError as error:
        raise SubmissionError(f"{path} cannot be read: {error.strerror or error}.") from None


def _decode(blob: bytes, name: str) -> str:
    if blob.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise SubmissionError(f"{name} is UTF-16 text, which Python does not run: save it as UTF-8.")
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(blob).readline)
    except SyntaxError as error:
        raise SubmissionError(f"{name}: {error.msg or error}. Save it as UTF-8, or correct its coding line.") from None
    try:
        text = blob.decode(encoding)
    except UnicodeDecodeError as error:
        line = blob.count(b"\n", 0, error.start) + 1
        raise SubmissionError(
            f"{name}, line {line}: not {encoding} text (byte 0x{blob[error.start]:02x}). Save it as UTF-8, "
            "or name its encoding in a first line like '# -*- coding: gbk -*-'."
        ) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _parse(text: str, path: Path) -> ast.Module:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes and the like in other people's strings
            return ast.parse(text, filename=str(path))
    except SyntaxError as error:
        kind = type(error).__name__ if type(error) is not SyntaxError else "syntax error"
        lines = (error.text or "").strip().splitlines()
        code = f": {lines[0]}" if lines else ""
        raise SubmissionError(
            f"{path.name}, line {error.lineno}: {kind}, {error.msg}{code}. "
            "Python cannot run this file; correct that line."
        ) from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise SubmissionError(f"{path.name} cannot be parsed: {str(error) or type(error).__name__}.") from None


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Pass) or (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    )
