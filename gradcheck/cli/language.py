"""The language of one run of the command line: what is asked for, what click says in it, and what a stream can show."""

from __future__ import annotations

import contextlib
import gettext
import os
from collections.abc import Callable, Iterator, Sequence
from itertools import zip_longest
from typing import Any, TextIO, TypeVar

import click

from gradcheck.language import ENVIRONMENT, LANGUAGES, language_of, listed, mark, mark_plural, tr, using
from gradcheck.language.messages import FOLDER

__all__ = ["CLICK_SAYS", "asked_for", "can_show", "known_languages", "lang_option", "speaking"]

OPTION = "--lang"
# Of the catalogues, the one with the messages of this room, where click looks for its own as well.
DOMAIN = "command"
# What gettext asks first for the language that is wanted.
GETTEXT = "LANGUAGE"
# What click says of a command line that is wrong, in the words of its releases since 8.1.
CLICK_SAYS = (
    mark("Error: {message}"),
    mark("Try '{command} {option}' for help."),
    mark("Invalid value: {message}"),
    mark("Invalid value for {param_hint}: {message}"),
    mark("Missing argument"),
    mark("Missing option"),
    mark("Missing command."),
    mark("Choose from:\n\t{choices}"),
    mark("No such option {name!r}."),
    mark("No such option: {name}"),
    mark("Option {name!r} does not take a value."),
    mark("{value!r} is not a valid {number_type}."),
    mark("{value} is not in the range {range}."),
    mark_plural("Did you mean {possibility}?", "(Did you mean one of: {possibilities}?)"),
    mark_plural("Option {name!r} requires an argument.", "Option {name!r} requires {nargs} arguments."),
    mark_plural("Got unexpected extra argument ({args})", "Got unexpected extra arguments ({args})"),
    mark_plural("{value!r} is not {choice}.", "{value!r} is not one of {choices}."),
)
Function = TypeVar("Function", bound=Callable[..., Any])


def asked_for(arguments: Sequence[str]) -> str | None:
    """The language that a command line names, which is wanted before the rest of it is understood.

    Parameters
    ----------
    arguments : sequence of str
        Without the program's name.

    Returns
    -------
    str or None
        One of :data:`~gradcheck.language.LANGUAGES`; None where none is named, or none that exists.
    """
    named = None
    for word, following in zip_longest(arguments, arguments[1:], fillvalue=""):
        if word == "--":
            break
        if word == OPTION:
            named = following
        elif word.startswith(f"{OPTION}="):
            named = word.partition("=")[2]
    return None if named is None else language_of(named)


def lang_option(function: Function) -> Function:
    """Add ``--lang``: :func:`speaking` has obeyed it already, here it is only judged."""
    option = click.option(
        OPTION,
        metavar="LANG",
        is_eager=True,
        expose_value=False,
        callback=_judge,
        shell_complete=lambda _ctx, _parameter, begun: [tag for tag in LANGUAGES if tag.startswith(begun)],
        help="Language of what is said: en or zh_CN; by default GRADCHECK_LANG, or the system's.",
    )
    return option(function)


def known_languages() -> str:
    """The languages that there are, by tag and in their own words."""
    return listed(f"{tag} ({words})" for tag, words in LANGUAGES.items())


def can_show(stream: TextIO, language: str) -> bool:
    """Whether the encoding of a stream has the characters of a language."""
    try:
        LANGUAGES[language].encode(getattr(stream, "encoding", None) or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


@contextlib.contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speak a language for a while: this program, click, and the processes that are started meanwhile.

    Parameters
    ----------
    language : str
        One of :data:`~gradcheck.language.LANGUAGES`.
    """
    before = {name: os.environ.get(name) for name in (ENVIRONMENT, GETTEXT)}
    domain = gettext.textdomain()
    gettext.bindtextdomain(DOMAIN, str(FOLDER))
    gettext.textdomain(DOMAIN)
    os.environ.update(dict.fromkeys(before, language))
    try:
        with using(language):
            yield
    finally:
        gettext.textdomain(domain)
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _judge(ctx: click.Context, parameter: click.Parameter, value: str | None) -> None:
    if value is not None and language_of(value) is None:
        message = tr("there is no translation for '{name}'; there are: {known}.", name=value, known=known_languages())
        raise click.BadParameter(message, ctx, parameter)
