"""What can be asked of a submission, however it is driven."""
