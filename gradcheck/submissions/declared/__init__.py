"""A submission driven as its assignment declares: by the calls that it names."""
