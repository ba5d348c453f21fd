"""A report as JSON."""

from __future__ import annotations

import dataclasses
import json

import numpy as np

from gradcheck.records import CheckReport, ReportSet
from gradcheck.reports.json import dump, to_json


def test_it_is_the_dictionary_of_the_record(failing: CheckReport) -> None:
    """It is the dictionary of the record."""
    assert json.loads(to_json(failing)) == failing.to_dict()
    several = ReportSet(results=(failing, failing))
    assert json.loads(to_json(several)) == several.to_dict()


def test_it_is_ascii(failing: CheckReport) -> None:
    """It is ascii."""
    named = dataclasses.replace(failing, file="网络\udcff.py")
    assert to_json(named).isascii()
    assert json.loads(to_json(named))["file"] == "网络\ufffd.py"


def test_free_details_become_plain(failing: CheckReport) -> None:
    """Free details become plain."""
    details = {"array": np.array([1.0, np.nan]), "number": np.float64(2.0), "record": failing.blocks[1], 3: {"a"}}
    plain = json.loads(to_json(dataclasses.replace(failing, details=details)))["details"]
    assert plain["array"] == [1.0, None]
    assert plain["number"] == 2.0
    assert plain["record"]["name"] == "b1"
    assert plain["3"] == "{'a'}"


def test_numbers_that_json_lacks_are_null() -> None:
    """Numbers that json lacks are null."""
    assert json.loads(dump({"x": float("inf"), "y": (float("nan"), 1, True, None)})) == {
        "x": None,
        "y": [None, 1, True, None],
    }
