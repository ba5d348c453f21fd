"""An outcome as SARIF 2.1.0: what code scanning and editors read.

Each bug is a rule with the catalogue's explanation, each failure a result with its line, a fingerprint that survives
moved lines, and the verified patch as a fix.

References
----------
Static Analysis Results Interchange Format (SARIF) Version 2.1.0, OASIS Standard, 27 March 2020.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from gradcheck._version import __version__
from gradcheck.gate import Failure, Outcome, Standing
from gradcheck.language import tr
from gradcheck.records import Diagnosis, Verdict
from gradcheck.reports.diagnosis_words import shown_patch
from gradcheck.reports.naming import bug_place
from gradcheck.reports.replacements import Replacement, replacements
from gradcheck.reports.rules import rule_of
from gradcheck.reports.unicode import printable, whole

__all__ = ["to_sarif"]

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
ROOT = "%SRCROOT%"  # the name that consumers know for the root of the repository
LEVELS = {Verdict.FAIL: "error", Verdict.INVALID: "warning", Verdict.INCONCLUSIVE: "warning"}
STATES = {Standing.NEW: "new", Standing.KNOWN: "unchanged"}
FINGERPRINT = "gradcheck/v1"
LINK = re.compile(r"\[(?=[^\[\]]*\]\()")  # 3.11.6: what would be taken for a link has its bracket escaped
MOST_NOTES = 200  # files that are no back-propagation, said one by one


def to_sarif(outcome: Outcome) -> str:
    """An outcome as a SARIF log of one run.

    Parameters
    ----------
    outcome : Outcome

    Returns
    -------
    str
        JSON in ASCII.
    """
    rules = list(dict.fromkeys(failure.rule for failure in outcome.failures))
    run = {
        "tool": {
            "driver": {
                "name": "gradcheck",
                "semanticVersion": _semantic(__version__),
                "rules": [_rule(identifier) for identifier in rules],
            }
        },
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(outcome)],
        "results": [_result(failure, rules, compared=outcome.compared) for failure in outcome.failures],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, allow_nan=False)


def _semantic(version: str) -> str:
    """A Python version as a semantic one.

    Examples
    --------
    >>> _semantic("0.1.0.dev0")
    '0.1.0-dev.0'
    """
    found = re.fullmatch(r"(\d+\.\d+\.\d+)(?:\.?([a-z]+)(\d+))?", version)
    if found is None:
        return "0.0.0"
    return found[1] if found[2] is None else f"{found[1]}-{found[2]}.{found[3]}"


def _rule(identifier: str) -> dict[str, Any]:
    rule = rule_of(identifier)
    return {
        "id": rule.id,
        "name": "".join(part.capitalize() for part in rule.id.split("-")),
        "shortDescription": {"text": _message(rule.title)},
        "fullDescription": {"text": _message(rule.what)},
        "help": {"text": _message(rule.text), "markdown": rule.markdown},
        "defaultConfiguration": {"level": "error"},
        "properties": {"tags": ["correctness", "gradient"]},
    }


def _result(failure: Failure, rules: Sequence[str], *, compared: bool) -> dict[str, Any]:
    location: dict[str, Any] = {"physicalLocation": _place(failure.file, failure.line)}
    if failure.report.network:
        location["logicalLocations"] = [_network(failure)]
    result: dict[str, Any] = {
        "ruleId": failure.rule,
        "ruleIndex": rules.index(failure.rule),
        "level": LEVELS[failure.report.verdict],
        "message": {"text": _message(_words(failure))},
        "locations": [location],
        "partialFingerprints": {FINGERPRINT: failure.fingerprint},
        "properties": {"verdict": failure.report.verdict.name.lower(), "blocks": list(map(printable, failure.blocks))},
    }
    if failure.bug is not None:
        result["rank"] = round(100.0 * failure.bug.confidence, 1)
    fix = _fix(failure)
    if fix is not None:
        result["fixes"] = [fix]
    if compared:
        result["baselineState"] = STATES[failure.standing]
    return result


def _network(failure: Failure) -> dict[str, str]:
    """The network; of code that another file was checked with, such as a test, as one of that."""
    name = printable(failure.report.network or "")
    of_other = failure.file != failure.program
    return {
        "name": name,
        **({"fullyQualifiedName": f"{printable(failure.program)}::{name}"} if of_other else {}),
        "kind": "function",
    }


def _invocation(outcome: Outcome) -> dict[str, Any]:
    """How the run went, what it left out, and what is fixed, which as a result would be opened by services."""
    fixed = [
        ("note", entry.file, tr("Fixed since the baseline: {title}.", title=rule_of(entry.rule).title))
        for entry in outcome.fixed
    ]
    items = sorted(outcome.skipped, key=lambda item: item.ran)
    skipped = [
        ("note" if item.ran else "warning", item.file, tr("Skipped: {reason}", reason=printable(item.reason)))
        for item in items
    ]
    return {
        "executionSuccessful": not outcome.empty or outcome.empty_allowed,
        "exitCode": outcome.exit_code,
        "toolExecutionNotifications": [
            {
                "level": level,
                "message": {"text": _message(text)},
                "locations": [{"physicalLocation": {"artifactLocation": _artifact(file)}}],
            }
            for level, file, text in [*fixed, *skipped[:MOST_NOTES]]
        ],
    }


def _words(failure: Failure) -> str:
    """The message; of a notebook with the cell, which no region can name."""
    told = printable(failure.message).strip() or tr(failure.report.verdict.value)
    if failure.bug is not None and failure.bug.cell is not None:
        place = bug_place(failure.bug)
        return tr("{place}: {told}", place=f"{place[:1].upper()}{place[1:]}", told=told)
    return told


def _message(text: str) -> str:
    r"""Text in which nothing is taken for a placeholder or a link (3.11.5, 3.11.6).

    Examples
    --------
    >>> print(_message("{0} [here](there) W[0]"))
    {{0}} \[here](there) W[0]
    """
    return LINK.sub(r"\\[", text.replace("{", "{{").replace("}", "}}"))


def _place(file: str, line: int | None) -> dict[str, Any]:
    """A place in a file; code scanning wants a line, so that what has none is at the first."""
    return {"artifactLocation": _artifact(file), "region": {"startLine": line or 1}}


def _artifact(file: str) -> dict[str, str]:
    try:
        path = quote(file.encode("utf-8", "surrogateescape"), safe="/")  # the very bytes of the name
    except UnicodeEncodeError:  # surrogates that no file's name gives
        path = quote(whole(file), safe="/")
    if file.startswith("/"):
        return {"uri": f"file://{path}"}
    return {"uri": path, "uriBaseId": ROOT}


def _fix(failure: Failure) -> dict[str, Any] | None:
    """The verified patch; of a notebook none, whose text is not that of its cells."""
    if failure.bug is None or failure.bug.cell is not None or not isinstance(failure.report, Diagnosis):
        return None
    patch = shown_patch(failure.report, failure.bug)
    if patch is None:
        return None
    changed = replacements(patch)
    changes = [
        {
            "artifactLocation": _artifact(_place_of(name, failure, changed)),
            "replacements": [_replacement(item) for item in items],
        }
        for name, items in changed.items()
        if items
    ]
    title = rule_of(failure.rule).title
    return (
        {"description": {"text": _message(tr("Cures: {title}.", title=title))}, "artifactChanges": changes}
        if changes
        else None
    )


def _place_of(name: str, failure: Failure, changed: Collection[str]) -> str:
    """Where a file lies that a patch changes: below the program's folder, or where the line is of code from elsewhere.

    A test's problem is built from code of another folder, and its patch names that file by the end of its path.
    """
    mine = [other for other in changed if f"/{failure.file}".endswith(f"/{other}")]
    if mine and name == max(mine, key=len):
        return failure.file
    return (PurePosixPath(failure.program).parent / name).as_posix()


def _replacement(item: Replacement) -> dict[str, Any]:
    """Up to the end of the last line that goes, so that a file needs no line break at its end."""
    if not item.gone:
        region = {"startLine": item.line, "startColumn": 1, "endLine": item.line, "endColumn": 1}
        text = "".join(f"{line}\n" for line in item.come)
    elif not item.come:
        region = {"startLine": item.line, "startColumn": 1, "endLine": item.line + len(item.gone), "endColumn": 1}
        text = ""
    else:
        last = item.line + len(item.gone) - 1
        region = {"startLine": item.line, "startColumn": 1, "endLine": last, "endColumn": len(item.gone[-1]) + 1}
        text = "\n".join(item.come)
    return {"deletedRegion": region, "insertedContent": {"text": text}}
