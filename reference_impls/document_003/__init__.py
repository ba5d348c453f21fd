"""Document 003: a general network with one activation, two losses, and its initialisers and learning-rate schedule."""

from reference_impls.document_003.claims import CLAIMS
from reference_impls.document_003.figures import FIGURES
from reference_impls.document_003.trainings import TRAININGS
from reference_impls.document_003.variants import VARIANTS

__all__ = ["CLAIMS", "FIGURES", "TRAININGS", "VARIANTS"]
