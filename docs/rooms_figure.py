"""The picture of the rooms and the way of a submission through them, drawn from the contract that imports are held to.

The rooms are the layers of import-linter's contract in ``pyproject.toml``, their words the first line of each package.
"""

from __future__ import annotations

import importlib
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from line_charts import framed
from page_tables import markdown_table

__all__ = ["WAY", "Station", "layers", "pages", "write"]

CONTRACT = Path(__file__).resolve().parents[1] / "pyproject.toml"
NAMES, WIDTH, BAND, TOP = 190, 720, 40, 10
FIRST, LAST = NAMES + 34, WIDTH - 30  # of the stations, in pixels


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """What happens to a submission, in which room, by which module; ``inside`` where its own code runs."""

    room: str
    module: str
    what: str
    inside: bool = False


WAY = (
    Station(room="cli", module="cli.check", what="The command is read, and the one module of its own is loaded."),
    Station(
        room="submissions",
        module="submissions.exchange.session",
        what="A process is forked for the file, and gives up its rights before it reads it.",
    ),
    Station(
        room="submissions",
        module="submissions.serving.child",
        what="The file runs there up to the first step of its training; loss, gradient and parameters are recognised.",
        inside=True,
    ),
    Station(
        room="problem",
        module="problem.driver",
        what="Here, the network is a problem: parameters go out, numbers come back, and nothing else is believed.",
    ),
    Station(
        room="oracles",
        module="oracles.finite_difference",
        what="Losses along a direction become a derivative with an error bound.",
    ),
    Station(room="checks", module="checks.check", what="Claimed and numeric derivatives are compared: the verdict."),
    Station(
        room="diagnosis",
        module="diagnosis.course",
        what="Where it is wrong, the mistake is looked for, and its cure is verified in a process of the same kind.",
    ),
    Station(
        room="grading", module="grading.marking", what="Of a class, marks follow from what was measured (`grade`)."
    ),
    Station(room="gate", module="gate.outcome", what="In a build, what fails is told from what failed before (`ci`)."),
    Station(room="reports", module="reports.terminal", what="The record is written out; nothing is computed any more."),
    Station(room="cli", module="cli.results", what="It is printed, and the verdict becomes an exit code."),
)


def write(folder: Path) -> None:
    """Write the figure and its tables to a folder."""
    folder.mkdir(exist_ok=True, parents=True)
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")


def pages() -> dict[str, str]:
    """The figure as HTML, the tables as Markdown, by file name."""
    rooms = [[f"`{room}`", _purpose(room)] for layer in layers() for room in layer]
    way = [
        [str(number), f"`{each.room}`", f"{each.what}", f"`gradcheck.{each.module}`"]
        for number, each in enumerate(WAY, 1)
    ]
    return {
        "rooms-figure.md": f"```{{raw}} html\n{draw()}```\n",
        "rooms.md": markdown_table(["room", "holds"], rooms),
        "rooms-way.md": markdown_table(["", "room", "what happens", "begin to read at"], way),
    }


def layers() -> list[list[str]]:
    """The rooms from the top down; those of one layer do not import each other."""
    tools = tomllib.loads(CONTRACT.read_text(encoding="utf-8"))["tool"]
    contracts = tools["importlinter"]["contracts"]
    (contract,) = [each for each in contracts if each["type"] == "layers" and each["containers"] == ["gradcheck"]]
    return [layer.split(" | ") for layer in contract["layers"]]


def draw() -> str:
    """The figure as SVG: a band a layer, and a line through the bands in the order of the stations."""
    rows = layers()
    height = TOP + BAND * len(rows) + 46
    middle = {room: TOP + BAND * row + BAND / 2 for row, layer in enumerate(rows) for room in layer}
    parts = [part for row, layer in enumerate(rows) for part in _band(row, layer)]
    gap = (LAST - FIRST) / (len(WAY) - 1)
    places = [(FIRST + gap * number, middle[each.room]) for number, each in enumerate(WAY)]
    parts.append(_route(places))
    parts += [_station(number, place, WAY[number - 1]) for number, place in enumerate(places, 1)]
    parts.append(_legend(TOP + BAND * len(rows) + 22))
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">'
    title = "<title>The rooms of gradcheck from the top down, and the way of a submission through them</title>"
    return framed("\n".join([head, title, *parts, "</svg>"]))


def _purpose(room: str) -> str:
    """The first line of a room's docstring, in this table's form."""
    first = (importlib.import_module(f"gradcheck.{room}").__doc__ or "").splitlines()[0]
    return first.replace("``", "`")


def _band(row: int, layer: Sequence[str]) -> list[str]:
    top = TOP + BAND * row
    strength = 0.09 if row % 2 else 0.03
    words = f'y="{top + BAND / 2 + 5}" fill="currentColor" font-family="sans-serif" font-size="14" font-weight="bold"'
    return [
        f'<rect x="0" y="{top}" width="{WIDTH}" height="{BAND}" fill="currentColor" fill-opacity="{strength}"/>',
        f'<text x="12" {words}>{escape(", ".join(layer))}</text>',
    ]


def _route(places: Sequence[tuple[float, float]]) -> str:
    points = " ".join(f"{across:.0f},{down:.0f}" for across, down in places)
    return f'<polyline points="{points}" fill="none" stroke="#2f7ed8" stroke-width="2.5"/>'


def _station(number: int, place: tuple[float, float], station: Station) -> str:
    colour = "#c62828" if station.inside else "#2f7ed8"
    across, down = place
    words = 'fill="#ffffff" font-family="sans-serif" font-size="12" font-weight="bold" text-anchor="middle"'
    return (
        f'<g><title>{escape(station.what)}</title><circle cx="{across:.0f}" cy="{down:.0f}" r="12" fill="{colour}"/>'
        f'<text x="{across:.0f}" y="{down + 4:.0f}" {words}>{number}</text></g>'
    )


def _legend(top: int) -> str:
    words = ((12, "#2f7ed8", "in gradcheck's own process"), (NAMES + 60, "#c62828", "the submission's code runs"))
    return "".join(
        f'<circle cx="{left}" cy="{top - 4}" r="6" fill="{colour}"/>'
        f'<text x="{left + 12}" y="{top}" fill="currentColor" font-family="sans-serif" font-size="12">{text}</text>'
        for left, colour, text in words
    )


if __name__ == "__main__":
    write(Path(__file__).parent / "_generated")
