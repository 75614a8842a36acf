"""Secrets that were written into a file as they are, and not as `${...}`: taken out before the text is kept."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from hashlib import sha256

from router.config.fingerprint import fingerprint

SHORTEST = 6  #: shorter ones are words as likely as not, and would be taken out of names
LITERAL = "literal:"  #: begins the names of their fingerprints
_KEPT = re.compile(r"https?://[^/?#]*|whsec_|re_|xox[a-z]-|xapp-|[a-z]{2}_(?:live|test)_|")
_WORD = re.compile(r"\w")
_LETTERS = "abcdef234567"  # of hexadecimal and of base64


def without_literals(texts: Mapping[str, str], secrets: Iterable[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return the texts with other values of the same form for secrets, and the fingerprints of what was taken out.

    The texts can be compiled as before, and everything stands where it stood: letters and digits are replaced by
    others, but for the prefix of a vendor and the host of an address. Of the secret its length is told, and where
    it has other signs. It is found where it stands as a word of its own, in comments too; one that is shorter than
    SHORTEST, or written with escapes, is not.
    """
    found = dict(texts)
    taken: dict[str, str] = {}
    for secret in sorted(_worth(secrets), key=lambda secret: (-len(secret), secret)):
        other = _alike(secret, len(taken) + 1)
        replaced = {name: _replaced(text, secret, other) for name, text in found.items()}
        if replaced != found:
            taken[f"{LITERAL}{len(taken) + 1}"] = fingerprint("literal", secret)
            found = replaced
    return found, taken


def _replaced(text: str, secret: str, other: str) -> str:
    """Replace a secret wherever it is a word of its own."""
    parts: list[str] = []
    here = start = 0
    while (start := text.find(secret, start)) >= 0:  # far faster than a pattern that looks behind first
        end = start + len(secret)
        if _WORD.match(text, end) or (start and _WORD.match(text, start - 1)):
            start += 1
            continue
        parts += text[here:start], other
        here = start = end
    return "".join([*parts, text[here:]]) if parts else text


def _worth(secrets: Iterable[str]) -> set[str]:
    """Return what is to be looked for: of a database's address its password only, which is among them."""
    return {
        secret
        for secret in secrets
        if len(secret) >= SHORTEST and ("://" not in secret or secret.startswith(("http://", "https://")))
    }


def _alike(secret: str, number: int) -> str:
    """Return another text of the same length and form, made of its number alone."""
    kept = _KEPT.match(secret)
    prefix = kept[0] if kept else ""
    rest = secret[len(prefix) :]
    stream = b"".join(sha256(f"router literal {number} {n}".encode()).digest() for n in range(len(rest) // 32 + 1))
    made = (_LETTERS[byte % 12] if one.isalnum() else one for one, byte in zip(rest, stream, strict=False))
    return prefix + "".join(made)
