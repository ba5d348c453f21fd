"""Functions and shapes that the frameworks' own suites check, as tables of cases."""
