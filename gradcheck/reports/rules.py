"""What can fail, explained from the catalogue: the rules of formats that carry their own explanations."""

from __future__ import annotations

from dataclasses import dataclass

from gradcheck.diagnosis.catalogue import CATALOGUE, Bug
from gradcheck.diagnosis.catalogue.textbook import in_textbook_names
from gradcheck.gate import RULES
from gradcheck.language import mark, tr
from gradcheck.reports.diagnosis_words import as_heading
from gradcheck.reports.markdown import fenced, prose

__all__ = ["Rule", "rule_of"]

UNEXPLAINED = mark("This version's catalogue does not explain it.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """An id, and what is to be known of it.

    Attributes
    ----------
    id, title : str
    what : str
        One or two sentences.
    text, markdown : str
        All that the catalogue says.
    """

    id: str
    title: str
    what: str
    text: str
    markdown: str


def rule_of(identifier: str) -> Rule:
    """The rule of an id; one that nobody has explained says so.

    Examples
    --------
    >>> rule_of("sign-flip").title
    'A wrong sign in every block'
    >>> rule_of("wrong-gradient").title
    'A wrong gradient'
    """
    if identifier in CATALOGUE:
        return _of_bug(CATALOGUE[identifier])
    title, what = RULES.get(identifier, (identifier.replace("-", " "), UNEXPLAINED))
    title, what = tr(title), tr(what)
    return Rule(id=identifier, title=as_heading(title), what=what, text=what, markdown=prose(what))


def _of_bug(bug: Bug) -> Rule:
    def said(name: str) -> str:
        return in_textbook_names(getattr(bug, name))

    title, what = as_heading(tr(bug.title)), said("what")
    rows = (
        (tr("Why"), "why"), (tr("Usual cause"), "cause"), (tr("In the numbers"), "signature"),
        (tr("Told apart by"), "told_apart"),
    )  # fmt: skip
    told = [(heading, said(name)) for heading, name in rows if getattr(bug, name)]
    wrong, right = tr("wrong"), tr("right")
    formulas = f"{wrong}  {said('formula_wrong')}\n{right}  {said('formula_right')}" if bug.formula_right else ""
    more = f"gradcheck bugs show {bug.id}"
    text = [what, formulas, *(tr("{heading}: {text}", heading=heading, text=sentence) for heading, sentence in told)]
    text.append(tr("More: {command}", command=more))
    markdown = [
        f"**{prose(title)}**",
        prose(what),
        fenced(formulas) if formulas else "",
        "\n".join(
            "- " + tr("{heading}: {text}", heading=f"**{heading}**", text=prose(sentence)) for heading, sentence in told
        ),
        tr("More: {command}", command=f"`{more}`"),
    ]
    return Rule(
        id=bug.id, title=title, what=what, text="\n\n".join(filter(None, text)),
        markdown="\n\n".join(filter(None, markdown)),
    )  # fmt: skip
