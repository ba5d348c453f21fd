"""Names of files made of keys that anybody may have chosen: safe on every system, unique, the same in every run."""

from __future__ import annotations

import hashlib
import re
import unicodedata

__all__ = ["file_name"]

# What every file system takes as it is, and tells apart whatever it makes of capitals.
SAFE = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}(?<![.])")
# Devices on Windows, whatever comes after a dot.
RESERVED = frozenset(
    {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(10))}
)
LONGEST = 48
DIGITS = 12  # 48 bits of SHA-256: in a class of 10,000 two are alike with a probability of 2e-7


def file_name(key: str) -> str:
    """A name for the files that belong to a key.

    Parameters
    ----------
    key : str
        Of a submission or a student.

    Returns
    -------
    str
        The key itself where it is safe; else what can be read of it, and a hash after ``~``, which no safe key has.

    Examples
    --------
    >>> file_name("ada.py"), file_name("con").partition("~")[0]
    ('ada.py', 'con')
    >>> name = file_name("../../etc/Pass wd")
    >>> name.partition("~")[0], name == file_name("../../etc/Pass wd")
    ('etc-pass-wd', True)
    """
    if SAFE.fullmatch(key) and key.partition(".")[0] not in RESERVED:
        return key
    plain = unicodedata.normalize("NFKD", key).encode("ascii", "ignore").decode("ascii").lower()
    slug = re.sub(r"[^a-z0-9.]+", "-", plain).strip("-.")[:LONGEST].strip("-.")
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:DIGITS]
    return f"{slug or 'x'}~{digest}"
