"""The page on the command line, written from click's own tables: each command, argument, option and example.

``docs/reference/cli.md`` includes what this writes to ``docs/_generated``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
from page_tables import markdown_table

from gradcheck.cli import root

__all__ = ["NOTES", "commands", "pages", "write"]

# What a page can say beyond `--help`: where there is more. By command.
NOTES = {
    "gradcheck": (
        "What each exit code means: [exit codes](exit-codes.md). The language, colours, completion:"
        " [at the terminal](../guides/at-the-terminal.md)."
    ),
    "gradcheck check": (
        "How files are read: [what is recognised](interfaces.md). How the answer is reached:"
        " [a verdict](../explanation/how-a-verdict-is-reached.md). What `--format json` gives: [JSON](json.md)."
    ),
    "gradcheck diagnose": "What a name rests on: [how a diagnosis is made](../explanation/how-a-diagnosis-is-made.md).",
    "gradcheck fix": (
        "What the patch cures is said above it, where `patch` and `git apply` skip it. Of a notebook the patch is for"
        " the sources of its cells. `--write` leaves the old file beside the new one; the last lines say where it is"
        " and how to undo the change."
    ),
    "gradcheck grade": (
        "What is written, and for whom: [results of a class](../guides/results-of-a-class.md). With `--gradescope` and"
        " no `PATH` it is the inside of [Gradescope's autograder](../guides/autograders.md); with `--self-test` the"
        " [assignment itself is tried](../guides/self-test.md)."
    ),
    "gradcheck ci": "[Gradients in continuous integration](../guides/continuous-integration.md) says more.",
    "gradcheck watch": "The [guide](../guides/continuous-integration.md#while-you-write) shows it at work.",
    "gradcheck demo": "At your own pace: [my network does not learn](../tutorials/my-network-does-not-learn.md).",
    "gradcheck new adapter": "What an adapter is: [an adapter beside a file](interfaces.md#an-adapter-beside-it).",
    "gradcheck new assignment": "What may stand in it: [assignment files](assignment.md).",
    "gradcheck new ci": (
        "What each job shows, and where: [start with a job](../guides/continuous-integration.md#start-with-a-job)."
    ),
    "gradcheck new gradescope": "How it is set up: [autograders](../guides/autograders.md#gradescope).",
    "gradcheck completion": "How each shell takes it: [completion](../guides/at-the-terminal.md#completion).",
    "gradcheck bugs": "The same with figures: [bugs](bugs.md).",
    "gradcheck sandbox": "What it refuses and how: [isolation](../explanation/isolation.md).",
    "gradcheck references": "Which texts these are: [the four documents](../the-four-documents.md).",
}
EXAMPLES = re.compile(r"^\s*Examples?:\n(?P<lines>(?:[ \t]*\S.*\n?)+)", re.MULTILINE)


def write(folder: Path) -> None:
    """Write the page to a folder."""
    folder.mkdir(exist_ok=True, parents=True)
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")


def pages() -> dict[str, str]:
    """The page by file name."""
    return {"commands.md": "\n".join(_section(name, command) for name, command in commands().items())}


def commands() -> dict[str, click.Command]:
    """Every command by what is typed to run it, in the order of ``--help``."""
    return dict(_below(root, "gradcheck"))


def _below(group: click.Group, name: str) -> Iterator[tuple[str, click.Command]]:
    yield name, group
    context = click.Context(group)
    for word in group.list_commands(context):
        command = group.get_command(context, word)
        assert command is not None
        if isinstance(command, click.Group):
            yield from _below(command, f"{name} {word}")
        else:
            yield f"{name} {word}", command


def _section(name: str, command: click.Command) -> str:
    typed = " ".join([name, *(str(each.metavar) for each in command.params if isinstance(each, click.Argument))])
    told = (command.help or "").replace("\b\n", "")
    found = EXAMPLES.search(told)
    prose = told[: found.start()] + told[found.end() :] if found else told
    paragraphs = [_prose(" ".join(part.split())) for part in prose.split("\n\n") if part.strip()]
    if command.epilog:
        paragraphs.append(_prose(command.epilog))
    elif "Exit" not in prose:
        own = "those of the command" if isinstance(command, click.Group) else "0; 2 when it was used wrongly"
        paragraphs.append(f"Exit codes: {own}.")
    parts = [f"## `{typed}`", *paragraphs, *([NOTES[name]] if name in NOTES else [])]
    if found:
        lines = "\n".join(line.strip() for line in found["lines"].splitlines())
        parts.append(f"```sh\n{lines}\n```")
    if isinstance(command, click.Group):
        parts.append(_subcommands(name, command))
    return "\n\n".join([*parts, _options(command)])


def _subcommands(name: str, group: click.Group) -> str:
    context = click.Context(group)
    rows = []
    for word in group.list_commands(context):
        command = group.get_command(context, word)
        assert command is not None
        rows.append(f"- `{name} {word}`: {_prose(command.get_short_help_str(limit=200))}")
    return "\n".join(rows)


def _options(command: click.Command) -> str:
    rows = [_option(each) for each in command.params if isinstance(each, click.Option) and not each.hidden]
    return markdown_table(["option", "values", "default", "meaning"], rows) if rows else "No options.\n"


def _option(option: click.Option) -> list[str]:
    """How it is typed, the values of a choice, the default, the words of ``--help``."""
    kind = "N" if isinstance(option.type, click.IntRange) else option.type.name.upper()
    metavar = "" if option.is_flag else f" {option.metavar or kind}"
    spelt = " / ".join(
        filter(None, [f"`{', '.join(option.opts)}{metavar}`", *map("`{}`".format, option.secondary_opts)])
    )
    values = option.type.choices if isinstance(option.type, click.Choice) else ()
    given = isinstance(option.default, int | float | str | Path) and not option.is_flag
    default = f"`{option.default}`" if given else "required" if option.required else ""
    return [spelt, ", ".join(f"`{value}`" for value in values), default, _prose(option.help or "")]


def _prose(text: str) -> str:
    """What ``--help`` says, with the words as code that stand for themselves there: options, and upper-case names."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(part if part.startswith("`") else _marked(part) for part in parts)


def _marked(text: str) -> str:
    text = re.sub(r"(?<![\w'-])(--?[a-z][\w-]*|pip install '[^']*')", r"`\1`", text)
    return re.sub(r"(?<![\w`-])(PATH|FILE|NAME|ID|SHELL)(?![\w`])", r"`\1`", text).replace("<", r"\<")


if __name__ == "__main__":
    write(Path(__file__).parent / "_generated")
