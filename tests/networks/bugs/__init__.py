"""The bugs of the catalogue that can be built on a network, as replaced steps of a right backward pass."""

from networks.bugs.blocks import BLOCK_BUGS
from networks.bugs.bug import Bug, leaves
from networks.bugs.entries import ENTRY_BUGS, TABLE, entries_changed, table_bugs, wrong_positions
from networks.bugs.output import OUTPUT_BUGS
from networks.bugs.recursion import RECURSION_BUGS
from networks.bugs.scale import SCALE_BUGS

__all__ = ["BUGS", "TABLE", "Bug", "entries_changed", "leaves", "table_bugs", "wrong_positions"]

BUGS: tuple[Bug, ...] = (*SCALE_BUGS, *OUTPUT_BUGS, *RECURSION_BUGS, *BLOCK_BUGS, *ENTRY_BUGS)
