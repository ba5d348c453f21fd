"""Where an installed package came from, as pip has noted it."""

from __future__ import annotations

import json
from importlib import metadata

__all__ = ["requirement_of"]


def requirement_of(name: str) -> str:
    """What pip is told to install to have the same package on another machine.

    Parameters
    ----------
    name : str
        Of a distribution.

    Returns
    -------
    str
        The repository and commit that it was installed from; the name alone where it came from an index, or from a
        place of this machine, which no other has.

    References
    ----------
    PyPA, "Recording the Direct URL Origin of installed distributions" (PEP 610).

    Examples
    --------
    >>> requirement_of("numpy")
    'numpy'
    """
    try:
        noted = json.loads(metadata.distribution(name).read_text("direct_url.json") or "{}")
        address, commit, system = noted["url"], noted["vcs_info"]["commit_id"], noted["vcs_info"]["vcs"]
    except (metadata.PackageNotFoundError, ValueError, LookupError, TypeError):
        return name
    elsewhere = isinstance(address, str) and not address.startswith("file:")
    return f"{name} @ {system}+{address}@{commit}" if elsewhere else name
