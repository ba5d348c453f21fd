"""Which language is spoken: asked for, set by the environment, or the system's."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping

from gradcheck.errors import InvalidArgumentError

__all__ = ["ENVIRONMENT", "LANGUAGES", "current", "language_of", "system_language", "use", "using"]

# By tag, in their own words.
LANGUAGES: Mapping[str, str] = {"en": "English", "zh_CN": "简体中文"}
# Variable that sets the language of every command, before the system's.
ENVIRONMENT = "GRADCHECK_LANG"
# What the system's language is read from, the first that is set: POSIX, XBD 8.2, and GNU gettext's list of languages.
SYSTEM = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
# Written in other characters, which a reader of the simplified ones cannot be assumed to prefer to English.
TRADITIONAL = ("zh_tw", "zh_hk", "zh_mo", "zh_hant")


def language_of(name: str) -> str | None:
    """The language that a name in any of the usual forms stands for; None where there is no catalogue for it.

    Parameters
    ----------
    name : str
        Such as ``zh``, ``zh-CN``, ``zh_CN.UTF-8``, ``Chinese (Simplified)_China.936``, ``en_GB`` or ``C``.
    """
    plain = name.strip().partition(".")[0].partition("@")[0].replace("-", "_").lower()
    if plain in ("c", "posix") or plain.startswith(("en", "english")):
        return "en"
    if plain.startswith(TRADITIONAL) or "traditional" in plain:
        return None
    return "zh_CN" if plain.startswith(("zh", "chinese")) else None


# What a program that imports this package speaks: what was asked for, and not what the system's language is.
_spoken = {"language": language_of(os.environ.get(ENVIRONMENT, "")) or "en"}


def system_language(environment: Mapping[str, str] | None = None) -> str:
    """The language of the one who uses this machine: ``GRADCHECK_LANG``, else the locale; English if it is another.

    Parameters
    ----------
    environment : mapping, optional
        By default the process's own.
    """
    variables = os.environ if environment is None else environment
    asked = variables.get(ENVIRONMENT)
    if asked:
        return _known(asked, f"{ENVIRONMENT}={asked}")
    for variable in SYSTEM:
        for name in filter(None, variables.get(variable, "").split(":")):
            found = language_of(name)
            if found is not None:
                return found
        if variables.get(variable):
            return "en"
    return _of_the_locale()


def _of_the_locale() -> str:
    """Where the environment says nothing: Windows and macOS keep it elsewhere."""
    import locale

    try:
        name = locale.getlocale()[0]
    except ValueError:
        name = None
    return language_of(name or "") or "en"


def current() -> str:
    """Tag of the language that is spoken now, one of :data:`LANGUAGES`."""
    return _spoken["language"]


def use(language: str) -> None:
    """Speak a language from now on, in this process.

    Parameters
    ----------
    language : str
        ``en``, ``zh_CN``, or another form of these names.

    Raises
    ------
    InvalidArgumentError
        If there is no catalogue for it.
    """
    _spoken["language"] = _known(language, f"language={language!r}")


@contextlib.contextmanager
def using(language: str) -> Iterator[None]:
    """Speak a language for a while.

    Raises
    ------
    InvalidArgumentError
        If there is no catalogue for it.
    """
    before = current()
    use(language)
    try:
        yield
    finally:
        _spoken["language"] = before


def _known(name: str, given: str) -> str:
    found = language_of(name)
    if found is None:
        known = ", ".join(f"{tag} ({words})" for tag, words in LANGUAGES.items())
        raise InvalidArgumentError(f"{given}: expected one of {known}; there is no other translation yet")
    return found
