"""``python -m benchmarks [NAME ...] [--quick]``: prints tables, gradcheck beside the peers that are installed."""

from __future__ import annotations

import argparse
import platform
import sys
import time

import numpy as np

from benchmarks import right_networks
from benchmarks.figures import command as figures
from benchmarks.grading import command as grading
from benchmarks.measurements import MEASUREMENTS
from benchmarks.mutation import command as mutation
from benchmarks.peers import installed_peers
from benchmarks.wrong_programs import command as wrong_programs

# Those with options of their own.
COMMANDS = {
    "figures": figures.main,
    "grading": grading.main,
    "mutation": mutation.main,
    "right-networks": right_networks.main,
    "wrong-programs": wrong_programs.main,
}


def main() -> int:
    """Run the measurements that were asked for."""
    if len(sys.argv) > 1 and sys.argv[1] in COMMANDS:
        return COMMANDS[sys.argv[1]](sys.argv[2:])
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(MEASUREMENTS)}; all by default")
    parser.add_argument("--quick", action="store_true", help="smaller networks, fewer runs: about a minute")
    options = parser.parse_args()
    unknown = sorted(set(options.names) - set(MEASUREMENTS))
    if unknown:
        parser.error(f"no measurement {', '.join(unknown)}; expected {', '.join(MEASUREMENTS)}")
    peers = ", ".join(peer.name for peer in installed_peers())
    print(f"Python {platform.python_version()}, NumPy {np.__version__}, one BLAS thread. Peers: {peers}.\n")
    start = time.monotonic()
    for name in options.names or MEASUREMENTS:
        for table in MEASUREMENTS[name](quick=options.quick):
            print(table, flush=True)
            print()
    print(f"{time.monotonic() - start:.0f} s", file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
