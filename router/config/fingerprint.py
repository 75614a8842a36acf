"""Enough of a value to tell that it is another one today, and too little to learn it."""

from __future__ import annotations

from hashlib import sha256

DIGITS = 4  #: hexadecimal ones: 16 bits


def fingerprint(name: str, value: str) -> str:
    """Return 16 bits of a salted SHA-256 of the value that stands behind a name; '' for an empty value.

    Another value has another fingerprint, but for one in 65,536. Who reads them learns 16 bits of a secret at
    most: of a random one (128 bits and more) that is nothing, and a guess that fits is still one of very many
    that fit, so that no guess can be confirmed. The name is the salt: equal values behind two names do not look
    equal. There is no fresh salt for each configuration, because every salt would give away another 16 bits of the
    same value, and eight of them would confirm a guess; nor one for each journal, because replicas and restarts
    with the same files and values are to have the same digest.
    """
    if not value:
        return ""
    told = f"router fingerprint\0{name}\0{value}".encode("utf-8", "surrogatepass")
    return sha256(told).hexdigest()[:DIGITS]
