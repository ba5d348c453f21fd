"""``gradcheck new gradescope``."""

from __future__ import annotations

import io
import shlex
import string
import zipfile
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

import click

from gradcheck.cli.helping import Command
from gradcheck.cli.new.written import tell, written_options
from gradcheck.cli.paths import FILE, NEW_FILE, exists_already
from gradcheck.language import tr

__all__ = ["gradescope"]

# The earliest that a zip archive can say: the same input gives the same bytes.
EPOCH = (1980, 1, 1, 0, 0, 0)
SCRIPTS = ("run_autograder", "setup.sh")


@click.command(cls=Command, short_help="Write the zip archive that Gradescope takes for an autograder.")
@click.option(
    "--assignment", required=True, metavar="TOML", help="What the class was asked for.",
    type=FILE,
)  # fmt: skip
@click.option(
    "--out", metavar="FILE", type=NEW_FILE, default=Path("autograder.zip"),
    show_default=True, help="Where to write it.",
)  # fmt: skip
@click.option(
    "--install", metavar="REQUIREMENT", default="gradcheck", show_default=True,
    help="What pip is told to install; a wheel's file goes into the archive.",
)  # fmt: skip
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@written_options
def gradescope(assignment: Path, out: Path, install: str, force: bool, output_format: str, quiet: bool) -> int:  # noqa: FBT001 - click's
    """Write an autograder for Gradescope: the assignment with its files, and what sets up and runs the grading.

    The archive is uploaded as it is, in the settings of a programming assignment. Students see what the assignment's
    table [show] allows now, and after the due date what it allows then.

    Exit codes: 0 when it was written, 2 when it could not be, or a file is there already.

    \b
    Examples:
      gradcheck new gradescope --assignment xor.toml
      gradcheck new gradescope --assignment xor.toml --out xor.zip --install dist/gradcheck.whl
    """
    if out.exists() and not force:
        raise click.UsageError(exists_already(out))
    wheel = Path(install) if install.endswith(".whl") and Path(install).is_file() else None
    try:
        files = _assignment_files(assignment)
        if wheel is not None:
            files[wheel.name] = wheel.read_bytes()
        requirement = shlex.quote(install if wheel is None else f"./{wheel.name}")
        out.write_bytes(_archive({**files, **_scripts(requirement)}))
    except OSError as error:
        raise click.UsageError(str(error)) from None
    notes = [] if quiet else [tr("Upload it in Gradescope: Programming Assignment, Configure Autograder.")]
    tell(output_format, [out], notes)
    return 0


def _assignment_files(assignment: Path) -> dict[str, bytes]:
    """The assignment, and what it refers to, by their names in the archive."""
    from gradcheck.grading.assignment import read_assignment
    from gradcheck.integrations.gradescope import ASSIGNMENT

    read = read_assignment(assignment)
    folder = assignment.resolve().parent
    files = {ASSIGNMENT: assignment.read_bytes()}
    for file in (read.reference.file, read.data.file, read.interface.adapter):
        if file is None:
            continue
        name = file.resolve().relative_to(folder).as_posix()
        if name in (*SCRIPTS, ASSIGNMENT):
            raise click.UsageError(
                tr("{file}: Gradescope needs that name for its own file; call it something else.", file=file)
            )
        files[name] = file.read_bytes()
    return files


def _scripts(requirement: str) -> dict[str, bytes]:
    folder = resources.files(__package__).joinpath("templates", "gradescope")
    setup = string.Template(folder.joinpath("setup.sh.tmpl").read_text(encoding="utf-8"))
    return {
        "run_autograder": folder.joinpath("run_autograder").read_bytes(),
        "setup.sh": setup.substitute(install=requirement).encode(),
    }


def _archive(files: Mapping[str, bytes]) -> bytes:
    """A zip archive of files at its root, the scripts executable."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.create_system = 3  # Unix, whose rights these are
            entry.external_attr = (0o100755 if name in SCRIPTS else 0o100644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[name])
    return held.getvalue()
