"""Checks: probes, verdicts, localisation, order tests, adequacy, side effects."""

from gradcheck.checks.check import assert_gradients, check
from gradcheck.checks.config import CheckConfig

__all__ = ["CheckConfig", "assert_gradients", "check"]
