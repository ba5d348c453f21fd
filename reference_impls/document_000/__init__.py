"""Document 000: a 2-4-1 classifier of two blobs, ReLU and sigmoid, binary cross-entropy with a small epsilon."""

from reference_impls.document_000.claims import CLAIMS
from reference_impls.document_000.figures import FIGURES
from reference_impls.document_000.trainings import TRAININGS
from reference_impls.document_000.variants import VARIANTS

__all__ = ["CLAIMS", "FIGURES", "TRAININGS", "VARIANTS"]
