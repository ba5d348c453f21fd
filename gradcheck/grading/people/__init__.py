"""The people's side of a class: whose submission it is, which attempt counts, lateness, overrides, pseudonyms."""
