"""Checks of HIPS autograd: primitives with ``defvjp`` and ``defjvp``, and any function of arrays."""

from gradcheck.integrations.autograd.checks import check_function, check_second_order

__all__ = ["check_function", "check_second_order"]
