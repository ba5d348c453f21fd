"""Bring the catalogues of messages up to date with the code: ``python docs/messages.py [--check] [ROOM ...]``.

Each room's messages are taken from its ``tr``, ``trn`` and ``mark``, from the help of its commands and the titles of
ready assignments; a translation whose message is gone goes too, a message without a translation is told, and what is
translated is compiled beside it.
"""

from __future__ import annotations

import ast
import datetime as dt
import io
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, TypeGuard

from babel.messages import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from gradcheck.cli.helping import paragraphs

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "gradcheck"
FOLDER = PACKAGE / "language" / "locale"
LANGUAGES = ("zh_CN",)
# Which files are whose: the first pattern that fits, below the package.
ROOMS = (
    ("grading/*", "grade"),
    ("reports/grading/*", "grade"),
    ("diagnosis/*", "diagnose"),
    *((f"reports/{name}.py", "diagnose") for name in (
        "caret", "diagnosis", "diagnosis_words", "html_diagnosis", "patches", "repair", "replacements", "rules",
    )),
    ("submissions/*", "programs"),
    ("cli/*", "command"),
    ("integrations/*", "command"),
    ("*", "check"),
)  # fmt: skip
KEYWORDS = {"tr": None, "trn": (1, 2), "mark": None, "mark_plural": (1, 2)}
# What a command says of itself, which `gradcheck.cli.helping` translates where it is shown, beside its docstring.
HELP = ("help", "short_help", "summary", "epilog", "metavar")
# In the place of dates, which would make every run another file.
TIMELESS = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
JINJA = "jinja2.ext:babel_extract"


def files_of(room: str) -> list[Path]:
    """The modules and templates of a room, in their order."""
    return [
        path
        for path in sorted(PACKAGE.rglob("*"))
        if path.suffix in (".py", ".jinja", ".toml") and _owner(path.relative_to(PACKAGE).as_posix()) == room
    ]


def extracted(room: str) -> Iterator[tuple[str, int, str | tuple[str, ...]]]:
    """File, line and text of each message of a room."""
    for path in files_of(room):
        found: Iterable[tuple[int, str | tuple[str, ...]]]
        if path.suffix == ".py":
            found = _in_python(path)
        elif path.suffix == ".toml":
            found = [(0, title) for title in _titles(tomllib.loads(path.read_text(encoding="utf-8")))]
        else:
            found = [taken[:2] for taken in extract_from_file(JINJA, path, keywords=KEYWORDS)]
        for line, message in found:
            yield path.relative_to(ROOT).as_posix(), line, message


def _owner(name: str) -> str:
    return next(owner for pattern, owner in ROOMS if fnmatch(name, pattern))


def _in_python(path: Path) -> list[tuple[int, str | tuple[str, ...]]]:
    """As Babel does it, and inside f-strings, whose parts are no tokens before Python 3.12."""
    tree = ast.parse(path.read_bytes())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    found: list[tuple[int, str | tuple[str, ...]]] = list(_help_in(tree, path)) if _has_commands(tree) else []
    for call in sorted(calls, key=lambda node: (node.lineno, node.col_offset)):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", None)
        if name not in KEYWORDS:
            continue
        texts = [_texts(argument, path) for argument in call.args[: 1 if KEYWORDS[name] is None else 2]]
        if KEYWORDS[name] is None:
            found += [(call.lineno, text) for text in texts[0]]
        elif len(texts) == 2 and all(texts):
            found.append((call.lineno, (texts[0][0], texts[1][0])))
    return found


def _titles(table: Mapping[str, Any]) -> Iterator[str]:
    """Titles of a ready assignment and its items."""
    yield from (value for key, value in table.items() if key == "title")
    for key in ("rubric", "items"):
        for item in table.get(key, ()):
            yield from _titles(item)


def _has_commands(tree: ast.AST) -> bool:
    """Whether a module makes commands or options: elsewhere ``help`` is another word."""
    imported = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    return any(name.name in ("click", "CommandRow") for node in imported for name in node.names)


