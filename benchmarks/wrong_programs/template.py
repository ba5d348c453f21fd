"""The notation in which the corpus is written: a right program with its wrong lines beside the right ones.

A file of ``programs/`` is the right program, and comments of these forms, which are never part of what is rendered:

``#= key: value``
    Header. ``axes: act=tanh|relu k=1|3`` names the architectures, ``let act=relu: name = text`` what ``<<name>>``
    stands for in one of them, ``steps: 1500`` the number in the text that is its number of training steps.
``#$ code``
    The program's probe, for the oracle alone (see ``oracle``).
``#if act=tanh`` ... ``#else`` ... ``#end``
    Lines of some architectures only.
``#! id :: text``
    Below a line: the text that stands there instead when the program has the bug ``id``; an empty text deletes the
    line. ``id|other`` also accepts another name, ``id/tag`` tells two bugs of one kind apart, ``id [act=tanh]`` exists
    in some architectures only. ``#!+`` adds a line after it, ``#!.`` continues the text by a line, ``#!*`` says that
    the line above is where the bug is, ``#!?`` that naming it would be right as well. All comments of one key apply
    together.
``#~ tag :: text``
    As above, for another text that is as right as the first (a convention).
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Alternative", "Architecture", "Place", "Rendered", "Template", "conflicting", "load", "render"]

Architecture = Mapping[str, str]

COMMENT = re.compile(r"^(\s*)#([!~])([+*?.]?)(.*)$")
KEY = re.compile(r"^(?P<id>[a-z][a-z0-9-]*)(?P<more>([|/][\w-]+)*)(\s*\[(?P<cond>[^\]]*)\])?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """Another text for one line; ``operation`` is '' (replace), '+', '*' or '?'."""

    key: str
    bug: str
    accepted: tuple[str, ...]
    right: bool
    operation: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One line of the right program, with what may stand there instead."""

    text: str
    alternatives: tuple[Alternative, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A program's text; ``lines`` and ``also`` give, by key, the lines (from 1) of each bug."""

    text: str
    lines: Mapping[str, tuple[int, ...]]
    also: Mapping[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """One file of ``programs/``."""

    name: str
    header: Mapping[str, str]
    lets: tuple[tuple[str, str, str], ...]
    probe: str
    body: tuple[str, ...]
    cache: dict[str, tuple[Place, ...]] = field(default_factory=dict, compare=False)

    @property
    def architectures(self) -> list[dict[str, str]]:
        """All combinations of the axes' values."""
        axes = [(name, values.split("|")) for name, _, values in (a.partition("=") for a in self._axes())]
        names = [name for name, _ in axes]
        return [dict(zip(names, values, strict=True)) for values in itertools.product(*(v for _, v in axes))]

    def places(self, architecture: Architecture) -> tuple[Place, ...]:
        """The lines of one architecture."""
        key = repr(sorted(architecture.items()))
        if key not in self.cache:
            self.cache[key] = tuple(_places(self, architecture))
        return self.cache[key]

    def keys(self, architecture: Architecture, *, right: bool) -> list[str]:
        """Keys of the bugs (or of the conventions, with ``right``) that one architecture can have, in order."""
        found = (a for place in self.places(architecture) for a in place.alternatives if a.right == right)
        return list(dict.fromkeys(alternative.key for alternative in found if alternative.key))

    def alternative(self, architecture: Architecture, key: str) -> Alternative:
        """One of the comments of a key; those of one key agree on its bug."""
        return next(a for place in self.places(architecture) for a in place.alternatives if a.key == key)

    def _axes(self) -> list[str]:
        return self.header.get("axes", "").split()


def load(path: Path) -> Template:
    """Read one file of ``programs/``.

    Raises
    ------
    ValueError
        If a header line is no ``key: value``.
    """
    header: dict[str, str] = {}
    lets: list[tuple[str, str, str]] = []
    probe: list[str] = []
    body: list[str] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("#$"):
            probe.append(line[3:])
        elif line.startswith("#="):
            key, colon, value = line[2:].partition(":")
            if not colon:
                raise ValueError(f"{path.name}: {line!r} is no '#= key: value'")
            if key.strip().startswith("let "):
                name, _, text = value.partition("=")
                lets.append((key.strip()[4:], name.strip(), text.strip()))
            else:
                header[key.strip()] = value.strip()
        else:
            body.append(line)
    while body and not body[0].strip():
        body.pop(0)
    return Template(name=path.stem, header=header, lets=tuple(lets), probe="\n".join(probe), body=tuple(body))


def render(places: Sequence[Place], keys: Sequence[str]) -> Rendered:
    """The program with the alternatives of ``keys`` in force."""
    out: list[str] = []
    lines: dict[str, list[int]] = {key: [] for key in keys}
    also: dict[str, list[int]] = {key: [] for key in keys}
    missing: dict[str, list[int]] = {key: [] for key in keys}
    for place in places:
        chosen = [a for a in place.alternatives if a.key in lines]
        replaced = next((a for a in chosen if a.operation == ""), None)
        if replaced is None:
            out.append(place.text)
        elif not any(line.strip() for line in replaced.lines):
            missing[replaced.key].extend((len(out), len(out) + 1))
        else:
            lines[replaced.key].extend(range(len(out) + 1, len(out) + 1 + len(replaced.lines)))
            out.extend(replaced.lines)
        for alternative in chosen:
            if alternative.operation == "+":
                lines[alternative.key].extend(range(len(out) + 1, len(out) + 1 + len(alternative.lines)))
                out.extend(alternative.lines)
            elif alternative.operation in {"*", "?"}:
                (lines if alternative.operation == "*" else also)[alternative.key].append(len(out))
    for key, between in missing.items():  # what is missing is missing between its neighbours, if it is nowhere else
        lines[key].extend(() if lines[key] else between)
    return Rendered(
        text="\n".join(out).rstrip("\n") + "\n",
        lines={key: tuple(sorted(set(found))) for key, found in lines.items()},
        also={key: tuple(sorted(set(found))) for key, found in also.items()},
    )


def conflicting(places: Sequence[Place], keys: Sequence[str]) -> bool:
    """Whether two of the keys want another text for the same line."""
    for place in places:
        wanting = {a.key for a in place.alternatives if a.key in keys and a.operation == ""}
        if len(wanting) > 1:
            return True
    return False


def _places(template: Template, architecture: Architecture) -> Iterator[Place]:
    """The lines of one architecture, each with the alternatives that were written below it."""
    text: str | None = None
    indent = ""
    alternatives: list[Alternative] = []
    values = {name: value for cond, name, value in template.lets if _holds(cond, architecture)}
    for line in (_substituted(line, values) for line in _conditional(template.body, architecture)):
        match = COMMENT.match(line)
        if match is None:
            if text is not None:
                yield Place(text=text, alternatives=tuple(alternatives))
            text, alternatives = line, []
        elif match[3] == ".":
            last = alternatives[-1]
            extra = indent + match[4].removeprefix(" ")
            alternatives[-1] = _alternative(last, lines=(*last.lines, extra))
        else:
            # What replaces a line is indented as that line; an absent alternative stays, for its continuations.
            indent = match[1] if match[3] == "+" or text is None else text[: len(text) - len(text.lstrip())]
            alternatives.append(_parse(match, indent, architecture))
    if text is not None:
        yield Place(text=text, alternatives=tuple(alternatives))


def _alternative(old: Alternative, *, lines: tuple[str, ...]) -> Alternative:
    return Alternative(
        key=old.key, bug=old.bug, accepted=old.accepted, right=old.right, operation=old.operation, lines=lines
    )


def _parse(match: re.Match[str], indent: str, architecture: Architecture) -> Alternative:
    _, kind, operation, rest = match.groups()
    label, _, text = rest.strip().partition(" ::")
    found = KEY.match(label.strip())
    if found is None:
        raise ValueError(f"{match[0]!r} names no bug; expected '#! id|other/tag [cond] :: text'")
    present = _holds(found["cond"] or "", architecture)
    tags = "".join(re.findall(r"/[\w-]+", found["more"]))
    key = found["id"] + tags
    return Alternative(
        key=key if present else "",
        bug=found["id"],
        accepted=tuple(re.findall(r"\|([\w-]+)", found["more"])),
        right=kind == "~",
        operation=operation,
        lines=(indent + text.removeprefix(" "),) if operation in {"", "+"} else (),
    )


def _conditional(body: Sequence[str], architecture: Architecture) -> Iterator[str]:
    """The lines whose ``#if`` holds."""
    stack: list[bool] = []
    for line in body:
        word, _, rest = line.strip().partition(" ")
        if word == "#if":
            stack.append(_holds(rest, architecture))
        elif word == "#else":
            stack[-1] = not stack[-1]
        elif word == "#end":
            stack.pop()
        elif all(stack):
            yield line


def _holds(condition: str, architecture: Architecture) -> bool:
    """Whether ``act=tanh,relu k!=1`` holds; every part must."""
    for part in condition.split():
        name, _, values = part.partition("=")
        holds = architecture[name.rstrip("!")] in values.split(",")
        if holds == name.endswith("!"):
            return False
    return True


def _substituted(line: str, values: Mapping[str, str]) -> str:
    for _ in range(3):  # values may name values
        if "<<" not in line:
            return line
        line = _token().sub(lambda match: values[match[1]], line)
    return line


@functools.cache
def _token() -> re.Pattern[str]:
    return re.compile(r"<<(\w+)>>")
