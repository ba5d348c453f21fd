"""Grade the grader: an assignment against right programs and programs with every bug, before anybody sees it."""
