"""Checks of backward functions written for any library of the array API standard."""

from gradcheck.integrations.array_api.checks import check_function

__all__ = ["check_function"]
