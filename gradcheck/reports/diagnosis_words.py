"""What a diagnosis says in sentences: shared by the terminal and the notebook, computed from the record alone."""

from __future__ import annotations

import shlex

from gradcheck.records import BlockReport, DiagnosedBug, Diagnosis, Finding, Verdict
from gradcheck.reports import numbers, words
from gradcheck.reports.caret import is_whole
from gradcheck.reports.naming import bug_place, bug_title, told_apart
from gradcheck.reports.patches import replaced_line
from gradcheck.reports.unicode import printable

__all__ = [
    "JOINT_FIX",
    "as_heading",
    "block_words",
    "evidence",
    "findings",
    "headline",
    "how_to_go_on",
    "joint_patch",
    "look_alikes",
    "other_lines",
    "quoted",
    "shown_patch",
    "tried",
]

BLOCK_WORDS = {
    Verdict.PASS: "right",
    Verdict.FAIL: "wrong",
    Verdict.INCONCLUSIVE: "not decided",
    Verdict.INVALID: "not checked",
}
JOINT_FIX = "The fix, for all of it together"
LIKELY = 0.6  # below it a name is a possibility, not an explanation
EXACT = 1e-4  # ratios this close to a known one are told by its name
NAMED_RATIOS = (
    (0.5, "half as large as it should be"),
    (2.0, "twice as large as it should be"),
    (-1.0, "the right size, but the wrong sign"),
)
NUMBER_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def headline(report: Diagnosis) -> list[str]:
    """What it comes down to, without a word that a beginner would have to look up."""
    if report.verdict is Verdict.PASS:
        return [_right(report)]
    if report.verdict is not Verdict.FAIL:
        return words.reason(report)[0]
    if report.diagnoses:
        return [_wrong(report)]
    why = "No known mistake fits what was seen, so none is named"
    if report.finding("diagnosis-incomplete") is not None:
        why = "What the mistake is could not be found out"
    return [
        f"The gradient is wrong. {why}; below is what is known.",
        *([] if _told_by_blocks(report) else words.reason(report)[0][1:]),
    ]


def as_heading(title: str) -> str:
    """With a capital letter, unless it begins with a formula.

    Examples
    --------
    >>> as_heading("a missing 2"), as_heading("f'(a) where f'(z) belongs")
    ('A missing 2', "f'(a) where f'(z) belongs")
    """
    first = title.partition(" ")[0]
    return title[:1].upper() + title[1:] if first.isalpha() else title


def block_words(block: BlockReport) -> tuple[str, str]:
    """Whether a block is right, in one word, and how it is wrong in a few.

    Examples
    --------
    >>> block_words(BlockReport(name="W", shape=(2,), verdict=Verdict.FAIL, ratio=0.5))
    ('wrong', 'half as large as it should be')
    """
    word = BLOCK_WORDS[block.verdict]
    return word, _how_wrong(block) if block.verdict is Verdict.FAIL else ""


def look_alikes(bug: DiagnosedBug) -> list[str]:
    """The names that nothing at hand can tell apart from a bug's, and what would decide."""
    if not bug.same_as:
        return []
    names = "; or ".join(f"{bug_title(other)} ({other})" for other in bug.same_as)
    sentences = [f"From what can be seen here it could as well be: {names}."]
    decides = told_apart(bug.bug) or next(filter(None, map(told_apart, bug.same_as)), "")
    if decides:
        sentences.append(f"What would decide: {_full_stop(decides)}")
    return [printable(sentence) for sentence in sentences]


def quoted(report: Diagnosis, bug: DiagnosedBug) -> tuple[int, str] | None:
    """The line to quote and its number: of a statement over several lines the one that the fix changes."""
    if bug.code is None or bug.line is None:
        return None
    patch = shown_patch(report, bug)
    within = replaced_line(patch) if patch is not None and not is_whole(bug.code) else None
    line = bug.line if bug.cell_line is None else bug.cell_line
    return within if within is not None and within[0] > line else (line, bug.code)


def other_lines(bug: DiagnosedBug) -> str:
    """Lines that are suspected beside the first; empty where there are none."""
    others = [str(line) for line in bug.lines if line != bug.line]
    if not others or bug.cell is not None:
        return ""
    return f"Look at line{'' if len(others) == 1 else 's'} {', '.join(others)} as well."


def evidence(bug: DiagnosedBug, *, explain: bool) -> list[str]:
    """What was measured that says so: the first of it, or all where the mathematics was asked for."""
    return [printable(_full_stop(as_heading(sentence))) for sentence in (bug.evidence if explain else bug.evidence[:1])]


def shown_patch(report: Diagnosis, bug: DiagnosedBug) -> str | None:
    """The diff that cures a bug, if with all the diffs together the file was seen to pass; never another one."""
    if not report.patch_verified:
        return None
    return bug.patch or (report.patch if len(report.diagnoses) == 1 else None)


def joint_patch(report: Diagnosis) -> str | None:
    """The verified diff of all bugs together, where not each of them has one of its own, or none has a name."""
    own = bool(report.diagnoses) and all(shown_patch(report, bug) is not None for bug in report.diagnoses)
    return report.patch if report.patch_verified and not own else None


