"""Programs that try to have the hidden points written on their own sheets; staff see what they tried."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from graded_programs import FUNCTIONS, SHORT, spoilt

from gradcheck.grading.records import GradeRecord, Mark

Grade = Callable[..., GradeRecord]
DELTA = "dZ2 = (A2 - Y) / len(X)"
# A number of each hidden point that is easily told from others, and the same as letters.
SECRET = "repr(float(X.ravel()[0]))"
LETTERS = f"''.join(chr(97 + int(c)) for c in {SECRET} if c.isdigit())"
LEAKS = {
    "message": f"raise ValueError('at ' + {SECRET})",
    "letters": f"raise ValueError({LETTERS})",
    "type": f"raise type('E' + {LETTERS}, (Exception,), {{}})('no')",
    "type-that-ends-runs": f"raise type('Exit', (Exception,), {{}})({SECRET})",
    "key": f"{{}}[{SECRET}]",
    "attribute": f"getattr(X, 'x' + {LETTERS})",
    "assert": f"assert len(X) > 10**6, {SECRET}",
    "shape": f"return np.zeros((2, int({SECRET}.lstrip('-0.')[:6])))",
    "keys": f"return {{{SECRET}: X}}",
    "kind": f"return type('K' + {LETTERS}, (), {{}})()",
    "frame": f"exec('def f' + {LETTERS} + '():\\n  raise ValueError\\nf' + {LETTERS} + '()')",
    "line": f"exec(compile('\\n' * int({SECRET}.lstrip('-0.')[:5]) + 'raise ValueError', __file__, 'exec'))",
    "printed": f"os = __import__('os'); os.write(2, {SECRET}.encode()); os._exit(1)",
    "exit-message": f"raise SystemExit({SECRET})",
}


def _texts(value: Any) -> Iterator[str]:
    """What a student may see of a record, at any level of hints."""
    if isinstance(value, Mark):
        yield from value.message.up_to(4)  # type: ignore[arg-type]
        yield str(value.line)
        yield from _texts(value.behind)
    elif isinstance(value, GradeRecord):
        yield from (value.reason, value.cure or "")
        for mark in value.marks:
            yield from _texts(mark)


@pytest.mark.parametrize("name", LEAKS)
def test_no_hidden_number_is_on_a_student_s_sheet(grade: Grade, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither as digits nor as letters, whatever raises, ends, prints or is given back."""
    from gradcheck.grading import worker

    drawn: list[float] = []
    real = worker.hidden_points
    monkeypatch.setattr(worker, "hidden_points", lambda *given: _noted(real(*given), drawn))
    worker._PREPARED.clear()
    record = grade(spoilt(FUNCTIONS, DELTA, f"{DELTA}\n    {LEAKS[name]}"), SHORT.replace("time = 3.0", "time = 1.0"))
    shown = "\n".join(_texts(record))
    assert drawn
    for number in drawn:
        digits = re.sub(r"\D", "", repr(number)).lstrip("0")
        letters = "".join(chr(97 + int(digit)) for digit in digits)
        assert digits[:5] not in re.sub(r"[^\d\n]", "", shown)
        assert letters[:5] not in shown


def _noted(points: Any, drawn: list[float]) -> Any:
    drawn += [float(np.ravel(point.X)[0]) for point in points]
    return points
