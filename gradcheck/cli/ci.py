"""``gradcheck ci``."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gradcheck.cli.helping import Command
from gradcheck.cli.options import engine_options, submission_options
from gradcheck.cli.paths import ANY, NEW_FILE, no_folder, not_written
from gradcheck.cli.results import FORMATS, rendered, seeded
from gradcheck.cli.screen import draw, emit, output_console, progress
from gradcheck.language import tr, trn
from gradcheck.records import CheckReport, ReportSet

if TYPE_CHECKING:
    from gradcheck.gate import Baseline, Engine, Outcome

__all__ = ["ci"]

NOTHING = 2  # the exit code of a run that recognised nothing


@click.command(cls=Command, short_help="Check files and folders in a build: fail on what is new.")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=ANY)
@submission_options(
    click.option("--no-diagnose", is_flag=True, help="Name no mistakes and look for no fixes, which is faster."),
    click.option("--baseline", metavar="FILE", type=NEW_FILE, help="Failures that are known; only others count."),
    click.option("--update-baseline", is_flag=True, help="Write what fails now to the baseline."),
    click.option(
        "--since", metavar="REVISION",
        help="Only what has changed since this git revision: files, what they import, their settings.",
    ),
    click.option("--allow-empty", is_flag=True, help="Pass when no back-propagation is recognised."),
    click.option("--sarif", metavar="FILE", type=NEW_FILE, help="Write SARIF 2.1.0, for code scanning and editors."),
    click.option("--junit", metavar="FILE", type=NEW_FILE, help="Write JUnit XML, for test reports."),
    click.option("--gitlab", metavar="FILE", type=NEW_FILE, help="Write GitLab's code quality report."),
    click.option(
        "--github/--no-github", default=None,
        help="Annotate lines and write a summary in GitHub Actions; on by itself where GITHUB_ACTIONS is true.",
    ),
    formats=FORMATS,
)  # fmt: skip
def ci(
    paths: tuple[Path, ...],
    no_diagnose: bool,  # noqa: FBT001 - by name
    baseline: Path | None,
    update_baseline: bool,  # noqa: FBT001 - by name
    since: str | None,
    allow_empty: bool,  # noqa: FBT001 - by name
    github: bool | None,  # noqa: FBT001 - by name
    output_format: str,
    quiet: bool,  # noqa: FBT001 - by name
    **options: Any,
) -> int:
    """Check everything that is recognised in files and folders, name what is wrong, and fail on what is new.

    PATH is a Python file, a notebook, or a folder of them. Files without back-propagation are skipped, which is said;
    a run in which nothing was recognised does not pass. With a baseline only failures count that are not in it; moved
    lines are no new failures.

    Exit codes: 0 no new failures, 1 a wrong gradient that is new, 2 something that could not be checked, nothing
    recognised or the command was used wrongly, 3 something new that the numbers cannot decide.

    \b
    Examples:
      gradcheck ci .
      gradcheck ci src/ --baseline gradcheck-baseline.json --update-baseline
      gradcheck ci src/ --baseline gradcheck-baseline.json --sarif gradcheck.sarif
      gradcheck ci src/ --since origin/main --allow-empty
    """
    files = {name: options.pop(name) for name in ("sarif", "junit", "gitlab")}
    if update_baseline and baseline is None:
        raise click.UsageError(tr("--update-baseline needs the file to write: give --baseline FILE as well."))
    for option, file in {**files, "baseline": baseline}.items():
        if file is not None and not file.absolute().parent.is_dir():
            raise click.UsageError(no_folder(option, file))
    from gradcheck.gate import Baseline, compared, read_baseline, root_of

    root = root_of(Path.cwd())
    begins = update_baseline and baseline is not None and not baseline.exists()
    known = Baseline() if baseline is None or begins else read_baseline(baseline)
    engine = _engine(options, diagnose=not no_diagnose)
    outcome = _looked(paths, engine, root, since, allow_empty=allow_empty, quiet=quiet)
    if baseline is not None:
        known = _updated(outcome, baseline, known, root, quiet=quiet) if update_baseline else known
        outcome = compared(outcome, known, root)
    for name, file in files.items():
        if file is not None:
            _write(file, rendered(outcome, name))
    _show(outcome, output_format, github=_is_github(github), quiet=quiet)
    return outcome.exit_code


def _engine(options: dict[str, Any], *, diagnose: bool) -> Engine:
    from gradcheck.gate import Engine
    from gradcheck.submissions import check_path, diagnose_path

    seed, typed = options["seed"], engine_options(**options)

    def asking(question: Callable[..., CheckReport | ReportSet]) -> Callable[[Path], CheckReport | ReportSet]:
        return lambda file: seeded(question(file, **typed), seed)

    return Engine(
        check=asking(check_path), diagnose=asking(diagnose_path) if diagnose else None, adapter=typed["adapter"]
    )


def _looked(
    paths: tuple[Path, ...], engine: Engine, root: Path, since: str | None, *, allow_empty: bool, quiet: bool
) -> Outcome:
    from gradcheck.gate import look

    selection = None if since is None else _selection(paths, since, engine.adapter)
    once = tuple(dict.fromkeys(paths))
    with progress(tr("Checking"), quiet=quiet) as advance:
        return look(once, engine, root=root, selection=selection, allow_empty=allow_empty, advance=advance)


def _updated(outcome: Outcome, file: Path, old: Baseline, root: Path, *, quiet: bool) -> Baseline:
    """The baseline with what there is now, written; left as it is where nothing was looked at."""
    from gradcheck.gate import renewed, write_baseline

    if outcome.exit_code == NOTHING and outcome.empty:
        return old
    fresh = renewed(old, outcome, root)
    write_baseline(file, fresh)
    if not quiet:
        known = len(fresh.failures)
        told = trn("Written: {file}, {n} known failure.", "Written: {file}, {n} known failures.", known, file=file)
        click.echo(told, err=True)
    return fresh


def _selection(paths: tuple[Path, ...], since: str, adapter: Path | None) -> Callable[[Path], bool]:
    from gradcheck.gate import Selection, changed_since, root_of

    folders = [path if path.is_dir() else path.parent for path in paths]
    roots = dict.fromkeys(root_of(folder) for folder in folders)
    return Selection(frozenset().union(*(changed_since(since, root) for root in roots)), adapter)


def _is_github(asked: bool | None) -> bool:  # noqa: FBT001 - of three values
    return os.environ.get("GITHUB_ACTIONS") == "true" if asked is None else asked


def _show(outcome: Outcome, output_format: str, *, github: bool, quiet: bool) -> None:
    from gradcheck.reports.gate import print_outcome

    text = output_format == "text"
    if text and not (quiet and outcome.exit_code == 0):
        with _muted() if github else nullcontext():
            draw(output_console(), lambda console: print_outcome(outcome, console, quiet=quiet))
    if not text:
        emit(rendered(outcome, output_format))
    if github:
        _annotate(outcome, to_stderr=not text)


@contextmanager
def _muted() -> Iterator[None]:
    """GitHub's runner hears nothing of what is written: a submission's words must not command it."""
    from gradcheck.reports.github import muted

    before, after = muted(secrets.token_hex(16))
    emit(before)
    try:
        yield
    finally:
        emit(after)


def _annotate(outcome: Outcome, *, to_stderr: bool) -> None:
    """Annotations, beside a result that another program reads on the other stream; and the step's summary."""
    from gradcheck.reports.github import summary, workflow_commands

    for line in workflow_commands(outcome):
        click.echo(line, err=to_stderr)
    file = os.environ.get("GITHUB_STEP_SUMMARY")
    if not file:
        return
    try:
        with Path(file).open("a", encoding="utf-8") as stream:
            stream.write(summary(outcome))
    except OSError as error:
        told = tr("The step's summary cannot be written: {reason}.", reason=error.strerror or error)
        click.echo(told, err=True)


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text if text.endswith("\n") else f"{text}\n", encoding="utf-8", newline="\n")
    except OSError as error:
        raise click.UsageError(not_written(file, error)) from None
