"""Checks: probes, verdicts, localisation, order tests, adequacy, side effects."""

from gradcheck.checks.asserting import assert_gradients
from gradcheck.checks.check import check
from gradcheck.checks.config import CheckConfig

__all__ = ["CheckConfig", "assert_gradients", "check"]
