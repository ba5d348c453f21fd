"""What is right: the values that a submission's are held against."""
