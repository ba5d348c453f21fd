"""Text that came from elsewhere, made fit for Markdown that others render: no markup, no mention, no table's border."""

from __future__ import annotations

import html
import re

from gradcheck.reports.unicode import printable

__all__ = ["code", "fenced", "prose"]

MARKUP = re.compile(r"([\\`*_\[\]!|~$])")
SPECIAL = re.compile(r"[|`*_\[\]\\@~$:#]")
# What GitHub and GitLab make links and notifications of, wherever it stands: @name, #12, addresses.
LINKED = re.compile(r"[@#](?=\w)|:(?=//)|\bwww(?=\.)", re.IGNORECASE)


def prose(text: str) -> str:
    r"""One line of text that is shown as it is.

    Examples
    --------
    >>> print(prose("<b> a*b | @everyone"))
    &lt;b&gt; a\*b \| @&#8203;everyone
    """
    line = " ".join(printable(text).split())
    return LINKED.sub(r"\g<0>&#8203;", MARKUP.sub(r"\\\1", html.escape(line, quote=False)))


def code(text: str) -> str:
    r"""One line of code, in a table too: an HTML element, since a bar ends a cell within back quotes as well.

    Examples
    --------
    >>> code("a | b`c")
    '<code>a &#124; b&#96;c</code>'
    """
    line = html.escape(" ".join(printable(text).split()), quote=False)
    return f"<code>{SPECIAL.sub(lambda found: f'&#{ord(found[0])};', line)}</code>"


def fenced(text: str, language: str = "") -> str:
    """Several lines of code, in a fence that is longer than any in them.

    Examples
    --------
    >>> print(fenced("x = 1", "python"))
    ```python
    x = 1
    ```
    """
    lines = printable(text).rstrip("\n")
    longest = max((len(run) for run in re.findall(r"`+", lines)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{lines}\n{fence}"
