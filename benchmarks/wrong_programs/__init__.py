"""Wrong and right programs of our own, the proof of what is wrong in each, and what the command line makes of them."""
