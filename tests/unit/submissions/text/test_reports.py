"""What a report's expression is spelled out to."""

from __future__ import annotations

import ast

from gradcheck.submissions.text.reports import reports, spelled_out


def test_names_that_a_report_binds_itself_are_left_alone() -> None:
    """``r`` is each step's reward there, and a value of the parameters' somewhere before."""
    tree = ast.parse("r = net(x)\nprint(sum(r for *_, r in steps) + r_mean)\nr_mean = r - 1")

    whole = spelled_out(reports(tree)[0], lambda name: name == "net")

    compile(ast.fix_missing_locations(ast.Expression(whole)), "<shown>", "eval")
    assert ast.unparse(whole).startswith("sum((r for *_, r in steps))")
