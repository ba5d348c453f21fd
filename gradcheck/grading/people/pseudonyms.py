"""Names under which students are graded without being known."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable

__all__ = ["new_secret", "pseudonyms"]

LENGTH = 6


def new_secret() -> str:
    """Drawn once for a class, and kept in its gradebook: without it nobody tells who is who by trying all names."""
    return secrets.token_hex(16)


def pseudonyms(students: Iterable[str], secret: str) -> dict[str, str]:
    """A short name for each, the same in every run of one class.

    Parameters
    ----------
    students : iterable of str
        Ids.
    secret : str

    Notes
    -----
    HMAC-SHA-256 of the id in base 32, as many letters as keep all of the class apart.
    """
    codes = {}
    for student in students:
        code = hmac.new(secret.encode(), student.encode("utf-8", "surrogatepass"), hashlib.sha256).digest()
        codes[student] = base64.b32encode(code).decode()
    length = LENGTH
    while len({code[:length] for code in codes.values()}) < len(codes):
        length += 1
    return {student: f"student-{code[:length]}" for student, code in codes.items()}
