"""The pages on the bugs, one a bug and one a family, written from the catalogue itself so that they cannot go stale.

``docs/reference/bugs*.md`` include what this writes to ``docs/_generated``; each bug's own page is written to
``docs/reference/bugs``.
"""

from __future__ import annotations

import difflib
from pathlib import Path

from bug_figures import check_figure, gradient_figure, training_figure
from page_tables import markdown_table

from gradcheck.diagnosis.catalogue import CATALOGUE, CONVENTIONS, Bug, Family
from gradcheck.diagnosis.catalogue.textbook import in_textbook_names

__all__ = ["bug_pages", "pages", "write"]


def write(folder: Path) -> None:
    """Write the lists to a folder, and the bugs' own pages to ``reference/bugs`` beside it."""
    own = folder.parent / "reference" / "bugs"
    for place, texts in ((folder, pages()), (own, bug_pages())):
        place.mkdir(exist_ok=True, parents=True)
        for name, text in texts.items():
            file = place / name
            if not file.exists() or file.read_text(encoding="utf-8") != text:  # else Sphinx would read it again
                file.write_text(text, encoding="utf-8")
    for file in own.iterdir():
        if file.stem not in CATALOGUE:
            file.unlink()


def pages() -> dict[str, str]:
    """The lists by file name: one a family, that of all, and what is alike among them."""
    families = {f"bugs-{family.name.lower()}.md": _family_page(family) for family in Family}
    return {"bugs.md": _index(), "bugs-constants.md": _constants(), "bugs-same.md": _same(), **families}


def bug_pages() -> dict[str, str]:
    """Each bug's own page, by file name."""
    return {f"{bug.id}.md": "\n".join(_bug(bug)) + "\n" for bug in CATALOGUE.values()}


def _index() -> str:
    lines = []
    for family in Family:
        lines += [f"## {family.value}", "", "| id | what it is |", "|---|---|"]
        lines += [f"| [`{bug.id}`](bugs/{bug.id}.md) | {bug.title} |" for bug in _of(family)]
        lines.append("")
    lines += ["## Looks like a bug, and is right", ""]
    for each in CONVENTIONS:
        taken = ", ".join(f"`{bug}`" for bug in each.looks_like)
        lines += [f"- **{each.what}** {each.why} Taken for {taken}."]
    return "\n".join(lines) + "\n"


def _constants() -> str:
    """Ratios to the true gradient, each with the bugs that give it."""
    found: dict[str, list[str]] = {}
    for bug in CATALOGUE.values():
        for constant in bug.constants:
            found.setdefault(constant.formula, []).append(_linked(bug.id))
    return markdown_table(
        ["claimed over true", "can be"], [[f"`{formula}`", ", ".join(ids)] for formula, ids in found.items()]
    )


def _same() -> str:
    """Bugs that nothing from outside tells apart, each group once."""
    groups = {tuple(sorted((bug.id, *bug.same_as))) for bug in CATALOGUE.values() if bug.same_as}
    return "".join(f"- {' and '.join(map(_linked, group))}\n" for group in sorted(groups))


def _linked(bug: str) -> str:
    return f"[`{bug}`](../reference/bugs/{bug}.md)"


def _of(family: Family) -> list[Bug]:
    return [bug for bug in CATALOGUE.values() if bug.family is family]


def _family_page(family: Family) -> str:
    bugs = _of(family)
    draw = training_figure if family is Family.ELSEWHERE else gradient_figure
    figure = draw(bugs, family.value)
    names = [f"bugs/{bug.id}" for bug in bugs]
    return "\n".join([*_drawn(figure), "```{toctree}", ":maxdepth: 1", "", *names, "```", ""])


def _drawn(figure: str) -> list[str]:
    return ["```{raw} html", figure.rstrip(), "```", ""] if figure else []


def _figure(bug: Bug) -> str:
    if bug.family is Family.ELSEWHERE:
        return training_figure([bug], bug.id)
    return gradient_figure([bug], bug.id) or check_figure(bug)


def _bug(bug: Bug) -> list[str]:
    said = {
        name: in_textbook_names(getattr(bug, name)) for name in ("cause", "signature", "told_apart", "what", "why")
    }  # fmt: skip
    lines = [f"# {bug.title[0].upper()}{bug.title[1:]}", "", f"`{bug.id}`", ""]
    lines += [_prose(said["what"]), "", _prose(said["why"]), ""]
    if bug.formula_right:
        wrong, right = in_textbook_names(bug.formula_wrong), in_textbook_names(bug.formula_right)
        lines += ["```text", f"wrong  {wrong}", f"right  {right}", "```", ""]
    lines += _drawn(_figure(bug))
    rows = (("Usual cause", "cause"), ("In the numbers", "signature"), ("Told apart by", "told_apart"))
    lines += [f"- **{heading}**: {_prose(said[key])}" for heading, key in rows if said[key]]
    if bug.constants:
        lines.append(f"- **Ratio to the true gradient**: {', '.join(constant.formula for constant in bug.constants)}")
    for heading, ids in (("Not told from outside from", bug.same_as), ("Accepted for it", bug.overlaps)):
        if ids:
            lines.append(f"- **{heading}**: {', '.join(f'[`{other}`]({other}.md)' for other in ids)}")
    return [*lines, "", *_example(bug)]


def _prose(sentence: str) -> str:
    """A sentence with what Markdown would take for emphasis or markup escaped."""
    for character in r"\*_<>|[]$`":
        sentence = sentence.replace(character, f"\\{character}")
    return sentence


def _example(bug: Bug) -> list[str]:
    """The lines of the example that change, and the whole of it."""
    wrong, right = bug.example.wrong.splitlines(), bug.example.right.splitlines()
    hunks = difflib.unified_diff(wrong, right, lineterm="", n=1)
    changed = [line.rstrip() for line in hunks if not line.startswith(("---", "+++", "@@"))]
    short = ["## In a program", "", "Wrong and right:", "", "```diff", *changed, "```", ""]
    said = f"All of it, with the mistake; `gradcheck bugs show {bug.id}` prints this page in a terminal:"
    return [*short, said, "", "```python", *wrong, "```"]


if __name__ == "__main__":
    write(Path(__file__).parent / "_generated")
