"""The language that people are spoken to in: English, or a translation of it by gettext catalogues.

Messages are written in English where they are made, as templates: ``tr("{block} is off by {ratio}", block=name)``.
Each room's are translated in a catalogue of its own, ``locale/LANGUAGE/LC_MESSAGES/ROOM.po``, which
``python docs/messages.py`` keeps up to date. Ids, keys, verdicts and numbers are the same in every language.
"""

from gradcheck.language.choosing import ENVIRONMENT, LANGUAGES, current, language_of, system_language, use, using
from gradcheck.language.joining import clauses, listed, phrases, sentence
from gradcheck.language.messages import mark, mark_plural, prepare, tr, trn

__all__ = [
    "ENVIRONMENT",
    "LANGUAGES",
    "clauses",
    "current",
    "language_of",
    "listed",
    "mark",
    "mark_plural",
    "phrases",
    "prepare",
    "sentence",
    "system_language",
    "tr",
    "trn",
    "use",
    "using",
]
