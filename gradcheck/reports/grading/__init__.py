"""A graded class for its readers: sheets, tables, formats of autograders, the class page. Renders, measures nothing."""
