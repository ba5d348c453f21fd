"""Diagnosis: the bug by name, its line, and a verified patch; a program is seen only through ``program.Program``."""
