"""Values for variables that are not set, for `dev` and `send`: no account is needed to see the router work."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256

_SECRET = frozenset({"secret", "key", "token", "password", "pw", "pass"})
_HOST = frozenset({"host", "hostname", "domain"})


def names_secret(name: str) -> bool:
    """Tell whether a variable's name says that it holds a secret."""
    return not _SECRET.isdisjoint(name.lower().split("_"))


def telling(name: str, key: str, text: str) -> str:
    """Return a variable's name, followed by the form that its place asks for where the place tells one.

    `key` is that of the setting, and `text` its whole value: for `webhook_url: ${HOOK}` an address is made up, for
    `https://${TENANT}.acme.dev` the name of a host.
    """
    parts = name.lower().split("_")
    whole = text == f"${{{name}}}"
    if whole and (key == "url" or key.endswith("_url")):
        return f"{name}_{'DATABASE' if key == 'url' else 'URL'}"
    if key == "from" and "email" not in parts:
        return f"{name}_EMAIL"
    if not whole and "://" in text and parts[-1] not in (*_SECRET, *_HOST, "port"):
        return f"{name}_HOST"
    return name


def made_up(name: str) -> str:
    """Return a value made from the variable's name alone, so that every process makes the same one.

    A database's address is a SQLite file, another address and a host are under `.example`, which never
    resolves (RFC 2606), an address of mail is under example.com; the rest are secrets as Svix writes them.
    """
    words = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "value"
    parts = set(words.split("-"))
    last = words.rpartition("-")[2]
    digest = sha256(b"router made up " + name.encode("utf-8", "replace")).digest()
    if last in _SECRET:
        return "whsec_" + b64encode(digest).decode("ascii")
    if last == "port":
        return "8080"
    if last in _HOST:
        return f"{words[:50].strip('-')}.example"
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
