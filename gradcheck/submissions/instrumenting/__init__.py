"""Rewrites a submission so that its training can be stopped, and its values seen."""
