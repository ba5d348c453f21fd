"""Bugs get their names: from edits that cure, and from numbers."""
