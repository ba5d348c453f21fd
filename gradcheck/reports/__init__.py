"""Reports: records drawn for a terminal, a notebook or a program. Nothing is computed here."""
