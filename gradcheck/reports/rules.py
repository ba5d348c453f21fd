"""What can fail, explained from the catalogue: the rules of formats that carry their own explanations."""

from __future__ import annotations

from dataclasses import dataclass

from gradcheck.diagnosis.catalogue import CATALOGUE, Bug
from gradcheck.diagnosis.catalogue.textbook import in_textbook_names
from gradcheck.gate import RULES
from gradcheck.reports.diagnosis_words import as_heading
from gradcheck.reports.markdown import fenced, prose

__all__ = ["Rule", "rule_of"]


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
    title, what = RULES.get(identifier, (identifier.replace("-", " "), "This version's catalogue does not explain it."))
    return Rule(id=identifier, title=as_heading(title), what=what, text=what, markdown=prose(what))


def _of_bug(bug: Bug) -> Rule:
    def said(name: str) -> str:
        return in_textbook_names(getattr(bug, name))

    title, what = as_heading(bug.title), said("what")
    rows = (("Why", "why"), ("Usual cause", "cause"), ("In the numbers", "signature"), ("Told apart by", "told_apart"))
    told = [(heading, said(name)) for heading, name in rows if getattr(bug, name)]
    formulas = f"wrong  {said('formula_wrong')}\nright  {said('formula_right')}" if bug.formula_right else ""
    more = f"gradcheck bugs show {bug.id}"
    text = [what, formulas, *(f"{heading}: {sentence}" for heading, sentence in told), f"More: {more}"]
    markdown = [
        f"**{prose(title)}**",
        prose(what),
        fenced(formulas) if formulas else "",
        "\n".join(f"- **{heading}**: {prose(sentence)}" for heading, sentence in told),
        f"More: `{more}`",
    ]
    return Rule(
        id=bug.id, title=title, what=what, text="\n\n".join(filter(None, text)),
        markdown="\n\n".join(filter(None, markdown)),
    )  # fmt: skip
