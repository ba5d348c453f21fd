"""What bugs would give the gradient that was seen: a search from the output layer back."""
