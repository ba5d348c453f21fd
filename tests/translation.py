"""What of a translated text is still English, what must be the same in every language, and what is not wrapped.

Shared by the tests of all rooms whose messages are translated.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

__all__ = ["english_left", "facts", "unwrapped"]

WRAPPERS = ("tr", "trn", "mark", "mark_plural")
# An English word: not a name in capitals, with digits or underscores, and no part of a path or of an attribute.
WORD = r"(?<![\w./\\-])[A-Za-z][a-z]*(?:['’-][A-Za-z]?[a-z]+)*(?![\w/\\]|[.][\w*])"
MARKS = ("tr", "trn", "mark", "mark_plural")
RUN = re.compile(rf"{WORD}(?:[,;:]?\s+{WORD}){{2,}}", re.ASCII)
# What may stay as it is in running text: commands with options and paths, options with a value, calls, the head of a
# lambda, what stands between back quotes.
CODE = (
    re.compile(r"gradcheck [a-z]+(?: (?:--?[\w-]+|'[^'\n]*'|[^\s，。；：]*[./][^\s，。；：]*|[A-Z]{3,}))*"),
    re.compile(r"(?<!\S)--[\w-]+(?: [\w-]+)?"),
    re.compile(r"[\w.]*\w\((?:[^()\n]|\([^()\n]*\))*\)"),
    re.compile(r"lambda [\w*, ]*:"),
    re.compile(r"`[^`\n]*`"),
)
NUMBER = re.compile(r"(?<![\w.])\d+(?:,\d{3})*(?:\.\d+)?(?:e[+-]?\d+)?", re.ASCII)
# Names of arrays and files, and verdicts: what has a digit or an underscore in it, or is in capitals.
NAME = re.compile(r"[\w/-]+\.(?:py|ipynb)\b|(?<!\w)[A-Za-z_]+[\d_]\w*|\b[A-Z]{2,}\b", re.ASCII)


def english_left(text: str, *allowed: str) -> list[str]:
    """Runs of three or more English words in a text that should be in another language.

    Parameters
    ----------
    text : str
        As a reader sees it; code in it is known by its form.
    *allowed : str
        What may stand there in English: names and messages that are not ours.
    """
    for ours in sorted(allowed, key=len, reverse=True):
        text = text.replace(ours, "¦")
    for form in CODE:
        text = form.sub("¦", text)
    return [" ".join(found.split()) for found in RUN.findall(text)]


def facts(text: str) -> Counter[str]:
    """Numbers, names and verdicts of a text, each as often as it is said: the same in every language."""
    return Counter([*NAME.findall(text), *NUMBER.findall(NAME.sub(" ", text))])


def unwrapped(path: Path) -> list[str]:
    """Texts of three or more English words in a row in a module, outside docstrings, ``tr``, ``trn`` and ``mark``."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    passed_on = set(_passed_on(tree))
    found = []
    for node in ast.walk(tree):
        if id(node) in passed_on:
            continue
        if isinstance(node, ast.JoinedStr):
            parts = [part.value if isinstance(part, ast.Constant) else "¦" for part in node.values]
            text = "".join(map(str, parts))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
        else:
            continue
        if RUN.search(text):
            found.append(text)
    return found


def _passed_on(tree: ast.AST) -> Iterator[int]:
    """Nodes that need no translation of their own: docstrings, marked messages, parts of a longer string, types."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr):
                yield id(first.value)
        if isinstance(node, ast.Call) and ast.unparse(node.func).removeprefix("language.") in MARKS:
            yield from (id(part) for part in ast.walk(node))
        if isinstance(node, ast.JoinedStr):
            yield from (id(part) for part in ast.walk(node) if part is not node)
