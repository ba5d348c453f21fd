"""Document 003 put right: the batch divided by once, and nothing that overflows or is constant where it should not."""

from reference_impls.document_003.corrected.activations import ActivationFunctions
from reference_impls.document_003.corrected.categorical import (
    CategoricalNetwork,
    ElementwiseSoftmaxNetwork,
    LiteralCategoricalNetwork,
)
from reference_impls.document_003.corrected.losses import LossFunctions
from reference_impls.document_003.corrected.network import NeuralNetwork

__all__ = [
    "ActivationFunctions",
    "CategoricalNetwork",
    "ElementwiseSoftmaxNetwork",
    "LiteralCategoricalNetwork",
    "LossFunctions",
    "NeuralNetwork",
]