def findings(report: Diagnosis) -> tuple[Finding, ...]:
    """What a check found beside the numbers, without what a note has already said by name."""
    named = {bug.bug for bug in report.diagnoses}
    return tuple(finding for finding in report.findings if finding.id not in named)


def tried(report: Diagnosis, *, explain: bool) -> list[str]:
    """What was looked at, what it excluded, and what could not be looked at."""
    sentences = [_full_stop(as_heading(sentence)) for sentence in report.tried]
    if report.loss and report.verdict in (Verdict.PASS, Verdict.FAIL):
        sentences.append(f"The gradient was held against the loss {_full_stop(report.loss)}")
    if explain and (report.diagnoses or _told_by_blocks(report)):
        sentences += words.reason(report)[0][1:]
    return [printable(sentence) for sentence in dict.fromkeys(sentences)]


def how_to_go_on(report: Diagnosis, *, explain: bool) -> list[str]:
    """What to type, or where to look, next."""
    steps = []
    file = None if report.file is None else shlex.quote(report.file)
    if report.verdict is Verdict.FAIL and report.patch_verified and file:
        steps.append(f"As a patch: gradcheck fix {file}")
        steps.append(f"Have it written: gradcheck fix {file} --write")
    elif report.verdict is Verdict.FAIL:
        steps += _by_hand(report)
    if report.verdict is Verdict.FAIL and file and not report.patch_verified:
        steps.append(f"After the change check again: gradcheck check {file}")
    if report.diagnoses and file and not explain:
        steps.append(f"Formulas and numbers: gradcheck diagnose {file} --explain")
    return [printable(step) for step in steps]


def _right(report: Diagnosis) -> str:
    if report.diagnoses:
        return (
            "The gradient is right. What may keep this network from learning lies elsewhere: "
            f"{_number(len(report.diagnoses), 'thing')} stood out."
        )
    return "The gradient is right: back-propagation and the loss belong together."


def _wrong(report: Diagnosis) -> str:
    mistakes = _number(len(report.diagnoses), "mistake")
    explains = "explains" if len(report.diagnoses) == 1 else "explain"
    if min(bug.confidence for bug in report.diagnoses) < LIKELY:
        explains = "may explain"
    told = f"The gradient is wrong, and {mistakes} {explains} it."
    if report.patch_verified:
        fixes = "fix" if len(report.diagnoses) == 1 else "fixes"
        return f"{told} With the {fixes} below it is right: that was checked with fresh numbers."
    return f"{told} No fix was found that passes the check, so none is shown."


def _told_by_blocks(report: Diagnosis) -> bool:
    """Whether the lines of the blocks say what the check's reason says, without its numbers."""
    return any(block.verdict is Verdict.FAIL for block in report.blocks)


def _how_wrong(block: BlockReport) -> str:
    pattern = words.where(block) if block.pattern is not None and block.pattern.kind != "block" else None
    told = _size(block)
    return f"{told}; {pattern}" if told and pattern else told or pattern or ""


def _size(block: BlockReport) -> str:
    if block.ratio is not None:
        return _factor(block.ratio)
    if block.relative_error is None:
        return ""
    backwards = "; it points the wrong way" if block.cosine is not None and block.cosine < 0 else ""
    return f"off by {numbers.percent(block.relative_error)}{backwards}"


def _factor(ratio: float) -> str:
    if ratio == 0:
        return "zero, though it should not be"
    for known, told in NAMED_RATIOS:
        if abs(ratio - known) <= EXACT * abs(known):
            return told
    sign = "" if ratio > 0 else ", with the wrong sign"
    return f"{numbers.ratio(abs(ratio))} times as large as it should be{sign}"


def _by_hand(report: Diagnosis) -> list[str]:
    places = [bug_place(bug) for bug in report.diagnoses if bug.line is not None]
    if places:
        return [f"Begin with {places[0]}."]
    wrong = [block.name for block in report.blocks if block.verdict is Verdict.FAIL]
    if not wrong:
        return []
    right = [block.name for block in report.blocks if block.verdict is Verdict.PASS]
    if not right:
        return [f"Everything is wrong, up to {wrong[-1]}: look first at how the error at the output is computed."]
    if report.blocks[-len(right) :] == tuple(block for block in report.blocks if block.verdict is Verdict.PASS):
        return [f"Look at the way back from {right[0]} to {wrong[-1]}: behind it all is right, before it all is wrong."]
    are, are_not = (("is" if len(names) == 1 else "are") for names in (right, wrong))
    told = f"{', '.join(right)} {are} right, {', '.join(wrong)} {are_not} not"
    return [f"{told}: look at the lines that compute {wrong[-1]}'s gradient first."]


def _number(number: int, noun: str) -> str:
    word = NUMBER_WORDS[number] if number < len(NUMBER_WORDS) else str(number)
    return f"{word} {noun}{'' if number == 1 else 's'}"


def _full_stop(text: str) -> str:
    return text if text.endswith((".", "!", "?", ":")) else f"{text}."
