"""``gradcheck grade``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from gradcheck.cli.helping import Command
from gradcheck.cli.meant import neighbour
from gradcheck.cli.options import IntRange, format_option, quiet_option, seed_option, session_options
from gradcheck.cli.paths import ANY, FILE, NEW_FILE, NEW_FOLDER, missing, no_folder
from gradcheck.cli.screen import draw, emit, output_console, stages
from gradcheck.language import listed, tr

__all__ = ["grade"]

INTERRUPTED = 130  # 128 + SIGINT, as shells have it
# Where Gradescope keeps an autograder; another place for those who try one out.
ROOT_VARIABLE, ROOT = "GRADCHECK_AUTOGRADER", "/autograder"


@click.command(cls=Command, short_help="Grade a class by an assignment's rubric.")
@click.argument("paths", metavar="PATH...", nargs=-1, type=ANY)
@click.option("--assignment", metavar="TOML", type=FILE, help="What the class was asked for.")
@click.option("--out", metavar="DIR", type=NEW_FOLDER, help="Where results go.")
@click.option(
    "--roster", metavar="CSV", type=FILE, help="Who is in the class: Canvas's or Moodle's export, or your own."
)
@click.option("--times", metavar="CSV", type=FILE, help="When each was handed in: columns submission, submitted.")
@click.option(
    "--overrides", metavar="CSV", type=FILE, help="Marks by hand: columns submission, item, points, reason. They stay."
)
@click.option(
    "--attempts",
    type=click.Choice(("latest", "best")),
    default="latest",
    show_default=True,
    help="Which of a student's attempts counts.",
)
@click.option("--anonymous", is_flag=True, help="Show students by pseudonyms.")
@click.option("--one", "single", is_flag=True, help="Each PATH is one submission, also a folder or an archive.")
@click.option(
    "--diagnose/--no-diagnose",
    default=None,
    help="Name bugs, or (--no-diagnose) give marks alone: the default of --self-test, and of nothing else.",
)
@click.option(
    "--self-test",
    "testing",
    is_flag=True,
    help="Grade no PATH, but right programs and every bug of the catalogue: what would this rubric miss?",
)
@click.option(
    "--jobs", metavar="N", type=IntRange(min=1), help="Processes of this machine; by default one a processor."
)
@click.option("--scheduler", metavar="ADDRESS", help="Grade on the Dask cluster whose scheduler is there.")
@click.option(
    "--gradescope",
    is_flag=True,
    help="Write Gradescope's results.json; with no PATH, --assignment and --out: as the inside of an autograder.",
)
@click.option("--prairielearn", is_flag=True, help="Write PrairieLearn's results.json.")
@click.option("--classroom50", is_flag=True, help="Write Classroom 50's result.json.")
@click.option("--junit", metavar="FILE", type=NEW_FILE, help="Write JUnit XML: a student a suite, an item a case.")
@click.option("--sarif", metavar="FILE", type=NEW_FILE, help="Write SARIF 2.1.0: every bug that was named.")
@format_option("text", "json")
@seed_option(None)
@quiet_option
@session_options
@click.pass_context
def grade(ctx: click.Context, /, output_format: str, quiet: bool, testing: bool, **options: Any) -> int:  # noqa: FBT001 - click's
    """Grade submissions by an assignment's rubric.

    PATH is a folder (each file, notebook, folder and zip archive in it is one submission), a zip archive of such, or
    one file. What was graded before and has not changed is not run again, so that the same command goes on where it
    was stopped, and grades what has come in since.

    Exit code: 0 when all were graded or told why not; with --self-test 1 when a right program loses marks, or a bug
    that can be told costs nothing.

    \b
    Examples:
      gradcheck new assignment --list
      gradcheck grade submissions/ --assignment xor.toml --out results/
      gradcheck grade canvas.zip --assignment xor.toml --out results/ --roster canvas.csv
      gradcheck grade --self-test --assignment xor.toml
      gradcheck grade --gradescope
    """
    if testing:
        return _self_test(ctx, output_format, quiet=quiet, **options)
    if _is_inside(options):
        emit(tr("Written: {file}", file=_grade_inside(ctx)))
        return 0
    try:
        graded = _grade_and_write(quiet=quiet, **options)
    except KeyboardInterrupt:
        click.echo(tr("Interrupted. What was graded is kept: the same command goes on from there."), err=True)
        return INTERRUPTED
    if output_format == "json":
        from gradcheck.reports.grading.overview import to_json

        emit(to_json(graded))
        return 0
    from gradcheck.reports.grading.overview import one_line, print_overview

    if quiet:
        emit(one_line(graded))
    else:
        draw(output_console(), lambda console: print_overview(graded, console))
    return 0


def _self_test(
    ctx: click.Context, output_format: str, *, assignment: Path | None, jobs: int | None, seed: int | None,
    diagnose: bool | None, quiet: bool, **_others: Any,
) -> int:  # fmt: skip
    from gradcheck.grading.self_test.self_test import self_test
    from gradcheck.reports.grading.self_test import print_self_test, self_test_json, self_test_line

    beside = _typed(ctx, {"testing", "assignment", "jobs", "seed", "diagnose", "output_format", "quiet"})
    if beside:
        raise click.UsageError(
            tr("{options}: --self-test hands in programs of its own, and keeps no results.", options=listed(beside))
        )
    if assignment is None:
        raise click.UsageError(tr("Missing --assignment: what is tested."))
    with stages(quiet=quiet) as advance:
        result = self_test(assignment, seed=seed or 0, diagnose=bool(diagnose), workers=jobs, progress=advance)
    if output_format == "json":
        emit(self_test_json(result))
    elif quiet:
        emit(self_test_line(result))
    else:
        draw(output_console(), lambda console: print_self_test(result, console))
    return 0 if result.passed else 1


def _typed(ctx: click.Context, allowed: set[str]) -> list[str]:
    """What was typed besides, as it is typed."""
    from click.core import ParameterSource

    typed = [
        name
        for name, value in ctx.params.items()
        if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE and value != ()  # as click before 8.3 says
    ]
    names = {"paths": "PATH", "single": "--one"}
    return [names.get(name, f"--{name.replace('_', '-')}") for name in typed if name not in allowed]


def _is_inside(options: dict[str, Any]) -> bool:
    """Whether this is the inside of an autograder, which is told by naming nothing to grade."""
    missing = [name for name, given in (("PATH...", options["paths"]), ("--assignment", options["assignment"]),
                                        ("--out", options["out"])) if not given]  # fmt: skip
    if missing and not (options["gradescope"] and len(missing) == 3):
        raise click.UsageError(
            tr("Missing {options}: what is graded, by what, and where results go.", options=listed(missing))
        )
    return bool(missing)


def _grade_inside(ctx: click.Context) -> Path:
    from gradcheck.integrations.gradescope import grade_inside

    beside = _typed(ctx, {"gradescope", "output_format", "quiet", "paths"})
    if beside:
        raise click.UsageError(
            tr("{options}: the inside of an autograder takes no options but --gradescope.", options=listed(beside))
        )
    return grade_inside(Path(os.environ.get(ROOT_VARIABLE) or ROOT))


def _grade_and_write(*, junit: Path | None, sarif: Path | None, **options: Any) -> Any:
    from gradcheck.reports.grading.writing import Formats, write_class

    for name, file in (("junit", junit), ("sarif", sarif)):
        if file is not None and not file.absolute().parent.is_dir():
            raise click.UsageError(no_folder(name, file))
    platforms = {name: options.pop(name) for name in ("gradescope", "prairielearn", "classroom50")}
    graded = _grade(**options)
    with stages(tr("Writing results"), quiet=options["quiet"]):
        write_class(graded, formats=Formats(junit=junit, sarif=sarif, **platforms))
    return graded


def _grade(
    *,
    paths: tuple[Path, ...],
    assignment: Path,
    out: Path,
    jobs: int | None,
    scheduler: str | None,
    single: bool,
    diagnose: bool | None,
    seed: int | None,
    quiet: bool,
    **people: Any,
) -> Any:
    from gradcheck.grading.grade import People
    from gradcheck.grading.grade import grade as grade_class

    mistyped = next((path for path in paths if not path.exists() and neighbour(path) is not None), None)
    if mistyped is not None:
        raise click.UsageError(missing(mistyped))
    if jobs is not None and scheduler is not None:
        raise click.UsageError(tr("--jobs are processes of this machine, --scheduler is another's: give one of them."))
    with stages(quiet=quiet) as advance:
        return grade_class(
            paths,
            assignment,
            out,
            people=People(**people),
            single=single,
            diagnose=diagnose is not False,
            seed=seed,
            workers=scheduler if scheduler is not None else jobs,
            progress=advance,
        )
