"""The picture of the rooms is that of the contract, and the way through them leads where the code is."""

from __future__ import annotations

import importlib
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import rooms_figure
from markdown_blocks import ROOT

ROOMS = [room for layer in rooms_figure.layers() for room in layer]


def test_every_room_is_drawn_and_told() -> None:
    """Each package and module of the contract, in its order from the top."""
    figure = ET.fromstring(rooms_figure.draw())
    words = [element.text or "" for element in figure.iter() if element.tag.endswith("text")]
    bands = [word for word in words if set(word.split(", ")) <= set(ROOMS)]
    assert [room for band in bands for room in band.split(", ")] == ROOMS
    rows = re.findall(r"^\| `(\w+)` \| (\S.*) \|$", rooms_figure.pages()["rooms.md"], re.MULTILINE)
    assert [room for room, _ in rows] == ROOMS


def test_a_new_layer_is_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The picture follows the file that imports are held to."""
    contract = tmp_path / "pyproject.toml"
    text = rooms_figure.CONTRACT.read_text(encoding="utf-8")
    contract.write_text(text.replace('  "oracles",\n', '  "oracles",\n  "cellar",\n'), encoding="utf-8")
    monkeypatch.setattr(rooms_figure, "CONTRACT", contract)
    assert ">cellar</text>" in rooms_figure.draw()


def test_the_way_is_through_the_code() -> None:
    """Each station's module is there, in its room; one alone runs what was handed in."""
    for station in rooms_figure.WAY:
        assert importlib.import_module(f"gradcheck.{station.module}").__doc__
        assert station.module.partition(".")[0] == station.room
        assert station.room in ROOMS
    assert [station.module for station in rooms_figure.WAY if station.inside] == ["submissions.serving.child"]


def test_every_part_is_on_the_page() -> None:
    """And the files that it sends a reader to are there."""
    page = (ROOT / "docs" / "project" / "architecture.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"_generated/([\w-]+\.md)", page)) == sorted(rooms_figure.pages())
    named = re.findall(r"`((?:gradcheck|tests)/[\w/.]+)`", page)
    assert len(named) > 8
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_parts_are_written(tmp_path: Path) -> None:
    """To the folder that is given."""
    rooms_figure.write(tmp_path / "new")
    assert {path.name for path in (tmp_path / "new").iterdir()} == set(rooms_figure.pages())
