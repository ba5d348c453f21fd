"""Document 002: a class that learns XOR with a squared error, half its gradient, and what its text would add."""

from reference_impls.document_002.claims import CLAIMS
from reference_impls.document_002.figures import FIGURES
from reference_impls.document_002.trainings import TRAININGS
from reference_impls.document_002.variants import VARIANTS

__all__ = ["CLAIMS", "FIGURES", "TRAININGS", "VARIANTS"]
