"""Hypothesis strategies that draw networks, batches, parameters and wrong gradients, and print them as programs."""

from gradcheck.integrations.strategies.architecture import Architecture, Batch
from gradcheck.integrations.strategies.drawing import architectures, batches, networks, parameters, wrong_gradients
from gradcheck.integrations.strategies.example import NetworkExample
from gradcheck.integrations.strategies.planting import PLANTABLE, planted_gradient

__all__ = [
    "PLANTABLE",
    "Architecture",
    "Batch",
    "NetworkExample",
    "architectures",
    "batches",
    "networks",
    "parameters",
    "planted_gradient",
    "wrong_gradients",
]
