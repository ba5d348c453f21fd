"""Text that came from file names or from a submission, made fit for a terminal and for JSON."""

from __future__ import annotations

__all__ = ["printable", "whole"]


def whole(text: str) -> str:
    """Text without lone surrogates: bytes of a file name that the locale could not decode are read as UTF-8.

    Examples
    --------
    >>> whole("caf" + chr(0xDCC3) + chr(0xDCA9)) == "caf" + chr(0xE9)
    True
    >>> whole(chr(0xDCFF)) == chr(0xFFFD)
    True
    """
    if text.isascii():
        return text
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    except UnicodeEncodeError:  # surrogates that no file name gives
        return text.encode("utf-8", "replace").decode("utf-8")


def printable(text: str) -> str:
    r"""Text without control or invisible characters: messages of a submission must not steer a terminal.

    Examples
    --------
    >>> printable("a" + chr(27) + "[31mred")
    'a\\x1b[31mred'
    """
    return "".join(
        char if char.isprintable() or char == "\n" else char.encode("unicode_escape").decode("ascii")
        for char in whole(text).replace("\t", "    ").replace("\r\n", "\n")
    )
