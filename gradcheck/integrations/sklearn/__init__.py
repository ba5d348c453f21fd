"""Checks of objectives in the style of scikit-learn: one callable that returns loss and gradient."""

from gradcheck.integrations.sklearn.checks import check_estimator, check_objective

__all__ = ["check_estimator", "check_objective"]
