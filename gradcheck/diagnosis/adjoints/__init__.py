"""Lines of a backward pass held against the true adjoints."""
