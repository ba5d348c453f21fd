"""From what a submission defines or runs to the networks that are checked."""
