"""A library that an integration needs, or a sentence that says how to get it."""

from __future__ import annotations

import importlib
from typing import Any

from gradcheck.errors import GradcheckError

__all__ = ["MissingLibraryError", "require"]


class MissingLibraryError(GradcheckError, ImportError):
    """A library that is not a dependency of gradcheck itself, and is not installed."""


def require(library: str, extra: str) -> Any:
    """The library, imported when it is first used.

    Parameters
    ----------
    library : str
        Name of the module.
    extra : str
        The extra of gradcheck that installs it.

    Raises
    ------
    MissingLibraryError
        If it cannot be imported.
    """
    try:
        return importlib.import_module(library)
    except ImportError as error:
        raise MissingLibraryError(
            f"{library} cannot be imported ({error}). Install it: pip install 'gradcheck[{extra}]'"
        ) from error
