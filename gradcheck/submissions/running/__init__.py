"""A submission as a running module: with what it is given instead of windows, files, data and libraries."""
