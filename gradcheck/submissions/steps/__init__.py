"""One captured step of a training: where it keeps its numbers, what it changes, and at which rate."""
