"""The code behind a problem: run, traced line by line, and changed for a trial."""
