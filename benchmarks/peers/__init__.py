"""The checkers that are compared, one file each."""

from benchmarks.peers.derivcheck_deriv import DERIVCHECK
from benchmarks.peers.hips_autograd import AUTOGRAD
from benchmarks.peers.jax_check_grads import JAX
from benchmarks.peers.numdifftools_gradient import NUMDIFFTOOLS
from benchmarks.peers.peer import Outcome, Peer, run
from benchmarks.peers.product import PRODUCT, PRODUCT_DIFFERENCES, VERDICT, VERDICT_DIFFERENCES
from benchmarks.peers.pytorch import PYTORCH
from benchmarks.peers.scipy_optimize import SCIPY

__all__ = [
    "PRODUCT",
    "PRODUCT_DIFFERENCES",
    "VERDICT",
    "VERDICT_DIFFERENCES",
    "Outcome",
    "Peer",
    "installed_peers",
    "run",
]

_PEERS = (SCIPY, AUTOGRAD, NUMDIFFTOOLS, DERIVCHECK, PYTORCH, JAX)


def installed_peers() -> list[Peer]:
    """The others that can be run here."""
    return [peer for peer in _PEERS if peer.installed]
