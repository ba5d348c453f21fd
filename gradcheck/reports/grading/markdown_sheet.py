"""A sheet as Markdown: what GitHub, GitLab, Canvas and a terminal show; nothing in it is taken for markup."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from gradcheck.grading.records import State
from gradcheck.language import tr
from gradcheck.reports.grading import words
from gradcheck.reports.grading.seen import Item, Sheet
from gradcheck.reports.markdown import code, fenced, prose

__all__ = ["sheet_to_markdown"]


def sheet_to_markdown(sheet: Sheet) -> str:
    """A sheet as a document of its own."""
    share = words.percent(sheet)
    who = prose(sheet.student) + (f", {code(sheet.submission)}" if sheet.submission else "")
    parts = [
        f"# {prose(words.heading(sheet))}",
        who,
        f"## {words.total(sheet)}" + ("" if share is None else f" ({share:.1f} %)"),
        *(f"> {prose(text)}" for text in [*_state(sheet), *words.explanations(sheet)]),
        _table(sheet.items),
        *(_item(item) for item in sheet.items if _has_more(item)),
    ]
    if sheet.findings or sheet.notes:
        parts += ["## " + tr("For staff"), _list([*sheet.notes, *sheet.findings])]
    parts += [_bug(bug) for bug in sheet.record.get("diagnoses", ())]
    return "\n\n".join(part for part in parts if part) + "\n"


def _state(sheet: Sheet) -> list[str]:
    return [] if sheet.state is State.GRADED else [words.state(sheet)]


def _table(items: Iterable[Item]) -> str:
    rows = [
        f"| {prose(words.title(item))} | {words.points_of(item.points, item.of)} | {prose(words.outcome(item))} |"
        for item in items
    ]
    return "\n".join([tr("| item | points | |"), "|---|---|---|", *rows]) if rows else ""


def _has_more(item: Item) -> bool:
    """Whether there is more to say than that it is right."""
    return item.outcome not in words.COUNTED or _by_hand(item) != [] or bool(item.evidence)


def _by_hand(item: Item) -> list[str]:
    decided = None if item.override is None else tr("Decided by hand: {reason}", reason=item.override)
    return [text for text in (decided, words.opened(item)) if text is not None]


def _item(item: Item) -> str:
    points = words.points_of(item.points, item.of)
    told = [*item.told, *_by_hand(item)]
    parts = [
        "### " + tr("{title}: {points}", title=prose(words.title(item)), points=points),
        _list(told),
    ]
    parts += [tr("A fix:"), fenced(item.patch, "diff")] if item.patch else []
    parts += [tr("Measured:"), _list(item.evidence)] if item.evidence else []
    return "\n\n".join(part for part in parts if part)


def _list(lines: Iterable[str]) -> str:
    return "\n".join(f"- {prose(line)}" for line in lines)


def _bug(bug: Mapping[str, Any]) -> str:
    title = tr("Diagnosis: {bug}", bug=code(bug["bug"]))
    place = "" if bug["line"] is None else tr(", line {line}", line=bug["line"])
    parts = [f"### {title}{place}", prose(bug["message"])]
    parts += [fenced(bug["code"], "python")] if bug["code"] else []
    parts += [fenced(bug["patch"], "diff")] if bug["patch"] else []
    return "\n\n".join([*parts, _list(bug["evidence"])])