def _help_in(tree: ast.AST, path: Path) -> Iterator[tuple[int, str]]:
    """The help of commands and options, in the order of the file."""
    for node in sorted(filter(_has_line, ast.walk(tree)), key=lambda node: (node.lineno, node.col_offset)):
        if isinstance(node, ast.FunctionDef) and any("click.command" in ast.unparse(d) for d in node.decorator_list):
            yield from ((node.lineno, message) for message in paragraphs(ast.get_docstring(node, clean=False) or ""))
        elif isinstance(node, ast.keyword) and node.arg in HELP:
            yield from ((node.lineno, text) for text in _texts(node.value, path))


def _has_line(node: ast.AST) -> TypeGuard[ast.expr | ast.stmt]:
    return hasattr(node, "lineno")


def _texts(argument: ast.expr, path: Path) -> list[str]:
    """What an argument may be, where it is written there; a text that is put together cannot be looked up."""
    if isinstance(argument, ast.JoinedStr):
        sys.exit(f"{path}:{argument.lineno}: an f-string cannot be translated; pass its values by name.")
    if isinstance(argument, ast.IfExp):
        return _texts(argument.body, path) + _texts(argument.orelse, path)
    written = isinstance(argument, ast.Constant) and isinstance(argument.value, str) and argument.value
    return [argument.value] if written else []


def up_to_date(room: str, language: str) -> Catalog:
    """The catalogue as it should be: every message of the code, with the translations that there are."""
    place = _place(room, language)
    known = read_po(io.BytesIO(place.read_bytes()), locale=language) if place.exists() else Catalog()
    catalogue = Catalog(
        locale=language, project="gradcheck", version="1", charset="utf-8", fuzzy=False, last_translator="",
        language_team=language, msgid_bugs_address="", creation_date=TIMELESS, revision_date=TIMELESS,
    )  # fmt: skip
    catalogue.header_comment = f"# The messages of the room {room!r}. `python docs/messages.py` keeps them up to date."
    for file, _line, message in extracted(room):
        before = known.get(message if isinstance(message, str) else message[0])
        catalogue.add(message, before.string if before is not None else None, locations=[(file, None)])
    return catalogue


def missing(catalogue: Catalog) -> list[str]:
    """Messages without a translation, or with only a part of one."""
    found = []
    for message in catalogue:
        said = message.string if isinstance(message.string, tuple | list) else (message.string,)
        if message.id and (not all(said) or message.fuzzy):
            found.append(message.id if isinstance(message.id, str) else message.id[0])
    return found


def written(catalogue: Catalog) -> bytes:
    """As a file."""
    out = io.BytesIO()
    write_po(out, catalogue, width=120, sort_by_file=True, omit_header=False)
    return out.getvalue()


def compiled(catalogue: Catalog) -> bytes:
    """As gettext reads it."""
    out = io.BytesIO()
    write_mo(out, catalogue)
    return out.getvalue()


def _place(room: str, language: str) -> Path:
    return FOLDER / language / "LC_MESSAGES" / f"{room}.po"


def main(arguments: Sequence[str]) -> int:
    """Write them; with ``--check`` only say whether they are as they should be."""
    check = "--check" in arguments
    rooms = [name for name in arguments if not name.startswith("-")] or sorted({room for _, room in ROOMS})
    stale = 0
    for language in LANGUAGES:
        for room in rooms:
            catalogue, place = up_to_date(room, language), _place(room, language)
            files = ((place, written(catalogue)), (place.with_suffix(".mo"), compiled(catalogue)))
            stale += sum(not path.exists() or path.read_bytes() != content for path, content in files)
            if not check:
                place.parent.mkdir(parents=True, exist_ok=True)
                for path, content in files:
                    path.write_bytes(content)
            lacking = missing(catalogue)
            stale += len(lacking)
            print(f"{language} {room}: {len(catalogue)} messages, {len(lacking)} without a translation")  # noqa: T201
            for text in lacking[:20]:
                print(f"  {text!r}")  # noqa: T201
    return int(check and stale > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
