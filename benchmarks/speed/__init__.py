"""How long it takes until something is said: starting, importing, and the check of a small network."""

from benchmarks.speed.measuring import measure

__all__ = ["measure"]
