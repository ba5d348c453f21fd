"""``gradcheck demo``: the commands shown on examples that come with the package."""

from gradcheck.cli.demo.command import demo

__all__ = ["demo"]
