"""Rights that a process gives up before it runs somebody's code."""
