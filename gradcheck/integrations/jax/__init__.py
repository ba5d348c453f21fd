"""Checks of JAX code: ``custom_vjp``, ``custom_jvp``, and any function of arrays and pytrees."""

from gradcheck.integrations.jax.checks import check_function, check_second_order

__all__ = ["check_function", "check_second_order"]
