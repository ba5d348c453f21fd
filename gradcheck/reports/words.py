"""What a report says in sentences: shared by the terminal and the notebook, computed from the record alone."""

from __future__ import annotations

from pathlib import PurePath

from gradcheck.records import BlockReport, CheckReport, Diagnosis, OrderTest, Pattern, ReportSet, Severity, Verdict
from gradcheck.reports import numbers
from gradcheck.reports.naming import bug_summary, bug_title
from gradcheck.reports.unicode import printable

__all__ = [
    "JOINTLY",
    "SAME_BLIND_SPOTS",
    "basis",
    "could_have_missed",
    "count",
    "is_joint",
    "line",
    "reason",
    "set_headline",
    "set_summary",
    "title",
    "where",
]

ORACLES = {
    "finite-difference": "finite differences",
    "complex-step": "complex step",
    "autodiff": "automatic differentiation of the loss",
}
JOINTLY = "The blocks were compared jointly: error and bound are those of the joint probe."
SAME_BLIND_SPOTS = "The same kinds of bug as named above."
ALIKE = 3.0  # blocks whose power differs by less than this factor are spoken of together


def count(number: int, noun: str) -> str:
    """A number with its noun.

    Examples
    --------
    >>> count(1, "file"), count(1200, "file")
    ('1 file', '1,200 files')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def title(report: CheckReport) -> str:
    """What was checked: file and network, or the words "gradient check"."""
    parts = [part for part in (report.file, report.network) if part]
    return printable(", ".join(parts)) if parts else "gradient check"


def where(block: BlockReport) -> str | None:
    """One line on where in a block the wrong entries lie, or None."""
    return None if block.pattern is None else printable(_with_name(block.name, block.pattern))


def could_have_missed(report: CheckReport) -> list[str]:
    """Sentences on the size of error and the kinds of bug that this check cannot rule out."""
    sentences = _power(report)
    if report.blind_spots:
        named = "; ".join(f"{bug_title(bug)} ({bug})" for bug in report.blind_spots)
        sentences.append(f"Bugs that do not show at the points looked at: {named}.")
    return [printable(sentence) for sentence in sentences]


def reason(report: CheckReport) -> tuple[list[str], str]:
    """The verdict and its reason as paragraphs of prose, and what must be shown verbatim: all after an empty line."""
    prose, _, verbatim = printable(report.reason).partition("\n\n")
    names = tuple(printable(name) for name in (report.file, PurePath(report.file or "").name) if name)
    told = [_sentence(text, capital=not text.startswith(names)) for text in prose.splitlines()]
    sentences = [_sentence(report.verdict.value), *told]
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
    oracle = " and ".join(ORACLES.get(name, name) for name in report.oracle.split("+"))
    parts = [
        f"{count(calls.loss, 'loss evaluation')}, {count(calls.gradient, 'gradient evaluation')}",
        f"compared with {oracle}",
        report.dtype,
    ]
    parts += [f"interface {report.interface}"] if report.interface else []
    parts += [f"loss: {report.loss}"] if report.loss else []
    parts += [f"seed {report.seed}"] if report.seed is not None else []
    sentences = ["; ".join(parts) + "."]
    if report.order_test is not None:
        sentences.append(_order(report.order_test))
    return [printable(sentence) for sentence in sentences]


def set_headline(reports: ReportSet) -> str:
    """How many results there are of each verdict, worst first."""
    order = (Verdict.FAIL, Verdict.INVALID, Verdict.INCONCLUSIVE, Verdict.PASS)
    verdicts = [result.verdict for result in reports.results]
    parts = [f"{verdicts.count(verdict)} {verdict.name}" for verdict in order if verdict in verdicts]
    return f"{count(len(verdicts), 'result')}: {', '.join(parts)}" if parts else "No results: nothing was checked."


def set_summary(report: CheckReport) -> str:
    """One line on a result for the table of several: the first sentence of its reason."""
    return printable(_summary(report)[0])


def line(report: CheckReport) -> str:
    """The one line of a quiet run: the summary, which loss it rests on if not the code's own, and the warnings' ids."""
    warnings = dict.fromkeys(item.id for item in report.findings if item.severity is Severity.WARNING)
    ids = f"  ({', '.join(warnings)})" if warnings else ""
    return printable("".join(_summary(report)) + ids)


def _summary(report: CheckReport) -> tuple[str, str]:
    """The first line of the reason, and what it adds on the loss that was taken."""
    first_line = (report.reason.splitlines() or [""])[0]
    if report.verdict not in (Verdict.PASS, Verdict.FAIL):
        return first_line, ""
    if isinstance(report, Diagnosis) and report.diagnoses:
        return bug_summary(report), ""
    first, mark, against = first_line.partition("; held against ")
    return first.partition(" (")[0], mark + against  # the numbers stand in the full report


def _sentence(text: str, *, capital: bool = True) -> str:
    """With a capital letter and a full stop, where it is prose and has none."""
    if capital and text[:1].islower() and text.partition(" ")[0].rstrip(":,").isalpha():
        text = text[0].upper() + text[1:]
    return f"{text}." if text[-1:].isalnum() or text.endswith(")") else text


def _order(test: OrderTest) -> str:
    """A Taylor-remainder test in words."""
    if test.rate is None:
        return "Order test: all remainders are too close to round-off to tell."
    return (
        f"Order test: the remainder of the first-order Taylor expansion falls with order {test.rate:.2f} "
        f"(a right gradient: 2): {test.verdict.name}."
    )


def _with_name(name: str, pattern: Pattern) -> str:
    return pattern.message if name in pattern.message else f"{name}: {pattern.message}"


def _power(report: CheckReport) -> list[str]:
    measured = {name: value for name, value in report.power.items() if value is not None}
    silent = [name for name, value in report.power.items() if value is None]
    sentences = []
    if measured:
        weakest = max(measured, key=lambda name: measured[name])
        strongest = min(measured.values())
        where_weakest = f" (in {weakest}, the weakest)" if measured[weakest] > ALIKE * strongest else ""
        sentences.append(
            f"Errors below about {numbers.percent(measured[weakest])} of a block's gradient{where_weakest}. "
            "A larger one, in a random direction, is caught 999 times in 1,000."
        )
    if silent:
        sentences.append(f"Any error in {', '.join(silent)}: not compared.")
    return sentences
