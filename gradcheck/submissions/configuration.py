"""Settings that lie beside the files: ``[tool.gradcheck]`` of a ``pyproject.toml``, or a ``gradcheck.toml``.

The nearest one counts, in the folder of what is checked or above it; ``gradcheck.toml`` before ``pyproject.toml``. What
is said on the command line, or by an argument in Python, wins over it.
"""

from __future__ import annotations

import difflib
import math
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gradcheck.errors import SubmissionError
from gradcheck.language import listed, mark, tr

__all__ = ["KEYS", "Settings", "find_settings", "read_settings"]

NAMES = ("gradcheck.toml", "pyproject.toml")
# Larger files are no settings.
MAX_SIZE = 1 << 20
# What a verdict can depend on: whoever reads the verdict is told of these.
OBEYED = ("rtol", "atol", "time_limit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a file of settings says; ``None`` and nothing where it says nothing.

    Attributes
    ----------
    file : Path or None
        Where it was found.
    adapter : Path or None
        As for ``--adapter``, from the folder of the settings.
    time_limit : float or None
        Seconds.
    rtol, atol : float or None
        Dimensionless, and in units of the gradient.
    ignore : tuple of str
        Patterns of files in folders that are not checked.
    keywords : mapping of str to int or float or str
        Passed to an adapter's ``build`` and to ``gradcheck_problem``.
    """

    file: Path | None = None
    adapter: Path | None = None
    time_limit: float | None = None
    rtol: float | None = None
    atol: float | None = None
    ignore: tuple[str, ...] = ()
    keywords: Mapping[str, Any] = field(default_factory=dict)

    def options(self, **said: Any) -> dict[str, Any]:
        """Attributes of a ``Request``: what was said, else what is set here; nothing where neither says anything.

        Parameters
        ----------
        **said
            ``None`` where nothing was said.
        """
        found = {name: getattr(self, name) for name in ("adapter", "time_limit", "rtol", "atol")}
        found["keywords"] = dict(self.keywords) or None
        found.update({name: value for name, value in said.items() if value is not None})
        return {name: value for name, value in found.items() if value is not None}

    def obeyed(self, **said: Any) -> str | None:
        """What of this holds for a request, for people to read; None if nothing does.

        Parameters
        ----------
        **said
            As for ``options``.
        """
        told = {name: getattr(self, name) for name in OBEYED if said.get(name) is None}
        lines = [f"{name.replace('_', '-')} = {value}" for name, value in told.items() if value is not None]
        return ", ".join(lines) or None


def find_settings(path: Path) -> Settings:
    """The settings that hold for a file or folder.

    Parameters
    ----------
    path : Path

    Raises
    ------
    SubmissionError
        If the nearest file of settings cannot be read, or says something that is not known: file, line, key, cure.
    """
    try:
        start = path.resolve()
    except (OSError, RuntimeError):  # a link to itself, which reading it will tell
        start = path.absolute()
    for folder in (start, *start.parents) if start.is_dir() else start.parents:
        for name in NAMES:
            found = folder / name
            if found.is_file():
                settings = read_settings(found)
                if settings is not None:
                    return settings
        if (folder / ".git").exists():
            break
    return Settings()


def read_settings(file: Path) -> Settings | None:
    """The settings of one file; None for a ``pyproject.toml`` that says nothing of gradcheck.

    Parameters
    ----------
    file : Path

    Raises
    ------
    SubmissionError
        As for ``find_settings``.
    """
    text = _text(file)
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        if file.name == "pyproject.toml" and "tool.gradcheck" not in text:
            return None  # somebody else's, and nothing of ours
        raise SubmissionError(tr("{file} is not TOML: {error}. Correct that line.", file=file, error=error)) from None
    tool = document.get("tool")
    table = tool.get("gradcheck") if isinstance(tool, dict) else None
    if table is None:
        if file.name == "pyproject.toml":
            return None
        table = document
    if not isinstance(table, dict):
        raise SubmissionError(
            tr("{file}: tool.gradcheck is no table; write [tool.gradcheck] and the keys below it.", file=file)
        )
    return Settings(file=file, **{name: _value(file, text, key, value) for key, value in table.items()
                                  for name in [key.replace("-", "_")]})  # fmt: skip


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > MAX_SIZE:
            raise SubmissionError(
                tr("{file} is larger than {max_size} MB: these are no settings.", file=file, max_size=MAX_SIZE >> 20)
            )
        return file.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise SubmissionError(tr("{file} is not UTF-8 text: save it as that.", file=file)) from None
    except OSError as error:
        raise SubmissionError(tr("{file} cannot be read: {error}.", file=file, error=error.strerror or error)) from None


def _value(file: Path, text: str, key: str, value: Any) -> Any:
    line = _line(text, key)
    where = tr("{file}, line {line}", file=file, line=line) if line else str(file)
    name = key.replace("-", "_")
    if name not in KEYS:
        close = difflib.get_close_matches(name, KEYS, n=1)
        about = {"where": where, "key": key, "known": listed(known.replace("_", "-") for known in KEYS)}
        if close:
            meant = close[0].replace("_", "-")
            told = tr(
                "{where}: the key {key} is not known. Did you mean {meant}? There are: {known}.", meant=meant, **about
            )
        else:
            told = tr("{where}: the key {key} is not known. There are: {known}.", **about)
        raise SubmissionError(told)
    read, expected = KEYS[name]
    try:
        return read(file, value)
    except ValueError as error:
        what = str(error) or tr("expected {expected}", expected=tr(expected))
        told = tr("{where}: {key} = {value!r}; {what}.", where=where, key=key, value=value, what=what)
        raise SubmissionError(told) from None


def _line(text: str, key: str) -> int | None:
    """The line in which a key is given a value, or a table its name."""
    pattern = re.compile(rf"^\s*(['\"]?){re.escape(key)}\1\s*=|^\s*\[(tool\.gradcheck\.)?{re.escape(key)}\]")
    begun = 0
    lines = text.splitlines()
    for number, line in enumerate(lines, start=1):
        if line.strip() == "[tool.gradcheck]":
            begun = number
    return next((n for n, line in enumerate(lines, start=1) if n > begun and pattern.match(line)), None)


def _adapter(file: Path, value: Any) -> Path:
    if not isinstance(value, str):
        raise ValueError  # noqa: TRY004 (told with the key)
    found = file.parent / value
    if not found.is_file():
        raise ValueError(tr("there is no file {found}; give it as seen from the folder of the settings", found=found))
    return found


def _positive(_file: Path, value: Any) -> float:
    if not _is_finite(value) or not value > 0:
        raise ValueError
    return float(value)


def _tolerance(_file: Path, value: Any) -> float:
    if not _is_finite(value) or not value >= 0:
        raise ValueError
    return float(value)


def _is_finite(value: Any) -> bool:
    """Whether it is a number that is neither infinite nor none; TOML writes ``inf`` and ``nan``."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _patterns(_file: Path, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError
    return tuple(value)


def _keywords(_file: Path, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError  # noqa: TRY004 (told with the key)
    if not all(isinstance(item, (str, bool)) or _is_finite(item) for item in value.values()):
        raise ValueError
    return dict(value)


# Each key with who reads it, and what it must be.
KEYS: dict[str, tuple[Callable[[Path, Any], Any], str]] = {
    "adapter": (_adapter, mark("the path of a Python file, as a string")),
    "time_limit": (_positive, mark("a number of seconds above 0")),
    "rtol": (_tolerance, mark("a number, 0 or above")),
    "atol": (_tolerance, mark("a number, 0 or above")),
    "ignore": (_patterns, mark('a list of patterns, such as ["tests/*"]')),
    "keywords": (_keywords, mark("a table of numbers and strings, such as {batch = 5, outputs = 2}")),
}
