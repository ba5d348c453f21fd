"""``gradcheck references plot``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from gradcheck.cli.helping import Command
from gradcheck.cli.options import quiet_option, seed_option, session_options
from gradcheck.cli.paths import NEW_FOLDER
from gradcheck.cli.references.catalogue import begun, load_catalogue, pick
from gradcheck.cli.screen import emit, progress
from gradcheck.errors import InvalidArgumentError

__all__ = ["plot"]

TEXTS_SEED = 42


@click.command(cls=Command, short_help="Write the texts' figures to files.")
@click.argument("identifiers", metavar="[ID]...", nargs=-1, shell_complete=begun("figures"))
@click.option(
    "--format",
    "output_format",
    type=click.Choice(("plotly", "png")),
    default="plotly",
    show_default=True,
    help="Plotly figures as JSON, or pictures drawn with matplotlib.",
)
@click.option(
    "--out",
    "folder",
    metavar="DIR",
    type=NEW_FOLDER,
    default=Path("figures"),
    show_default=True,
    help="Folder to write to; made when it is not there.",
)
@seed_option(TEXTS_SEED)
@quiet_option
@session_options
def plot(identifiers: tuple[str, ...], output_format: str, folder: Path, seed: int, quiet: bool) -> int:  # noqa: FBT001
    """Write the figures of the texts, all or those named, and print the paths of the files.

    \b
    Examples:
      gradcheck references plot
      gradcheck references plot 000-loss 000-boundary --format png --out pictures
    """
    figures = load_catalogue().figures
    chosen = [pick(figures, identifier, "figure") for identifier in identifiers] or figures
    if output_format == "png":
        _require_matplotlib()
    _make_folder(folder)
    with progress("Drawing", quiet=quiet) as advance:
        for number, figure in enumerate(chosen):
            advance(number, len(chosen))
            path = _write(figure.make(seed), folder / figure.id, output_format)
            if not quiet:
                emit(str(path))
    return 0


def _write(figure: dict[str, object], stem: Path, output_format: str) -> Path:
    if output_format == "plotly":
        path = stem.with_name(f"{stem.name}.json")
        path.write_text(json.dumps(figure, allow_nan=False), encoding="utf-8")
        return path
    from gradcheck.reports.figures import save_png

    path = stem.with_name(f"{stem.name}.png")
    save_png(figure, path)
    return path


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidArgumentError(f"--out {folder}: the folder cannot be made: {error.strerror}") from error


def _require_matplotlib() -> None:
    try:
        import matplotlib as mpl  # noqa: F401 - only whether it is there
    except ImportError:
        raise InvalidArgumentError(
            "--format png needs matplotlib, which is not installed: pip install 'gradcheck[plot]', "
            "or take --format plotly, which needs nothing"
        ) from None
