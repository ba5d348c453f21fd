"""The pages on the bugs, one a family, written from the catalogue itself so that they cannot go stale.

``docs/reference/bugs*.md`` include what this writes to ``docs/_generated``.
"""

from __future__ import annotations

import difflib
from pathlib import Path

from bug_figures import gradient_figure, training_figure

from gradcheck.diagnosis.catalogue import CATALOGUE, CONVENTIONS, Bug, Family
from gradcheck.diagnosis.catalogue.textbook import in_textbook_names

__all__ = ["pages", "write"]


def write(folder: Path) -> None:
    """Write all pages to a folder."""
    folder.mkdir(exist_ok=True, parents=True)
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")


def pages() -> dict[str, str]:
    """The pages' texts by file name: one a family, and the list of all."""
    families = {f"bugs-{family.name.lower()}.md": _family_page(family) for family in Family}
    return {"bugs.md": _index(), **families}


def _index() -> str:
    lines = []
    for family in Family:
        lines += [f"## {family.value}", "", "| id | what it is |", "|---|---|"]
        lines += [f"| [`{bug.id}`](#{bug.id}) | {bug.title} |" for bug in _of(family)]
        lines.append("")
    lines += ["## Looks like a bug, and is right", ""]
    for each in CONVENTIONS:
        taken = ", ".join(f"`{bug}`" for bug in each.looks_like)
        lines += [f"- **{each.what}** {each.why} Taken for {taken}."]
    return "\n".join(lines) + "\n"


def _of(family: Family) -> list[Bug]:
    return [bug for bug in CATALOGUE.values() if bug.family is family]


def _family_page(family: Family) -> str:
    bugs = _of(family)
    draw = training_figure if family is Family.ELSEWHERE else gradient_figure
    figure = draw(bugs, family.value)
    drawn = ["```{raw} html", figure.rstrip(), "```", ""] if figure else []
    return "\n".join([*drawn, *("\n".join(_bug(bug)) for bug in bugs)])


def _bug(bug: Bug) -> list[str]:
    said = {
        name: in_textbook_names(getattr(bug, name)) for name in ("cause", "signature", "told_apart", "what", "why")
    }  # fmt: skip
    lines = [f"({bug.id})=", f"## {bug.title[0].upper()}{bug.title[1:]}", "", f"`{bug.id}`", ""]
    lines += [_prose(said["what"]), "", _prose(said["why"]), ""]
    if bug.formula_right:
        wrong, right = in_textbook_names(bug.formula_wrong), in_textbook_names(bug.formula_right)
        lines += ["```text", f"wrong  {wrong}", f"right  {right}", "```", ""]
    rows = (("Usual cause", "cause"), ("In the numbers", "signature"), ("Told apart by", "told_apart"))
    lines += [f"- **{heading}**: {_prose(said[key])}" for heading, key in rows if said[key]]
    if bug.constants:
        lines.append(f"- **Ratio to the true gradient**: {', '.join(constant.formula for constant in bug.constants)}")
    for heading, ids in (("Not told from outside from", bug.same_as), ("Accepted for it", bug.overlaps)):
        if ids:
            lines.append(f"- **{heading}**: {', '.join(f'`{other}`' for other in ids)}")
    return [*lines, "", *_example(bug)]


def _prose(sentence: str) -> str:
    """A sentence with what Markdown would take for emphasis or markup escaped."""
    for character in r"\*_<>|[]$`":
        sentence = sentence.replace(character, f"\\{character}")
    return sentence


def _example(bug: Bug) -> list[str]:
    """The lines that change, and the whole right program."""
    if bug.example is None:
        return []
    wrong, right = bug.example.wrong.splitlines(), bug.example.right.splitlines()
    changed = [line.rstrip() for line in difflib.ndiff(wrong, right) if line[:2] in {"- ", "+ "} and line[2:].strip()]
    return ["```diff", *changed, "```", ""]


if __name__ == "__main__":
    write(Path(__file__).parent / "_generated")
