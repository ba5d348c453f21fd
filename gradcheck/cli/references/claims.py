"""``gradcheck references claims``."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from gradcheck.cli.helping import Command
from gradcheck.cli.options import IntRange, format_option, quiet_option, session_options
from gradcheck.cli.references.catalogue import Claim, begun, load_catalogue, pick
from gradcheck.cli.screen import draw, emit, output_console, progress
from gradcheck.errors import InvalidArgumentError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

__all__ = ["claims"]

OUTCOME_STYLES = {"holds": "bold green", "does not hold": "bold red", "undecided": "bold yellow"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A claim beside what its seeds have shown, and how long they took in seconds."""

    claim: Claim
    judgement: Any
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """JSON form, one claim of schema ``gradcheck/references-claims@1``."""
        names = ("statement", "place", "metric", "threshold", "direction", "epochs", "expectation")
        numbers = ("successes", "rate", "lower", "upper", "confidence", "rate_required", "outcome")
        return {
            "id": self.claim.id,
            "document": self.claim.document,
            **{name: getattr(self.claim, name) for name in names},
            "seeds": self.judgement.trials,
            **{name: getattr(self.judgement, name) for name in numbers},
            "seconds": round(self.seconds, 3),
        }


@click.command(cls=Command, short_help="Measure which of the texts' claims hold.")
@click.option("--document", metavar="NUMBER", help="Only the claims of this document: 000, 001, 002 or 003.")
@click.option(
    "--only",
    metavar="ID",
    multiple=True,
    shell_complete=begun("claims"),
    help="Only this claim; may be given several times.",
)
@click.option("--seeds", metavar="N", type=IntRange(min=1), help="How many seeds to train, for every claim.")
@click.option("--seed", metavar="N", type=IntRange(min=0), default=0, show_default=True, help="The first of the seeds.")
@format_option("text", "json")
@quiet_option
@session_options
def claims(
    document: str | None,
    only: tuple[str, ...],
    seeds: int | None,
    seed: int,
    output_format: str,
    quiet: bool,  # noqa: FBT001
) -> int:
    """Train over many seeds and tell which claims of the texts hold.

    A claim holds when the whole Wilson interval of its rate of success is at or above the rate required, does not hold
    when it is below, and is undecided in between. Exits with 0 when all were measured, whatever the outcome.

    \b
    Examples:
      gradcheck references claims --document 002
      gradcheck references claims --only 000-accuracy --seeds 20
      gradcheck references claims --format json > claims.json
    """
    chosen = _choose(load_catalogue().claims, document, only)
    measured = []
    for number, claim in enumerate(chosen, start=1):
        measured.append(_measure(claim, range(seed, seed + (seeds or claim.seeds)), f"{number}/{len(chosen)}", quiet))
        if output_format == "text":
            _show(measured[-1], quiet=quiet)
    if output_format == "text" and not quiet and len(measured) > 1:
        draw(output_console(), lambda console: _print_summary(measured, console))
    if output_format == "json":
        from gradcheck.reports.json import dump

        emit(dump({"schema": "gradcheck/references-claims@1", "claims": [item.to_dict() for item in measured]}))
    return 0


def _choose(everything: Sequence[Claim], document: str | None, only: tuple[str, ...]) -> Sequence[Claim]:
    documents = sorted({claim.document for claim in everything})
    if document is not None and document not in documents:
        raise InvalidArgumentError(f"--document {document}: expected one of {', '.join(documents)}")
    if only:
        return [pick(everything, identifier, "claim") for identifier in only]
    return [claim for claim in everything if document in (None, claim.document)]


def _measure(claim: Claim, seeds: range, place: str, quiet: bool) -> Measured:  # noqa: FBT001 - private
    with progress(f"Claim {place}, {claim.id}", quiet=quiet) as advance:
        start = time.perf_counter()
        values = claim.run(seeds, advance)
        seconds = time.perf_counter() - start
    return Measured(claim=claim, judgement=claim.judge(values), seconds=seconds)


def _show(item: Measured, *, quiet: bool) -> None:
    if quiet:
        emit(f"{item.judgement.outcome:<13}  {item.claim.id}")
    else:
        draw(output_console(), lambda console: _print(item, console))


def _print(item: Measured, console: Console) -> None:
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    outcome = item.judgement.outcome
    line = Text(f"{outcome:<13}", style=OUTCOME_STYLES[outcome])
    line.append(f"  {item.claim.id}", style="bold default")
    console.print(line)
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for label, text in _rows(item):
        grid.add_row(label, text)
    console.print(Padding(grid, (0, 0, 1, 2)))


def _print_summary(measured: Sequence[Measured], console: Console) -> None:
    from gradcheck.reports.layout import fits

    wide = _summary(measured, wide=True)
    console.print(wide if fits(wide, console) else _summary(measured, wide=False))


def _summary(measured: Sequence[Measured], *, wide: bool) -> Table:
    from rich.text import Text

    from gradcheck.reports.layout import headed_table

    columns = ("claim", "measured", "required", "outcome", *(("took",) if wide else ()))
    table = headed_table(*columns, right=("measured", "required", "took"))
    for item in measured:
        found = item.judgement
        interval = f" ({100 * found.lower:.1f} to {100 * found.upper:.1f})" if wide else ""
        table.add_row(
            item.claim.id,
            f"{100 * found.rate:.1f} %{interval}",
            f"{100 * found.rate_required:g} %",
            Text(found.outcome, style=OUTCOME_STYLES[found.outcome]),
            *((f"{item.seconds:.1f} s",) if wide else ()),
        )
    return table


def _rows(item: Measured) -> list[tuple[str, str]]:
    claim, found = item.claim, item.judgement
    interval = f"{100 * found.lower:.1f} to {100 * found.upper:.1f} % with confidence {100 * found.confidence:g} %"
    trained = f", {claim.epochs:,} epochs each" if claim.epochs else ""
    return [
        ("claim", claim.statement),
        ("where", claim.place),
        ("success", f"{claim.metric}: {claim.direction} {claim.threshold:g}"),
        ("measured", f"{100 * found.rate:.1f} % of {found.trials} seeds ({interval}){trained}"),
        ("required", f"{100 * found.rate_required:g} %"),
        ("took", f"{item.seconds:.1f} s"),
    ]
