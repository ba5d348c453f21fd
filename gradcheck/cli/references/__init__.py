"""``gradcheck references``: the networks of the documents, joined by entry point and never imported by name."""

from __future__ import annotations

from gradcheck.cli.references.group import ROWS, references

__all__ = ["ROWS", "references"]
