"""Networks and models with right gradients, and the bugs of the catalogue that can be built on them.

Shared by the meta suites and by ``benchmarks/``; both put the folder ``tests`` on the import path.
"""

from networks.cases import FAMILIES, LARGE, MEDIUM, RightCase, fast_cases, random_cases
from networks.models import MODELS
from networks.network import Network, Parts, block_names, build_network, parts_of
from networks.specification import Specification

__all__ = [
    "FAMILIES",
    "LARGE",
    "MEDIUM",
    "MODELS",
    "Network",
    "Parts",
    "RightCase",
    "Specification",
    "block_names",
    "build_network",
    "fast_cases",
    "parts_of",
    "random_cases",
]
