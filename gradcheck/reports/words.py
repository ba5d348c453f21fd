"""What a report says in sentences: shared by the terminal and the notebook, computed from the record alone."""

from __future__ import annotations

from pathlib import PurePath

from gradcheck.language import clauses, listed, mark, phrases, sentence, tr, trn
from gradcheck.records import (
    BlockReport,
    CheckReport,
    Diagnosis,
    Finding,
    OrderTest,
    Pattern,
    ReportSet,
    Severity,
    Verdict,
)
from gradcheck.reports import numbers
from gradcheck.reports.naming import bug_summary, bug_title
from gradcheck.reports.unicode import printable

__all__ = [
    "JOINTLY",
    "SAME_BLIND_SPOTS",
    "basis",
    "could_have_missed",
    "is_joint",
    "line",
    "reason",
    "set_headline",
    "set_summary",
    "severity",
    "title",
    "where",
]

ORACLES = {
    "finite-difference": mark("finite differences"),
    "complex-step": mark("complex step"),
    "autodiff": mark("automatic differentiation of the loss"),
}
JOINTLY = mark("The blocks were compared jointly: error and bound are those of the joint probe.")
SAME_BLIND_SPOTS = mark("The same kinds of bug as named above.")
SEVERITIES = {Severity.INFO: mark("info"), Severity.WARNING: mark("warning"), Severity.ERROR: mark("error")}
ALIKE = 3.0  # blocks whose power differs by less than this factor are spoken of together


def title(report: CheckReport) -> str:
    """What was checked: file and network, or the words "gradient check"."""
    parts = [part for part in (report.file, report.network) if part]
    return printable(", ".join(parts)) if parts else tr("gradient check")


def severity(finding: Finding) -> str:
    """How much a finding matters, in one word."""
    return tr(SEVERITIES[finding.severity])


def where(block: BlockReport) -> str | None:
    """One line on where in a block the wrong entries lie, or None."""
    return None if block.pattern is None else printable(_with_name(block.name, block.pattern))


def could_have_missed(report: CheckReport) -> list[str]:
    """Sentences on the size of error and the kinds of bug that this check cannot rule out."""
    sentences = _power(report)
    if report.blind_spots:
        named = clauses(tr("{title} ({details})", title=bug_title(bug), details=bug) for bug in report.blind_spots)
        sentences.append(tr("Bugs that do not show at the points looked at: {names}.", names=named))
    return [*map(printable, sentences)]


def reason(report: CheckReport) -> tuple[list[str], str]:
    """The verdict and its reason as paragraphs of prose, and what must be shown verbatim: all after an empty line."""
    prose, _, verbatim = printable(report.reason).partition("\n\n")
    names = tuple(printable(name) for name in (report.file, PurePath(report.file or "").name) if name)
    told = [sentence(text, capital=not text.startswith(names)) for text in prose.splitlines()]
    sentences = [sentence(tr(report.verdict.value)), *told]
    return list(dict.fromkeys(sentences)), verbatim.strip("\n")  # the reason may be the verdict's own sentence


def is_joint(report: CheckReport) -> bool:
    """Whether all blocks passed by one and the same number."""
    numbers_of = {(block.relative_error, block.error_bound) for block in report.blocks}
    return (
        report.verdict is Verdict.PASS
        and len(report.blocks) > 1
        and len(numbers_of) == 1
        and (None, None) not in numbers_of
    )


def basis(report: CheckReport) -> list[str]:
    """What the verdict rests on: evaluations, oracle, precision, interface, loss, seed, and the order test."""
    calls = report.evaluations
    if calls.loss + calls.gradient == 0:
        return []
    losses = trn("{n:,} loss evaluation", "{n:,} loss evaluations", calls.loss)
    gradients = trn("{n:,} gradient evaluation", "{n:,} gradient evaluations", calls.gradient)
    oracle = tr(" and ").join(tr(ORACLES.get(name, name)) for name in report.oracle.split("+"))
    parts = [
        phrases((losses, gradients)),
        tr("compared with {oracle}", oracle=oracle),
        report.dtype,
    ]
    parts += [tr("interface {name}", name=report.interface)] if report.interface else []
    parts += [tr("loss: {loss}", loss=report.loss)] if report.loss else []
    parts += [tr("seed {seed}", seed=report.seed)] if report.seed is not None else []
    sentences = [tr("{sentence}.", sentence=clauses(parts))]
    if report.order_test is not None:
        sentences.append(_order(report.order_test))
    return [*map(printable, sentences)]


def set_headline(reports: ReportSet) -> str:
    """How many results there are of each verdict, worst first."""
    order = (Verdict.FAIL, Verdict.INVALID, Verdict.INCONCLUSIVE, Verdict.PASS)
    verdicts = [result.verdict for result in reports.results]
    parts = [f"{verdicts.count(verdict)} {verdict.name}" for verdict in order if verdict in verdicts]
    if not parts:
        return tr("No results: nothing was checked.")
    return trn("{n:,} result: {verdicts}", "{n:,} results: {verdicts}", len(verdicts), verdicts=listed(parts))


def set_summary(report: CheckReport) -> str:
    """One line on a result for the table of several: its reason without numbers."""
    return printable(_summary(report)[0])


def line(report: CheckReport) -> str:
    """The one line of a quiet run: the summary, which loss it rests on if not the code's own, and the warnings' ids."""
    warnings = dict.fromkeys(item.id for item in report.findings if item.severity is Severity.WARNING)
    ids = f"  ({', '.join(warnings)})" if warnings else ""
    return printable(clauses(_summary(report)) + ids)


def _summary(report: CheckReport) -> list[str]:
    """The first line of the reason, without numbers where the verdict rests on them, and which loss was taken."""
    first = (report.reason.splitlines() or [""])[0]
    if report.verdict not in (Verdict.PASS, Verdict.FAIL):
        return [first]
    if isinstance(report, Diagnosis) and report.diagnoses:
        return [bug_summary(report)]
    return [report.summary or first, *([report.against] if report.against and report.summary else [])]


def _order(test: OrderTest) -> str:
    """A Taylor-remainder test in words."""
    if test.rate is None:
        return tr("Order test: all remainders are too close to round-off to tell.")
    return tr(
        "Order test: the remainder of the first-order Taylor expansion falls with order {rate:.2f} "
        "(a right gradient: 2): {verdict}.",
        rate=test.rate,
        verdict=test.verdict.name,
    )


def _with_name(name: str, pattern: Pattern) -> str:
    if name in pattern.message:
        return pattern.message
    return tr("{block}: {pattern}", block=name, pattern=pattern.message)


def _power(report: CheckReport) -> list[str]:
    measured = {name: value for name, value in report.power.items() if value is not None}
    wrong = {block.name for block in report.blocks if block.verdict is Verdict.FAIL}  # seen, if by itself alone
    silent = [name for name, value in report.power.items() if value is None and name not in wrong]
    sentences = []
    if measured:
        weakest = max(measured, key=lambda name: measured[name])
        strongest = min(measured.values())
        share = numbers.percent(measured[weakest])
        if measured[weakest] > ALIKE * strongest:
            told = tr(
                "Errors below about {share} of a block's gradient (in {weakest}, the weakest). "
                "A larger one, in a random direction, is caught 999 times in 1,000.",
                share=share,
                weakest=weakest,
            )
        else:
            told = tr(
                "Errors below about {share} of a block's gradient. "
                "A larger one, in a random direction, is caught 999 times in 1,000.",
                share=share,
            )
        sentences.append(told)
    if silent:
        sentences.append(tr("Any error in {blocks}: not compared.", blocks=listed(silent)))
    return sentences
