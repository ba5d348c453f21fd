"""The catalogue: the rows of the four documents, joined."""

from reference_impls import document_000, document_001, document_002, document_003
from reference_impls.records import Catalogue

__all__ = ["catalogue"]

DOCUMENTS = (document_000, document_001, document_002, document_003)


def catalogue() -> Catalogue:
    """Return every variant, claim, figure and training of the four documents, in their order.

    Returns
    -------
    Catalogue
        Ids are unique within each of its four lists.

    Examples
    --------
    >>> [variant.id for variant in catalogue().variants if variant.form == "published"][:2]
    ['000-published', '001-published-linear']
    """
    return Catalogue(
        variants=tuple(row for document in DOCUMENTS for row in document.VARIANTS),
        claims=tuple(row for document in DOCUMENTS for row in document.CLAIMS),
        figures=tuple(row for document in DOCUMENTS for row in document.FIGURES),
        trainings=tuple(row for document in DOCUMENTS for row in document.TRAININGS),
    )
