"""Makes the name of a lane of what an action's `lane` came to."""

from __future__ import annotations

from hashlib import sha256

LONGEST = 200  #: characters of a name that stays as it is
_KEPT = 160


def lane_name(text: str) -> str:
    """Return the name: the text itself, or where it is too long or cannot be shown, its beginning and its hash."""
    if len(text) <= LONGEST and text.isprintable():
        return text
    shown = "".join(character if character.isprintable() else "?" for character in text[:_KEPT])
    return f"{shown}~{sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"
