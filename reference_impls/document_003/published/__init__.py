"""Document 003 as published: its defects are described where they are."""

from reference_impls.document_003.published.activations import ActivationFunctions
from reference_impls.document_003.published.losses import LossFunctions
from reference_impls.document_003.published.network import NeuralNetwork

__all__ = ["ActivationFunctions", "LossFunctions", "NeuralNetwork"]
