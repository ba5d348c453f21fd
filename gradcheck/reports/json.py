"""A report as JSON: the record's own dictionary, nothing added and nothing left out."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from gradcheck.records import CheckReport, ReportSet
from gradcheck.reports.unicode import whole

__all__ = ["dump", "to_json"]


def to_json(report: CheckReport | ReportSet) -> str:
    """The report's dictionary as strict JSON, in ASCII, so that it survives any terminal's encoding.

    Parameters
    ----------
    report : CheckReport or ReportSet

    Returns
    -------
    str
        ``json.loads`` of it is ``report.to_dict()``; a number that JSON cannot hold is null, and a file name that is
        not Unicode is made so.

    Examples
    --------
    >>> from gradcheck.records import ReportSet
    >>> print(to_json(ReportSet(results=())))
    {
      "schema": "gradcheck/report@1",
      "results": []
    }
    """
    return dump(report.to_dict())


def dump(content: Mapping[str, Any]) -> str:
    """Any dictionary as strict JSON: arrays become lists, records dictionaries, NaN and infinity null."""
    return json.dumps(_plain(content), indent=2, allow_nan=False)


def _plain(value: Any) -> Any:
    """Free-form details hold arrays, NumPy numbers or records: all of them have a plain form."""
    if hasattr(value, "to_dict"):
        return _plain(value.to_dict())
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, (bool, int)) else whole(str(value))
