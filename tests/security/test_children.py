"""Children of one zygote know nothing of each other, end with their controller, and cost what they may."""

# ruff: noqa: E501 - programs of one line
from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from gradcheck.submissions.exchange.session import Session, SessionError, Status
from gradcheck.submissions.isolation import nursery as nurseries
from gradcheck.submissions.isolation.limits import MEBIBYTE, Limits
from gradcheck.submissions.isolation.nursery import Nursery, NurseryError, nursery
from gradcheck.submissions.isolation.places import Reach
from gradcheck.submissions.isolation.processes import ForkedProcess, SpawnedProcess

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux")


def _run(file: Path, text: str, *, time_limit: float = 5.0, **options: Any) -> Session:
    """A program run to its end; the session, closed."""
    file.write_text(text, encoding="utf-8")
    session = Session(time_limit=time_limit, reach=Reach(readable=(str(file),)), **options)
    with session, contextlib.suppress(SessionError):
        session.request("open", {"path": str(file), "adapter": None, "keywords": {}})
    return session


# Prints past what silences a submission; no function, which would be driven.
TELL = "import functools, os\ntell = functools.partial(print, file=os.fdopen(1, 'w', closefd=False), flush=True)\n"


@pytest.mark.parametrize("forked", [True, False], ids=["forked", "spawned"])
def test_two_children_are_the_same(forked: bool, tmp_path: Path) -> None:
    """Hashes, random numbers and what is loaded do not depend on who came before."""
    text = TELL + (
        "import random, sys\nimport numpy as np\n"
        "tell(hash('x'), random.random(), np.random.rand(), np.random.default_rng(3).random(), len(os.environ))\n"
        "np.random.seed(99); random.seed(99); os.environ['LEFT'] = '1'; sys.left = 1; np.left = 1\n"
        "open('left', 'w').close()\n"
    )
    found = {_run(tmp_path / "a.py", text, forked=forked).printed for _ in range(2)}
    assert len(found) == 1
    again = (
        TELL
        + "import sys\nimport numpy as np\ntell(hasattr(sys, 'left'), hasattr(np, 'left'), 'LEFT' in os.environ, os.listdir())"
    )
    assert _run(tmp_path / "a.py", again, forked=forked).printed == "False False False []\n"


def test_what_one_child_may_read_the_next_may_not(tmp_path: Path) -> None:
    """Rules that are laid upon one are not those of the next."""
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
    _run(first / "a.py", "x = 1")
    session = _run(
        second / "b.py",
        TELL
        + f"try:\n    open({str(first / 'a.py')!r})\n    tell('read')\nexcept OSError as error:\n    tell(error.errno)",
    )
    if session.reached.landlock:
        assert session.printed == "13\n"


def test_a_child_finds_no_name_of_another_in_its_memory(tmp_path: Path) -> None:
    """What the zygote never knew cannot be found in what was forked from it."""
    (tmp_path / "eve").mkdir()
    _run(tmp_path / "eve" / "somebody_elses_name.py", "x = 1")
    text = (
        TELL
        + "import gc\nword = ''.join(reversed('sesle_ydobemos'))\ntell(any(isinstance(o, str) and word in o and o != word for d in gc.get_objects() for o in (d.values() if isinstance(d, dict) else d if isinstance(d, (list, tuple)) else ())))"
    )
    assert _run(tmp_path / "b.py", text).printed == "False\n"


def test_a_child_has_its_own_session_and_no_terminal(tmp_path: Path) -> None:
    """It leads its group, works in a folder of its own, and makes files that nobody else reads."""
    text = (
        TELL
        + "tell(os.getpid() == os.getsid(0) == os.getpgrp())\nopen('f', 'w').close()\ntell(oct(os.stat('f').st_mode & 0o777), os.listdir())"
    )
    session = _run(tmp_path / "a.py", text)
    assert session.printed == "True\n0o600 ['f']\n"
    assert not session._folder.exists()


@pytest.mark.parametrize("forked", [True, False], ids=["forked", "spawned"])
@pytest.mark.parametrize(
    ("text", "status", "limits", "word"),
    [
        ("import os; os._exit(3)", Status.EXIT, {}, "exit code 3"),
        ("import os; os.abort()", Status.SIGNAL, {}, "SIGABRT"),
        ("while True: pass", Status.TIME, {}, "seconds"),
        ("while True: pass", Status.TIME, {"cpu": 1.0}, "processor time"),
        ("import os\nwhile True: os.write(2, b'x' * 9999)", Status.OUTPUT, {"output": MEBIBYTE}, "1 MB"),
        ("for i in range(10**9): open(str(i), 'w').close()", Status.OUTPUT, {"entries": 100}, "100 files"),
        ("import os\nf = os.open('f', os.O_CREAT | os.O_WRONLY)\nwhile True:\n    try: os.pwrite(f, bytes(MB), 0 if os.fstat(f).st_size > 9 * MB else os.fstat(f).st_size)\n    except OSError: pass".replace("MB", str(MEBIBYTE)), Status.OUTPUT, {"scratch": 4 * MEBIBYTE}, "4 MB"),
        ("import os; os.close(4); os.close(3)\nwhile True: pass", Status.PROTOCOL, {}, "closed"),
    ],
    ids=["exit", "signal", "wall", "cpu", "output", "entries", "scratch", "channel"],
)  # fmt: skip
def test_every_end_has_its_status(
    text: str, status: Status, limits: dict[str, Any], word: str, forked: bool, tmp_path: Path
) -> None:
    """And says which limit it was."""
    if status is Status.PROTOCOL and not forked:
        pytest.skip("its descriptors have other numbers")
    seconds = 6.0 if "cpu" in limits else 1.0
    session = _run(tmp_path / "a.py", text, time_limit=seconds, forked=forked, limits=Limits(**{"cpu": 60.0, **limits}))
    assert session.failure is not None
    assert session.failure.status is status, str(session.failure)
    assert word in str(session.failure)
    assert session.usage is not None
    assert session.usage.wall < 30.0


