"""Fuzzing led by coverage, for as long as somebody lets it run; Atheris is not among the dependencies.

``pip install atheris``, then ``python tests/security/fuzz_with_atheris.py protocol -max_total_time=60``; the targets
are ``protocol``, ``source`` and ``notebook``. An exception that is not expected ends it, with the bytes that caused it.
"""

from __future__ import annotations

import contextlib
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["gradcheck.submissions", "json"]):
    from gradcheck.errors import SubmissionError
    from gradcheck.submissions.exchange.protocol import ProtocolError, decode
    from gradcheck.submissions.text.conduct import conduct
    from gradcheck.submissions.text.source import read_source


def protocol(blob: bytes) -> None:
    """Frames; half of them with a right head."""
    head = b"GCK1" + len(blob).to_bytes(4, "big") + bytes(8)
    for whole in (blob, head + blob):
        with contextlib.suppress(ProtocolError):
            decode(whole)


def source(blob: bytes, suffix: str = ".py") -> None:
    """The loader, on any bytes."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"file{suffix}"
        file.write_bytes(blob)
        with contextlib.suppress(SubmissionError):
            conduct(read_source(file).tree)


def notebook(blob: bytes) -> None:
    """The same, as a notebook."""
    source(blob, ".ipynb")


TARGETS: dict[str, Callable[[bytes], None]] = {"protocol": protocol, "source": source, "notebook": notebook}

if __name__ == "__main__":
    target = TARGETS[sys.argv.pop(1)]
    atheris.Setup(sys.argv, target)
    atheris.Fuzz()
