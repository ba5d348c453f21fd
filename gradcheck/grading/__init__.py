"""Marks: an assignment, what of a submission was measured, the marks that follow, and a class of them kept safe."""
