"""A sheet as Markdown: what GitHub, GitLab, Canvas and a terminal show; nothing in it is taken for markup."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from gradcheck.grading.records import State
from gradcheck.reports.grading import words
from gradcheck.reports.grading.seen import Item, Sheet
from gradcheck.reports.markdown import code, fenced, prose

__all__ = ["sheet_to_markdown"]


def sheet_to_markdown(sheet: Sheet) -> str:
    """A sheet as a document of its own."""
    share = words.percent(sheet)
    who = prose(sheet.student) + (f", {code(sheet.submission)}" if sheet.submission else "")
    parts = [
        f"# {prose(sheet.title)}",
        who,
        f"## {words.mark(sheet)}" + ("" if share is None else f" ({share:.1f} %)"),
        *(f"> {prose(text)}" for text in [words.state(sheet), *words.explanations(sheet)] if not _is_graded(text)),
        _table(sheet.items),
        *(_item(item) for item in sheet.items if _has_more(item)),
    ]
    if sheet.findings or sheet.notes:
        parts += ["## For staff", _list([*sheet.notes, *sheet.findings])]
    parts += [_bug(bug) for bug in sheet.record.get("diagnoses", ())]
    return "\n\n".join(part for part in parts if part) + "\n"


def _is_graded(text: str) -> bool:
    return text == words.STATES[State.GRADED]


def _table(items: Iterable[Item]) -> str:
    rows = [
        f"| {prose(words.title(item))} | {words.points_of(item.points, item.of)} | {prose(words.outcome(item))} |"
        for item in items
    ]
    return "\n".join(["| item | points | |", "|---|---|---|", *rows]) if rows else ""


def _has_more(item: Item) -> bool:
    """Whether there is more to say than that it is right."""
    return item.outcome not in words.COUNTED or item.override is not None or bool(item.evidence)


def _item(item: Item) -> str:
    told = [*item.told, *([f"Decided by hand: {item.override}"] if item.override is not None else [])]
    parts = [f"### {prose(words.title(item))}: {words.points_of(item.points, item.of)}", _list(told)]
    parts += ["A fix:", fenced(item.patch, "diff")] if item.patch else []
    parts += ["Measured:", _list(item.evidence)] if item.evidence else []
    return "\n\n".join(part for part in parts if part)


def _list(lines: Iterable[str]) -> str:
    return "\n".join(f"- {prose(line)}" for line in lines)


def _bug(bug: Mapping[str, Any]) -> str:
    place = "" if bug["line"] is None else f", line {bug['line']}"
    parts = [f"### Diagnosis: {code(bug['bug'])}{place}", prose(bug["message"])]
    parts += [fenced(bug["code"], "python")] if bug["code"] else []
    parts += [fenced(bug["patch"], "diff")] if bug["patch"] else []
    return "\n\n".join([*parts, _list(bug["evidence"])])
