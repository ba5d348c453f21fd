"""Sphinx: Markdown pages, the furo theme, API pages from the docstrings. Built with warnings as errors."""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path

from sphinx.application import Sphinx

from reference_impls import catalogue

sys.path.insert(0, str(Path(__file__).parent))  # what writes pages lies beside this file

import assignment_page
import bug_pages
import command_pages
import difference_figures
import rooms_figure
import schema_pages
from page_tables import markdown_table

project = "gradcheck"
author = "The gradcheck developers"
project_copyright = "The gradcheck developers"
release = version = metadata.version("gradcheck")

extensions = ["myst_parser", "numpydoc", "sphinx.ext.autodoc", "mathml"]
html_math_renderer = "mathml"
html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["gradcheck.css"]
html_title = f"gradcheck {release}"
exclude_patterns = ["_build", "_generated"]
smartquotes = False  # they make one dash of the two of `--format`

myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_default_options = {"exclude-members": "__new__, __init__"}
numpydoc_show_class_members = False  # autodoc lists them; numpydoc would list them again


def _write_catalogue(_app: Sphinx) -> None:
    """Draw the tables of networks and claims from the catalogue itself, so that they cannot go stale."""
    found = catalogue()
    folder = Path(__file__).parent / "_generated"
    folder.mkdir(exist_ok=True)
    variants = [
        [f"`{v.id}`", v.title, v.form, v.expected_verdict.upper(), ", ".join(f"`{bug}`" for bug in v.expected_bugs)]
        for v in found.variants
    ]
    claims = [
        [
            f"`{c.id}`",
            c.statement,
            c.place,
            f"{c.metric}: {c.direction} {c.threshold:g}",
            f"{c.rate_required:.0%}",
            c.expectation,
        ]
        for c in found.claims
    ]
    header = ["id", "what it is", "form", "verdict", "bugs"]
    (folder / "variants.md").write_text(markdown_table(header, variants), encoding="utf-8")
    header = ["id", "claim", "where", "a seed succeeds if", "needed", "outcome"]
    (folder / "claims.md").write_text(markdown_table(header, claims), encoding="utf-8")


def _write_pages(_app: Sphinx) -> None:
    """Write what is made from the code: the bugs, the commands, the schemas, the keys of assignment files."""
    for script in (assignment_page, bug_pages, command_pages, difference_figures, rooms_figure, schema_pages):
        script.write(Path(__file__).parent / "_generated")


def setup(app: Sphinx) -> None:
    """Hook into the build."""
    app.connect("builder-inited", _write_pages)
    app.connect("builder-inited", _write_catalogue)
