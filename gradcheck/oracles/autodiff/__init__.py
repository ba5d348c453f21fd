"""Automatic differentiation of the user's own forward code; heavy parts are imported when first used."""

from gradcheck.oracles.autodiff.gradient import true_gradient

__all__ = ["true_gradient"]
