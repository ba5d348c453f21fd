"""Command lines as pages show them, held against the programs that they call."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import click
from markdown_blocks import ROOT

from gradcheck.cli import root

__all__ = ["calls", "complaint"]

# Of the system, or of others: nothing here can say what they take.
ELSEWHERE = frozenset(
    {
        ".",
        "awk",
        "cat",
        "cd",
        "cp",
        "curl",
        "export",
        "git",
        "mkdir",
        "mv",
        "patch",
        "pre-commit",
        "python3",
        "rm",
        "twine",
    }
)
SEPARATORS = frozenset({"|", "||", "&&", ";", ">", ">>", "<"})
REDIRECTIONS = frozenset({">", ">>", "<"})


def calls(text: str) -> Iterator[list[str]]:
    """Program and arguments of each call in a shell block; files that are written or read by the shell are left out."""
    for line in text.replace("\\\n", " ").splitlines():
        call: list[str] = []
        skip = False
        for word in _words(line.removeprefix("$ ")):
            if skip:
                skip = False
            elif word in SEPARATORS:
                skip = word in REDIRECTIONS
                if not skip and call:
                    yield call
                    call = []
            else:
                call.append(word)
        if call:
            yield call


def _words(line: str) -> list[str]:
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;<>")
    lexer.whitespace_split = True
    return list(lexer)


def complaint(call: list[str]) -> str | None:
    """What is wrong with a call; None for one that its program would understand."""
    while call and re.fullmatch(r"[A-Z_]+=.*", call[0]):
        call = call[1:]
    program = Path(call[0]).name if call[0] != "." else "."
    if program in ("python", "python3") and call[1:2] == ["-m"] and call[2:3]:
        return _module(call[2], call[3:])
    judge = JUDGES.get(program)
    if judge is not None:
        return judge(call[1:])
    return None if program in ELSEWHERE else f"nobody knows what {program} takes"


def _gradcheck(arguments: list[str]) -> str | None:
    command: click.Command = root
    while isinstance(command, click.Group) and arguments and not arguments[0].startswith("-"):
        found = command.get_command(click.Context(command), arguments[0])
        if found is None:
            return f"no command {arguments[0]}"
        command, arguments = found, arguments[1:]
    context = click.Context(command)
    try:
        values, rest, _ = command.make_parser(context).parse_args(list(arguments))
        for parameter in command.params:
            if isinstance(parameter.type, click.Choice) and isinstance(values.get(parameter.name or ""), str):
                parameter.type.convert(values[parameter.name or ""], parameter, context)
    except click.UsageError as error:
        return error.format_message()
    return f"too much: {rest}" if rest else None


def _pip(arguments: list[str]) -> str | None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [name for word in arguments for name in re.findall(r"(?:gradcheck|\.)\[([\w,]+)\]", word)]
    unknown = {name for names in asked for name in names.split(",")} - set(project["optional-dependencies"])
    return f"no extra {sorted(unknown)}" if unknown else None


def _tox(arguments: list[str]) -> str | None:
    text = (ROOT / "tox.ini").read_text(encoding="utf-8")
    asked = [name for word in arguments[1:] if arguments[:1] == ["-e"] for name in word.split(",")]
    known = {*re.findall(r"^\[testenv:([\w-]+)\]", text, re.MULTILINE), *("py311", "py312", "py313")}
    return f"no environment {sorted(set(asked) - known)}" if set(asked) - known else None


def _python(arguments: list[str]) -> str | None:
    script = next((word for word in arguments if word.endswith(".py")), None)
    if script is None or (ROOT / script).exists() or (ROOT / "examples" / script).exists():
        return None
    beside = list((ROOT / "examples").rglob(script))
    return None if beside else f"no script {script}"


def _module(name: str, arguments: list[str]) -> str | None:
    if name == "gradcheck":
        return _gradcheck(arguments)
    if name == "pip":
        return _pip(arguments)
    if name.partition(".")[0] == "benchmarks":
        path = ROOT.joinpath(*name.split("."))
        return None if path.with_suffix(".py").exists() or (path / "__main__.py").exists() else f"no module {name}"
    return None


def _eval(arguments: list[str]) -> str | None:
    within = re.fullmatch(r"\$\((.*)\)", " ".join(arguments))
    return complaint(shlex.split(within[1])) if within else "eval of something else than a command"


def _pytest(arguments: list[str]) -> str | None:
    places = [word for word in arguments if word.startswith("tests/")]
    missing = [place for place in places if place != "tests/" and not (ROOT / place.partition("::")[0]).exists()]
    return f"no such tests: {missing}" if missing else None


JUDGES: Mapping[str, Callable[[list[str]], str | None]] = {
    "eval": _eval,
    "gradcheck": _gradcheck,
    "pip": _pip,
    "pytest": _pytest,
    "python": _python,
    "tox": _tox,
}
