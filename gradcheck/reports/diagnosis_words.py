"""What a diagnosis says in sentences: shared by the terminal and the notebook, computed from the record alone."""

from __future__ import annotations

import functools
import shlex

from gradcheck import language
from gradcheck.language import mark, mark_plural, tr, trn
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
    Verdict.PASS: mark("right"),
    Verdict.FAIL: mark("wrong"),
    Verdict.INCONCLUSIVE: mark("not decided"),
    Verdict.INVALID: mark("not checked"),
}
JOINT_FIX = mark("The fix, for all of it together")
STOPS = (*".!?:", *"。！？：")
LIKELY = 0.6  # below it a name is a possibility, not an explanation
EXACT = 1e-4  # ratios this close to a known one are told by its name
NAMED_RATIOS = (
    (0.5, mark("half as large as it should be")),
    (2.0, mark("twice as large as it should be")),
    (-1.0, mark("the right size, but the wrong sign")),
)
NUMBER_WORDS = (
    mark("no"), mark("one"), mark("two"), mark("three"), mark("four"), mark("five"), mark("six"), mark("seven"),
    mark("eight"), mark("nine"),
)  # fmt: skip


def headline(report: Diagnosis) -> list[str]:
    """What it comes down to, without a word that a beginner would have to look up."""
    if report.verdict is Verdict.PASS:
        return [_right(report)]
    if report.verdict is not Verdict.FAIL:
        return words.reason(report)[0]
    if report.diagnoses:
        return [_wrong(report)]
    told = mark("The gradient is wrong. No known mistake fits what was seen, so none is named; below is what is known.")
    if report.finding("diagnosis-incomplete") is not None:
        told = mark("The gradient is wrong. What the mistake is could not be found out; below is what is known.")
    return [
        tr(told),
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
    word = tr(BLOCK_WORDS[block.verdict])
    return word, _how_wrong(block) if block.verdict is Verdict.FAIL else ""


def look_alikes(bug: DiagnosedBug) -> list[str]:
    """The names that nothing at hand can tell apart from a bug's, and what would decide."""
    if not bug.same_as:
        return []
    titles = [tr("{title} ({id})", title=bug_title(other), id=other) for other in bug.same_as]
    names = functools.reduce(lambda one, other: tr("{one}; or {other}", one=one, other=other), titles)
    sentences = [tr("From what can be seen here it could as well be: {names}.", names=names)]
    decides = told_apart(bug.bug) or next(filter(None, map(told_apart, bug.same_as)), "")
    if decides:
        sentences.append(tr("What would decide: {sentence}", sentence=_full_stop(decides)))
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
    return trn(
        "Look at line {lines} as well.", "Look at lines {lines} as well.", len(others), lines=language.listed(others)
    )


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
        sentences.append(tr("The gradient was held against the loss {loss}", loss=_full_stop(report.loss)))
    if explain and (report.diagnoses or _told_by_blocks(report)):
        sentences += words.reason(report)[0][1:]
    return [printable(sentence) for sentence in dict.fromkeys(sentences)]


def how_to_go_on(report: Diagnosis, *, explain: bool) -> list[str]:
    """What to type, or where to look, next."""
    steps = []
    again = report.details.get("again")  # of a test: no command of ours takes its file
    file = None if report.file is None or again else shlex.quote(report.file)
    if report.verdict is Verdict.FAIL and report.patch_verified and file:
        steps.append(tr("As a patch: {command}", command=f"gradcheck fix {file}"))
        steps.append(tr("Have it written: {command}", command=f"gradcheck fix {file} --write"))
    elif report.verdict is Verdict.FAIL:
        steps += _by_hand(report)
    again = again or (f"gradcheck check {file}" if file and not report.patch_verified else None)
    if report.verdict is Verdict.FAIL and again:
        steps.append(tr("After the change check again: {command}", command=again))
    if report.diagnoses and file and not explain:
        steps.append(tr("Formulas and numbers: {command}", command=f"gradcheck diagnose {file} --explain"))
    return [printable(step) for step in steps]


def _right(report: Diagnosis) -> str:
    if report.diagnoses:
        return trn(
            "The gradient is right. What may keep this network from learning lies elsewhere: {number} thing stood out.",
            "The gradient is right. What may keep this network from learning lies elsewhere: {number} things stood "
            "out.",
            len(report.diagnoses),
            number=_in_words(len(report.diagnoses)),
        )
    return tr("The gradient is right: back-propagation and the loss belong together.")


def _wrong(report: Diagnosis) -> str:
    number = len(report.diagnoses)
    told = mark_plural(
        "The gradient is wrong, and {number} mistake explains it.",
        "The gradient is wrong, and {number} mistakes explain it.",
    )
    if min(bug.confidence for bug in report.diagnoses) < LIKELY:
        told = mark_plural(
            "The gradient is wrong, and {number} mistake may explain it.",
            "The gradient is wrong, and {number} mistakes may explain it.",
        )
    cure = tr("No fix was found that passes the check, so none is shown.")
    if report.patch_verified:
        cure = trn(
            "With the fix below it is right: that was checked with fresh numbers.",
            "With the fixes below it is right: that was checked with fresh numbers.",
            number,
        )
    kept = report.finding("decay-kept")
    cure = cure if kept is None else kept.message
    return tr("{first} {second}", first=trn(*told, number, number=_in_words(number)), second=cure)


def _told_by_blocks(report: Diagnosis) -> bool:
    """Whether the lines of the blocks say what the check's reason says, without its numbers."""
    return any(block.verdict is Verdict.FAIL for block in report.blocks)


def _how_wrong(block: BlockReport) -> str:
    pattern = words.where(block) if block.pattern is not None and block.pattern.kind != "block" else None
    told = _size(block)
    return language.clauses(filter(None, (told, pattern)))


def _size(block: BlockReport) -> str:
    if block.ratio is not None:
        return _factor(block.ratio)
    if block.relative_error is None:
        return ""
    share = numbers.percent(block.relative_error)
    if block.cosine is not None and block.cosine < 0:
        return tr("off by {share}; it points the wrong way", share=share)
    return tr("off by {share}", share=share)


def _factor(ratio: float) -> str:
    if ratio == 0:
        return tr("zero, though it should not be")
    for known, told in NAMED_RATIOS:
        if abs(ratio - known) <= EXACT * abs(known):
            return tr(told)
    size = numbers.ratio(abs(ratio))
    if ratio > 0:
        return tr("{ratio} times as large as it should be", ratio=size)
    return tr("{ratio} times as large as it should be, with the wrong sign", ratio=size)


def _by_hand(report: Diagnosis) -> list[str]:
    places = [bug_place(bug) for bug in report.diagnoses if bug.line is not None]
    if places:
        return [tr("Begin with {place}.", place=places[0])]
    wrong = [block.name for block in report.blocks if block.verdict is Verdict.FAIL]
    if not wrong:
        return []
    right = [block.name for block in report.blocks if block.verdict is Verdict.PASS]
    if not right:
        told = mark("Everything is wrong, up to {block}: look first at how the error at the output is computed.")
        return [tr(told, block=wrong[-1])]
    if report.blocks[-len(right) :] == tuple(block for block in report.blocks if block.verdict is Verdict.PASS):
        told = mark("Look at the way back from {first} to {last}: behind it all is right, before it all is wrong.")
        return [tr(told, first=right[0], last=wrong[-1])]
    are = trn("{blocks} is right", "{blocks} are right", len(right), blocks=language.listed(right))
    are_not = trn("{blocks} is not", "{blocks} are not", len(wrong), blocks=language.listed(wrong))
    told = mark("{right}, {wrong}: look at the lines that compute {block}'s gradient first.")
    return [tr(told, right=are, wrong=are_not, block=wrong[-1])]


def _in_words(number: int) -> str:
    return tr(NUMBER_WORDS[number]) if number < len(NUMBER_WORDS) else str(number)


def _full_stop(text: str) -> str:
    return text if text.endswith(STOPS) else tr("{sentence}.", sentence=text)
