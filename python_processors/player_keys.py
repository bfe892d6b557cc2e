"""player_lookup of a name, in Python: as macros/identity/player_key.sql has it in SQL, and a test holds it to that."""

from __future__ import annotations

import re
import unicodedata

_SPELLED_OUT = {"đ": "d", "ø": "o", "ł": "l", "ß": "ss", "æ": "ae", "œ": "oe", "\u0131": "i", "ð": "d", "þ": "th"}
_LETTERS = str.maketrans(_SPELLED_OUT)


def player_key(name: str) -> str:
    """Lower case, diacritics folded, only [a-z0-9], suffix kept."""
    letters = unicodedata.normalize("NFD", name.lower().translate(_LETTERS))
    return re.sub("[^a-z0-9]", "", letters)
