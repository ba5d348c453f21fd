"""Back-propagation through any forward pass, as it was recorded: what single slips on the way back would give."""
