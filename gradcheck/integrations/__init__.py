"""Where gradcheck meets other people's tools; each of them is optional and imported by its own folder alone."""
