"""An outcome for GitHub Actions: annotations as workflow commands, and a step's summary in Markdown.

References
----------
GitHub documentation, "Workflow commands for GitHub Actions": a line that begins with ``::`` commands the runner, and so
may one with ``##[`` in it; text that a submission has chosen must never be such a line.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from gradcheck.gate import Failure, Outcome
from gradcheck.language import phrases, tr, trn
from gradcheck.records import Diagnosis, Verdict
from gradcheck.reports.diagnosis_words import shown_patch
from gradcheck.reports.markdown import code, fenced, prose
from gradcheck.reports.naming import bug_place
from gradcheck.reports.rules import rule_of
from gradcheck.reports.unicode import printable

__all__ = ["muted", "summary", "workflow_commands"]

LEVELS = {Verdict.FAIL: "error", Verdict.INVALID: "warning", Verdict.INCONCLUSIVE: "warning"}
MOST = 10  # annotations that GitHub takes from a step, of each level
LARGEST = 1_000_000  # bytes of a step's summary; GitHub refuses more than 1 MiB of it whole
MOST_PATCHES = 50
MOST_SKIPPED = 100


def workflow_commands(outcome: Outcome) -> list[str]:
    """One workflow command a new failure, as many as GitHub shows; the summary has all of them.

    Parameters
    ----------
    outcome : Outcome

    Returns
    -------
    list of str
        Lines.
    """
    shown = dict.fromkeys(LEVELS.values(), 0)
    lines = []
    for failure in outcome.new:
        level = LEVELS[failure.report.verdict]
        shown[level] += 1
        if shown[level] <= MOST:
            lines.append(_command(level, failure))
    return lines


def muted(token: str) -> tuple[str, str]:
    """Lines to write before and after text in which the runner is to hear no command.

    Parameters
    ----------
    token : str
        That nobody could have guessed who wrote the text.
    """
    return f"::stop-commands::{token}", f"::{token}::"


def summary(outcome: Outcome) -> str:
    """A page in Markdown: what is new with its patches, what is known, fixed and skipped.

    Parameters
    ----------
    outcome : Outcome

    Returns
    -------
    str
        At most as large as GitHub takes.
    """
    parts = [f"## gradcheck\n\n{_headline(outcome)}", *_tables(outcome), *_patches(outcome), *_skipped(outcome)]
    page = ""
    for number, part in enumerate(parts):
        if len(page.encode()) + len(part.encode()) > LARGEST:
            left_out = trn("{n:,} part more did not fit.", "{n:,} parts more did not fit.", len(parts) - number)
            return f"{page}{left_out}\n"
        page += f"{part}\n\n"
    return page


def _command(level: str, failure: Failure) -> str:
    place = f"file={_property(failure.file)}"
    if failure.line is not None:
        place += f",line={failure.line}"
    cell = bug_place(failure.bug) if failure.bug is not None and failure.bug.cell is not None else ""
    message = ": ".join(filter(None, (cell, printable(failure.message).strip() or tr(failure.report.verdict.value))))
    command = f"gradcheck fix {shlex.quote(printable(failure.program))}"
    fix = "" if _patch(failure) is None else "\n" + tr("A verified fix: {command}", command=command)
    title = tr("{title} ({details})", title=rule_of(failure.rule).title, details=failure.rule)
    return f"::{level} {place},title={_property(title)}::{_data(message + fix)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """A property's value ends at a comma, and the properties at a colon.

    Examples
    --------
    >>> _property("a,b:c%")
    'a%2Cb%3Ac%25'
    """
    return _data(printable(text)).replace(":", "%3A").replace(",", "%2C")


def _headline(outcome: Outcome) -> str:
    if outcome.empty:
        return tr("No back-propagation was recognised: nothing was checked.")
    passed = sum(report.verdict is Verdict.PASS for report in outcome.results)
    new = trn("{n:,} new failure", "{n:,} new failures", len(outcome.new))
    parts = [f"**{new}**" if outcome.new else tr("No new failures")]
    parts += [tr("{number} known", number=len(outcome.known))] if outcome.known else []
    parts += [tr("{number} fixed", number=len(outcome.fixed))] if outcome.fixed else []
    return trn(
        "{failures}; {passed} of {n:,} network right.",
        "{failures}; {passed} of {n:,} networks right.",
        len(outcome.results),
        failures=phrases(parts),
        passed=passed,
    )


def _tables(outcome: Outcome) -> list[str]:
    parts = []
    for heading, failures in ((tr("New"), outcome.new), (tr("Known, in the baseline"), outcome.known)):
        if failures:
            columns = " | ".join((tr("where"), tr("what"), tr("explained")))
            parts.append(f"### {heading}\n\n| {columns} |\n|---|---|---|")
            parts[-1] += "".join(f"\n{_row(failure)}" for failure in failures[:1000])
    if outcome.fixed:
        rows = [f"- {code(entry.file)}: {prose(rule_of(entry.rule).title)}" for entry in outcome.fixed]
        parts.append("\n".join([f"### {tr('Fixed since the baseline')}", "", *rows]))
    return parts


def _row(failure: Failure) -> str:
    place = failure.file if failure.line is None else f"{failure.file}:{failure.line}"
    return f"| {code(place)} | {prose(rule_of(failure.rule).title)} | {prose(failure.message)} |"


def _patches(outcome: Outcome) -> list[str]:
    """Verified patches, each folded away, as `git apply` takes them at the repository's root."""
    found = [(failure, patch) for failure in outcome.new if (patch := _patch(failure)) is not None]
    return [
        _folded(
            tr("A verified fix of {file}", file=code(failure.file)), fenced(_from_root(patch, failure.file), "diff")
        )
        for failure, patch in found[:MOST_PATCHES]
    ]


def _from_root(patch: str, file: str) -> str:
    """The patch with the whole path in its first two lines, where it has the file's name alone."""
    path = printable(file)
    before, after, *rest = patch.split("\n")
    if {before.partition(" a/")[2], after.partition(" b/")[2]} != {path.rpartition("/")[2]}:
        return patch
    return "\n".join([f"--- a/{path}", f"+++ b/{path}", *rest])


def _skipped(outcome: Outcome) -> list[str]:
    items = sorted(outcome.skipped, key=lambda item: item.ran)
    rows: Sequence[str] = [f"- {code(item.file)}: {prose(item.reason)}" for item in items]
    if not rows:
        return []
    more = [f"- {tr('and {number} more', number=len(rows) - MOST_SKIPPED)}"] if len(rows) > MOST_SKIPPED else []
    heading = [trn("{n:,} file skipped", "{n:,} files skipped", len(rows))]
    heading += [tr("{number} of which did not run", number=len(outcome.not_run))] if outcome.not_run else []
    return [_folded(phrases(heading), "\n".join([*rows[:MOST_SKIPPED], *more]))]


def _folded(heading: str, content: str) -> str:
    return f"<details><summary>{heading}</summary>\n\n{content}\n\n</details>"


def _patch(failure: Failure) -> str | None:
    if failure.bug is None or not isinstance(failure.report, Diagnosis):
        return None
    return shown_patch(failure.report, failure.bug)
