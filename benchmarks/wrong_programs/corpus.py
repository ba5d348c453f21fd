"""Composes the programs: every style in its architectures, with one bug or two, and those written one by one.

Deterministic: what is composed depends on the files of ``programs/`` and on nothing else. Which of a style's
architectures a bug is shown in, and which bugs are paired, is drawn by hashes of their names, so that a new bug or
style leaves the other programs and their halves as they are.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import itertools
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from benchmarks.wrong_programs.template import Architecture, Rendered, Template, conflicting, load, render
from benchmarks.wrong_programs.truth import Bug, Program, Proof, proof_of

__all__ = ["PROGRAMS", "candidates", "right_programs", "wrong_programs"]

PROGRAMS = Path(__file__).parent / "programs"

PAIRS = 14  # programs with two bugs, of a style


@functools.cache
def templates(folder: str) -> tuple[Template, ...]:
    """The files of one folder of ``programs/``, by name."""
    return tuple(load(path) for path in sorted((PROGRAMS / folder).glob("*.py")))


@functools.cache
def candidates() -> tuple[Program, ...]:
    """All programs, wrong and right, before their truth is proved."""
    return (*wrong_programs(), *right_programs())


def wrong_programs() -> list[Program]:
    """The wrong programs: those composed, then those written one by one."""
    composed = (p for template in templates("styles") for p in (*_with_one_bug(template), *_with_two_bugs(template)))
    return [*composed, *(p for template in templates("singles") for p in _singles(template))]


def right_programs() -> list[Program]:
    """The right programs: those written as such, others without their bugs, and every style in two architectures."""
    written = (*templates("right"), *templates("singles"))
    found = [_program(template, {}, (), name=f"right.{template.name}", handwritten=True) for template in written]
    for template in templates("styles"):
        archs = _shuffled(template.architectures, f"right {template.name}")
        found.extend(_program(template, arch, (), name=f"right.{_stem(template, arch)}") for arch in archs[:2])
        keys = list(dict.fromkeys(key for arch in archs for key in template.keys(arch, right=True)))
        for key in keys:
            arch = next(a for a in _shuffled(archs, key) if key in template.keys(a, right=True))
            found.append(_program(template, arch, (key,), name=f"right.{_stem(template, arch)}.{key}"))
    return found


def _with_one_bug(template: Template) -> Iterator[Program]:
    archs = template.architectures
    for key in list(dict.fromkeys(key for arch in archs for key in template.keys(arch, right=False))):
        able = [arch for arch in archs if key in template.keys(arch, right=False)]
        arch = _shuffled(able, f"{template.name} {key}")[0]
        yield _program(template, arch, (key,), name=f"{_stem(template, arch)}.{key}")


def _with_two_bugs(template: Template) -> Iterator[Program]:
    """Pairs of gradient bugs at different lines; a key is used again only when the others have had their turn."""
    pairs = []
    for arch in template.architectures:
        keys = [
            key
            for key in template.keys(arch, right=False)
            if proof_of(template.alternative(arch, key).bug) is Proof.GRADIENT
        ]
        for pair in itertools.combinations(keys, 2):
            bugs = {template.alternative(arch, key).bug for key in pair}
            if len(bugs) == 2 and not conflicting(template.places(arch), pair):
                pairs.append((arch, pair))
    used: Counter[str] = Counter()
    for _ in range(int(template.header.get("pairs", PAIRS))):
        pairs = [(arch, pair) for arch, pair in pairs if not all(used[key] for key in pair)] or pairs
        if not pairs:
            return
        arch, pair = min(pairs, key=lambda item: (sum(used[key] for key in item[1]), _hash(f"{template.name} {item}")))
        used.update(pair)
        pairs.remove((arch, pair))
        yield _program(template, arch, pair, name=f"{_stem(template, arch)}.{'+'.join(pair)}")


def _singles(template: Template) -> Iterator[Program]:
    for arch in template.architectures:
        keys = tuple(template.keys(arch, right=False))
        yield _program(template, arch, keys, name=f"single.{_stem(template, arch)}", handwritten=True)


def _program(
    template: Template, arch: Architecture, keys: tuple[str, ...], *, name: str, handwritten: bool = False
) -> Program:
    places = template.places(arch)
    conventions = [key for key in keys if template.alternative(arch, key).right]
    wrong = [key for key in keys if key not in conventions]
    rendered = render(places, keys)
    try:
        ast.parse(rendered.text)
    except SyntaxError as error:
        raise ValueError(f"{name} is no Python: {error}") from error
    steps = template.header.get("steps")
    return Program(
        name=name.replace("/", "-"),
        style="hand-written" if handwritten else template.name,
        text=rendered.text,
        right=render(places, conventions).text,
        probe=template.probe,
        steps=int(steps) if steps else None,
        bugs=tuple(_bug(template, arch, key, rendered) for key in wrong),
        handwritten=handwritten,
        singles=tuple(render(places, (*conventions, key)).text for key in wrong) if len(wrong) > 1 else (),
    )


def _bug(template: Template, arch: Architecture, key: str, rendered: Rendered) -> Bug:
    found = template.alternative(arch, key)
    return Bug(id=found.bug, key=key, accepted=found.accepted, lines=rendered.lines[key], also=rendered.also[key])


def _stem(template: Template, arch: Architecture) -> str:
    return ".".join([template.name, *(f"{value}" for value in arch.values())])


def _shuffled(archs: list[dict[str, str]], salt: str) -> list[dict[str, str]]:
    return sorted(archs, key=lambda arch: _hash(f"{salt} {sorted(arch.items())}"))


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])
