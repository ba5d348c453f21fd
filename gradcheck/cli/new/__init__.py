"""``gradcheck new``: files to start from."""

from gradcheck.cli.new.group import new

__all__ = ["new"]
