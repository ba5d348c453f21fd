"""A class of synthetic submissions, graded in one run: ``python -m benchmarks grading``."""
