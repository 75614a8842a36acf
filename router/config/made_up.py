"""Values for variables that are not set, for `dev` and `send`: no account is needed to see the router work."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256


def made_up(name: str) -> str:
    """Return a value made from the variable's name alone, so that every process makes the same one.

    A database's address is a SQLite file, another address is under `.example`, which never resolves
    (RFC 2606), an address of mail is under example.com; the rest are secrets as Svix writes them.
    """
    words = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "value"
    parts = set(words.split("-"))
    digest = sha256(b"router made up " + name.encode("utf-8", "replace")).digest()
    if parts & {"database", "dsn"}:
        return "sqlite:///app.db"
    if "url" in parts or words.endswith("url"):
        return f"https://{words[:50].strip('-')}.example/{digest.hex()[:16]}"
    if "email" in parts:
        return f"{words[:50].strip('-')}@example.com"
    return "whsec_" + b64encode(digest).decode("ascii")


def made_up_journal(name: str) -> str:
    """Return an address for a journal that nobody opens."""
    return "sqlite:///router.db"
