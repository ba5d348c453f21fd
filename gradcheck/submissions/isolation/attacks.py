"""Attacks that show what a child can still do: each a few lines of Python, run as a submission would be.

They are ours, so that what they print about their own success may be believed; and they harm nothing where they
succeed.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

__all__ = ["ATTACKS", "REFUSED", "SUCCEEDED", "Attack", "program"]

SUCCEEDED, REFUSED = "attack succeeded", "attack refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """One attempt.

    Attributes
    ----------
    right : str
        What it would need, in words.
    tries : str
        What it does.
    text : str
        The statements. ``SECRET`` is a file that it was not given, ``FOLDER`` the folder of that file, ``CONTROLLER``
        the process that asks.
    layers : tuple of str
        What refuses it: of ``landlock``, ``seccomp``, ``limits``, ``controller``; any one of them is enough.
    landlock : int
        The version of Landlock from which on that refuses it.
    """

    right: str
    tries: str
    text: str
    layers: tuple[str, ...]
    landlock: int = 1


ATTACKS = (
    Attack(
        right="other files",
        tries="read a file that it was not given",
        text="open(SECRET).read()",
        layers=("landlock",),
    ),
    Attack(
        right="other files",
        tries="read the list of users",
        text="open('/etc/passwd').read()",
        layers=("landlock",),
    ),
    Attack(
        right="other files",
        tries="list a folder that it was not given",
        text="os.listdir(FOLDER)",
        layers=("landlock",),
    ),
    Attack(
        right="other files",
        tries="read it by way of a link of its own",
        text="os.symlink(SECRET, 'link')\nopen('link').read()",
        layers=("landlock",),
    ),
    Attack(
        right="writing outside",
        tries="make a file in another folder",
        text="open(os.path.join(FOLDER, 'made'), 'w').close()",
        layers=("landlock",),
    ),
    Attack(
        right="writing outside",
        tries="empty a file that it was not given",
        text="os.close(os.open(SECRET, os.O_WRONLY | os.O_TRUNC))",
        layers=("landlock",),
    ),
    Attack(
        right="other processes",
        tries="read the environment of its controller",
        text="open(f'/proc/{CONTROLLER}/environ', 'rb').read()",
        layers=("landlock",),
    ),
    Attack(
        right="other processes",
        tries="send a signal to its controller",
        text="os.kill(CONTROLLER, 0)",
        layers=("seccomp", "landlock"),
        landlock=6,
    ),
    Attack(
        right="new processes",
        tries="fork",
        text="pid = os.fork()\nif pid == 0:\n    os._exit(0)\nos.waitpid(pid, 0)",
        layers=("seccomp",),
    ),
    Attack(
        right="new processes",
        tries="run a program",
        text="import subprocess\nsubprocess.run(['/bin/sh', '-c', ':'], check=True)",
        layers=("seccomp", "landlock"),
    ),
    Attack(
        right="the network",
        tries="open a socket",
        text="import socket\nsocket.socket().close()",
        layers=("seccomp",),
    ),
    Attack(
        right="the network",
        tries="open a socket within the machine",
        text="import socket\nsocket.socket(socket.AF_UNIX).close()",
        layers=("seccomp",),
    ),
    Attack(
        right="its limits",
        tries="raise its own limits",
        text=(
            "import resource\n"
            "soft, hard = resource.getrlimit(resource.RLIMIT_AS)\n"
            "resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))"
        ),
        layers=("seccomp",),
    ),
    Attack(
        right="memory",
        tries="take more memory than the limit",
        text="held = []\nfor _ in range(1024):\n    held.append(bytearray(8 << 20))",
        layers=("limits",),
    ),
    Attack(
        right="the disk",
        tries="write a file larger than the limit",
        text="with open('large', 'wb', buffering=0) as file:\n    while True:\n        file.write(bytes(1 << 20))",
        layers=("limits",),
    ),
    Attack(
        right="time",
        tries="never end, and swallow every exception",
        text="while True:\n    try:\n        while True:\n            pass\n    except BaseException:\n        pass",
        layers=("controller",),
    ),
    Attack(
        right="output",
        tries="print without end",
        text="while True:\n    os.write(1, b'x' * 65536)",
        layers=("controller",),
    ),
)


def program(attack: Attack, *, secret: str, folder: str, controller: int) -> str:
    """The text of a submission that attacks, and prints how that went.

    Parameters
    ----------
    attack : Attack
    secret, folder : str
        A file that it is not given, and where that is.
    controller : int
        Number of a process.
    """
    return "\n".join(
        [
            "import os",
            f"SECRET, FOLDER, CONTROLLER = {secret!r}, {folder!r}, {controller}",
            "try:",
            textwrap.indent(attack.text, "    "),
            f"    os.write(1, {SUCCEEDED.encode()!r} + b'\\n')",
            "except BaseException as error:",
            f"    told = f'{REFUSED}: {{type(error).__name__}} {{getattr(error, \"errno\", None)}}'",
            "    os.write(1, told.encode() + b'\\n')",
            "",
        ]
    )
