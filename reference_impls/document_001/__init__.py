"""Document 001: small regression networks of layer dictionaries that are updated while the error passes back."""

from reference_impls.document_001.claims import CLAIMS
from reference_impls.document_001.figures import FIGURES
from reference_impls.document_001.trainings import TRAININGS
from reference_impls.document_001.variants import VARIANTS

__all__ = ["CLAIMS", "FIGURES", "TRAININGS", "VARIANTS"]
