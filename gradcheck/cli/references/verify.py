"""``gradcheck references verify``."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click

from gradcheck.cli.helping import Command
from gradcheck.cli.options import format_option, quiet_option, seed_option, session_options
from gradcheck.cli.references.catalogue import begun, load_catalogue, pick
from gradcheck.cli.references.verification import Verification, points_of, verify_variant
from gradcheck.cli.screen import draw, emit, output_console, progress

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table

__all__ = ["verify"]

# Widest first; deviations are told in sentences below the table, so that the narrowest loses nothing.
COLUMNS = (
    ("variant", "sizes", "verdict", "ratio", "expected", "ok"),
    ("variant", "verdict", "ratio", "expected", "ok"),
    ("variant", "verdict", "ratio", "ok"),
)
LAYER_ORDER = ("features", "hidden", "outputs")


@click.command(cls=Command, short_help="Check the gradient of every network.")
@click.option(
    "--only",
    metavar="ID",
    multiple=True,
    shell_complete=begun("variants"),
    help="Only this network; may be given several times.",
)
@format_option("text", "json")
@seed_option()
@quiet_option
@session_options
def verify(only: tuple[str, ...], output_format: str, seed: int, quiet: bool) -> int:  # noqa: FBT001 - by name
    """Check the gradient of every network at two points, and compare with what is known of it.

    The points differ in batch size, hidden units and seed. The ratio is the claimed gradient over the true one, where
    that is one constant. Exits with 0 when every network is judged as expected, and with 1 when one is not.

    \b
    Examples:
      gradcheck references verify
      gradcheck references verify --only 002-published
      gradcheck references verify --format json > verify.json
    """
    variants = load_catalogue().variants
    chosen = [pick(variants, identifier, "network") for identifier in only] or variants
    planned = [(variant, keywords) for variant in chosen for keywords in points_of(variant, seed)]
    results = []
    with progress("Checking gradients", quiet=quiet) as advance:
        for number, (variant, keywords) in enumerate(planned):
            advance(number, len(planned))
            results.append(verify_variant(variant, keywords))
    right = bool(results) and all(result.as_expected for result in results)
    if output_format == "json":
        emit(_to_json(results, right=right))
    else:
        draw(output_console(), lambda console: _print(results, console, quiet=quiet))
    return 0 if right else 1


def _to_json(results: Sequence[Verification], *, right: bool) -> str:
    from gradcheck.reports.json import dump

    schema = "gradcheck/references-verify@1"
    return dump({"schema": schema, "as_expected": right, "results": [result.to_dict() for result in results]})


def _print(results: Sequence[Verification], console: Console, *, quiet: bool) -> None:
    from rich.text import Text

    from gradcheck.reports.layout import bullets, fits
    from gradcheck.reports.unicode import printable

    deviating = [result for result in results if not result.as_expected]
    if not quiet:
        tables = [_table(results, console, columns) for columns in COLUMNS]
        console.print(next((table for table in tables if fits(table, console)), tables[-1]))
        console.print()
    variants = {result.variant.id for result in results}
    wrong = {result.variant.id for result in deviating}
    number = len(variants)
    summary = f"{number:,} network{'' if number == 1 else 's'}, {number - len(wrong)} as expected"
    console.print(Text(f"{summary}, {len(wrong)} not: {', '.join(sorted(wrong))}" if wrong else f"{summary}."))
    lines = [f"{result.variant.id} ({_sizes(result)}): {text}" for result in deviating for text in result.deviations]
    if lines:
        console.print(bullets([printable(line) for line in lines]))


def _table(results: Sequence[Verification], console: Console, columns: Sequence[str]) -> Table:
    from rich.text import Text

    from gradcheck.reports.blocks import VERDICT_STYLES
    from gradcheck.reports.layout import headed_table, symbols

    marks = symbols(console)
    table = headed_table(*columns, unbroken=("variant",), gap=2)
    above = None
    for alike in _merged(results):
        result = alike[0]
        verdict = result.report.verdict
        cells: dict[str, RenderableType] = {
            "variant": "" if result.variant.id == above else result.variant.id,
            "sizes": _sizes(result) if len(alike) == 1 else "both points",
            "verdict": Text(verdict.name, style=VERDICT_STYLES[verdict]),
            "ratio": _ratios(result.ratios),
            "expected": _expected(result),
            "ok": Text(marks.yes, style="green") if result.as_expected else Text(marks.no, style="bold red"),
        }
        table.add_row(*(cells[column] for column in columns))
        above = result.variant.id
    return table


def _merged(results: Sequence[Verification]) -> list[list[Verification]]:
    """Results of one variant that read the same, together."""

    def shown(result: Verification) -> tuple[object, ...]:
        return result.variant.id, result.report.verdict, _ratios(result.ratios), _expected(result), result.as_expected

    return [list(alike) for _, alike in itertools.groupby(results, key=shown)]


def _sizes(result: Verification) -> str:
    """Such as ``2-4-3, batch 7``."""
    sizes = dict(result.sizes)
    batch = sizes.pop("batch", None)
    layers = "-".join(str(sizes[name]) for name in LAYER_ORDER if name in sizes)
    return layers if batch is None else f"{layers}, batch {batch}"


def _expected(result: Verification) -> str:
    expected = result.variant.expected_verdict.upper()
    if expected == "PASS" or result.expected_ratios is None:
        return expected
    return f"{expected} {_ratios(result.expected_ratios)}"


def _ratios(ratios: Mapping[str, float | None]) -> str:
    """One number where all blocks share it, else each ratio with its blocks."""
    from gradcheck.reports import numbers

    shared: dict[str, list[str]] = {}
    for name, value in ratios.items():
        shared.setdefault(numbers.ratio(value), []).append(name)
    if len(shared) == 1:
        return next(iter(shared))
    return "; ".join(f"{' '.join(names)} {value}" for value, names in shared.items())