def test_a_call_of_another_kind_of_machine_is_forbidden(tmp_path: Path) -> None:
    """32-bit calls on a 64-bit machine would pass by the filter: the kernel ends the process."""
    if os.uname().machine != "x86_64":
        pytest.skip("machine code for x86-64")
    code = "b8140000" + "00cd80c3"  # getpid by the old gate
    text = (
        "import ctypes, mmap\n"
        f"code = bytes.fromhex('{code}')\n"
        "room = mmap.mmap(-1, 4096, prot=7)\nroom.write(code)\n"
        "ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(room)))()"
    )
    session = _run(tmp_path / "a.py", text)
    assert session.failure is not None
    if session.reached.seccomp:
        assert session.failure.status in (Status.FORBIDDEN, Status.SIGNAL)


def test_too_many_threads_are_forbidden(tmp_path: Path) -> None:
    """The controller counts them."""
    text = "import threading\nwait = threading.Event()\nfor _ in range(60): threading.Thread(target=wait.wait, daemon=True).start()\nwait.wait()"
    session = _run(tmp_path / "a.py", text, limits=Limits(threads=20))
    assert session.failure is not None
    assert session.failure.status is Status.FORBIDDEN
    assert "20 threads" in str(session.failure)


def test_scipy_is_there_for_those_who_import_it_and_for_nobody_before(tmp_path: Path) -> None:
    """It would double the memory of a process that others are forked from; loaded anew each time, it takes half a second."""
    nurseries.close_shared()
    file, told = tmp_path / "a.py", TELL + "import sys\ntell('scipy.special' in sys.modules)"
    assert _run(file, told).printed == "False\n"
    _run(file, "x = 1", scipy=True)
    deadline = time.monotonic() + 60.0
    while _run(file, told).printed != "True\n":
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_usage_is_told(tmp_path: Path) -> None:
    """Processor time, wall time and most memory of what ran."""
    session = _run(tmp_path / "a.py", "import numpy as np\nx = np.ones(20_000_000)\nfor _ in range(2 * 10**6): pass")
    used = session.usage
    assert used is not None
    assert 0.02 < used.cpu < 20.0
    assert used.cpu <= used.wall + 1.0
    assert used.peak_memory > 160 * 10**6


def test_a_zygote_that_dies_is_replaced(tmp_path: Path) -> None:
    """Its children end with it; the next session starts another."""
    shared = nursery()
    file = tmp_path / "a.py"
    file.write_text("while True: pass", encoding="utf-8")
    with Session(time_limit=20.0, reach=Reach(readable=(str(file),))) as session:
        pid = session._process.pid
        os.kill(shared._process.pid, signal.SIGKILL)
        with pytest.raises(SessionError):
            session.request("open", {"path": str(file), "adapter": None, "keywords": {}})
    assert pid is not None
    assert not _runs(pid)
    assert _run(file, TELL + "tell('again')").printed == "again\n"
    assert nursery() is not shared


def test_children_end_with_their_controller(tmp_path: Path) -> None:
    """Even if it is killed, and can clean up nothing."""
    file = tmp_path / "a.py"
    file.write_text("while True: pass", encoding="utf-8")
    text = (
        "import sys\nfrom gradcheck.submissions.exchange.session import Session\n"
        "session = Session(time_limit=60)\nsession._confine(__import__('gradcheck.submissions.isolation.places', fromlist=['x']).reach_of(sys.argv[1]))\n"
        "print(session._process.pid, flush=True)\n"
        "session.request('open', {'path': sys.argv[1], 'adapter': None, 'keywords': {}})"
    )
    controller = subprocess.Popen([sys.executable, "-c", text, str(file)], stdout=subprocess.PIPE, text=True)
    assert controller.stdout is not None
    pid = int(controller.stdout.readline())
    assert _runs(pid)
    controller.kill()
    controller.wait()
    controller.stdout.close()
    deadline = time.monotonic() + 10.0
    while _runs(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _runs(pid)


def _runs(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def test_where_nothing_is_forked_an_interpreter_is_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the answers are the same."""

    def refuse() -> Nursery:
        raise NurseryError("no")

    from gradcheck.submissions.exchange import session as sessions

    file = tmp_path / "a.py"
    assert isinstance(_run(file, "x = 1")._process, ForkedProcess)
    monkeypatch.setattr(sessions, "nursery", refuse)
    assert isinstance(_run(file, "x = 1")._process, SpawnedProcess)


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_other_systems_fork_nothing(platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """There a process is started for each."""
    monkeypatch.setattr(nurseries.sys, "platform", platform)
    with pytest.raises(NurseryError, match="not forked"):
        nursery()


def test_a_zygote_that_does_not_start_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the last line of what it said."""
    monkeypatch.setattr(nurseries, "BOOT", "raise RuntimeError('no such thing')")
    with pytest.raises(NurseryError, match="no such thing"):
        Nursery()
