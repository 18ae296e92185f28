"""Languages in which people are told what a plan means for them."""

from __future__ import annotations

from v2g.handover.languages.english import ENGLISH
from v2g.handover.languages.japanese import JAPANESE
from v2g.handover.languages.language import Language

LANGUAGES: dict[str, Language] = {language.code: language for language in (ENGLISH, JAPANESE)}
"""Languages by their ISO 639-1 code."""
