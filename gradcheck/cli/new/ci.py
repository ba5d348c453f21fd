"""``gradcheck new ci``."""

from __future__ import annotations

import json
import re
import shlex
import string
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path, PurePosixPath
from types import MappingProxyType

import click

from gradcheck.cli.helping import Command
from gradcheck.cli.new.origin import requirement_of
from gradcheck.cli.new.written import tell, written_options
from gradcheck.cli.paths import NEW_FILE, not_written
from gradcheck.cli.screen import emit
from gradcheck.language import listed, tr

__all__ = ["PLACES", "ci", "written_for"]

# Each provider with the file that it reads, and the template for it.
PLACES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "github": (".github/workflows/gradcheck.yml", "github.yml.tmpl"),
        "gitlab": (".gitlab-ci.yml", "gitlab.yml.tmpl"),
        "pre-commit": (".pre-commit-config.yaml", "pre-commit.yml.tmpl"),
        "tox": ("tox.ini", "tox.ini.tmpl"),
    }
)
# What shells, YAML, INI files and tox's substitutions all take as it stands, in quotes or without.
PLAIN = re.compile(r"[\w./ @+=~,:\[\]<>!;()-]+")
WHOLE = "."
NAME = "gradcheck"


@click.command(cls=Command, short_help="Write a job that checks gradients: for GitHub, GitLab, pre-commit or tox.")
@click.argument("paths", metavar="[PATH]...", nargs=-1)
@click.option(
    "--provider", "providers", multiple=True, type=click.Choice(tuple(PLACES)), default=("github",),
    help="For what: github unless said otherwise; may be given several times.",
)  # fmt: skip
@click.option(
    "--install", metavar="REQUIREMENT",
    help="What pip is told to install: a version, an archive, the address of a repository. By default gradcheck; "
    "at its commit, where it was installed from a repository.",
)  # fmt: skip
@click.option(
    "--out", metavar="FILE", type=NEW_FILE,
    help="Where to write it, for one provider; by default where that looks for it, - for standard output.",
)  # fmt: skip
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@written_options
def ci(
    paths: tuple[str, ...],
    providers: tuple[str, ...],
    install: str | None,
    out: Path | None,
    force: bool,  # noqa: FBT001 - by name
    output_format: str,
    quiet: bool,  # noqa: FBT001 - by name
) -> int:
    """Write a job in which wrong gradients fail: a workflow, a pipeline, a hook before each commit, an environment.

    PATH is what is to be checked, as seen from the repository's root; all of it by default.

    Exit codes: 0 when it was written, 2 when it could not be, or a file is there already.

    \b
    Examples:
      gradcheck new ci
      gradcheck new ci src/networks --provider gitlab --provider pre-commit
      gradcheck new ci --provider tox --out - >> tox.ini
    """
    chosen = tuple(dict.fromkeys(providers))
    if out is not None and len(chosen) > 1:
        raise click.UsageError(tr("--out names one file: give one --provider with it."))
    wanted = install or requirement_of(NAME)
    texts = {
        (Path(PLACES[provider][0]) if out is None else out): written_for(provider, paths or (WHOLE,), wanted)
        for provider in chosen
    }
    if str(out) == "-":
        emit(next(iter(texts.values())))
        return 0
    there = [str(place) for place in texts if place.exists() or place.is_symlink()]
    if there and not force:
        raise click.UsageError(
            tr(
                "{files} exists already, and nothing was written: add what `--out -` shows to it by hand, or "
                "give --force to write over it.",
                files=listed(there),
            )
        )
    written: list[Path] = []
    try:
        for place, text in texts.items():
            _write(place, text)
            written.append(place)
    except click.UsageError:
        tell(output_format, written, [])  # what is there all the same
        raise
    told = tr("Failures that are there already can be kept in a baseline: see `gradcheck ci --help`.")
    tell(output_format, written, [] if quiet else [told])
    return 0


def written_for(provider: str, paths: Sequence[str], install: str) -> str:
    """The text of one provider's file.

    Parameters
    ----------
    provider : str
        A key of ``PLACES``.
    paths : sequence of str
        What is checked, from the repository's root.
    install : str
        A requirement of pip.

    Raises
    ------
    click.UsageError
        If a path or the requirement cannot stand in such a file as it is.
    """
    for what in (*paths, install):
        if not PLAIN.fullmatch(what) or what.startswith("-"):
            raise click.UsageError(
                tr(
                    "{what!r} has characters that shells or files of settings read in their own way: "
                    "write it in by hand.",
                    what=what,
                )
            )
    places = " ".join(map(shlex.quote, paths))
    requirement = shlex.quote(install)
    reports = "--gitlab gl-code-quality-report.json --junit gradcheck-junit.xml"
    text = resources.files(__package__).joinpath("templates", PLACES[provider][1]).read_text(encoding="utf-8")
    return string.Template(text).substitute(
        paths=places,
        install=requirement,
        requirement=json.dumps(install, ensure_ascii=False) if provider == "pre-commit" else install,
        install_command=_scalar(f"python -m pip install {requirement}"),
        check_command=_scalar(f"gradcheck ci {places} {reports}"),
        files=_scalar(_pattern(paths)),
    )


def _scalar(text: str) -> str:
    """A string of YAML: JSON's are."""
    return json.dumps(text, ensure_ascii=False)


def _pattern(paths: Sequence[str]) -> str:
    """What matches the files of some folders, and some files, for pre-commit."""
    names = [PurePosixPath(path).as_posix() for path in paths]
    if WHOLE in names:
        return ""
    return f"^(?:{'|'.join(re.escape(name) for name in names)})(?:/|$)"


def _write(place: Path, text: str) -> None:
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise click.UsageError(not_written(place, error)) from None
