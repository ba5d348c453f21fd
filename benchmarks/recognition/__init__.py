"""How many right programs of many styles are recognised without help, and whether what was recognised is the truth."""
