"""The command line: one thin module a command, named in one table and loaded when it is called."""

from __future__ import annotations

from gradcheck.cli.entry import main
from gradcheck.cli.root import COMMANDS, root

__all__ = ["COMMANDS", "main", "root"]
