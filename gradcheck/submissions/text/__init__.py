"""What the text of a submission says: read from files, notebooks and packages, never run."""
