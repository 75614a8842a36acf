"""Takes known secrets out of texts before they are logged, stored or shown."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, quote_plus, unquote, urlsplit

from pydantic import BaseModel, SecretBytes, SecretStr

_SHORTEST = 6  # shorter ones would blacken ordinary words


class Redactor:
    """Replaces every known secret in a text by `***`; the longest first, so that no part of one is left.

    Servers quote what they got in forms of their own: those of addresses, JSON and base64 are known, too.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = {form for secret in secrets if len(secret) >= _SHORTEST for form in _forms(secret)}
        self._secrets = sorted((form for form in known if len(form) >= _SHORTEST), key=len, reverse=True)
        self._shortest = len(self._secrets[-1]) if self._secrets else 0

    def sparing(self, texts: Iterable[str]) -> Redactor:
        """Return one that hides the same, but for these texts: who sees them anyway need not guess."""
        spared = {form for text in texts for form in _forms(text)}
        other = Redactor()
        other._secrets = [secret for secret in self._secrets if secret not in spared]
        other._shortest = len(other._secrets[-1]) if other._secrets else 0
        return other

    def text(self, text: str) -> str:
        """Return the text without secrets."""
        if len(text) < self._shortest:
            return text
        for secret in self._secrets:
            if secret in text:
                text = text.replace(secret, "***")
        return text

    def tree(self, value: Any) -> Any:
        """Return a copy of a tree of plain values, its texts (keys too) without secrets."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.text(str(key)): self.tree(inner) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self.tree(inner) for inner in value]
        return value


def secrets_in(value: Any) -> set[str]:
    """Return every secret of a model or tree, and what an error might show of one: an address's password, path."""
    found: set[str] = set()
    for secret in _secrets(value):
        found.add(secret)
        try:
            address = urlsplit(secret)
            password = address.password
        except ValueError:
            continue
        if password:
            found |= {password, unquote(password)}
        if address.scheme in ("http", "https") and len(address.path) > 16:
            found.add(address.path)
    return found - {""}


def _forms(secret: str) -> Iterator[str]:
    """Yield the secret, and as it stands in addresses, in JSON, in Python's quotes, and inside base64."""
    yield secret
    raw = secret.encode("utf-8", "surrogatepass")
    for percent in (quote(raw, safe=""), quote(raw, safe="/"), quote_plus(raw)):
        yield percent
        yield re.sub("%..", lambda found: found[0].lower(), percent)
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield repr(secret)[1:-1]
    for before in range(3):  # where it begins in a group of three bytes; its neighbours share the first character
        first, last = (before * 8 + 5) // 6, (before + len(raw)) * 8 // 6
        encoded = base64.b64encode(bytes(before) + raw).decode()[first:last]
        yield encoded
        yield encoded.translate(_URL_SAFE)


_URL_SAFE = str.maketrans("+/", "-_")


def _secrets(value: Any) -> Iterator[str]:
    if isinstance(value, SecretStr):
        yield value.get_secret_value()
    elif isinstance(value, SecretBytes):
        yield value.get_secret_value().decode("utf-8", "replace")
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _secrets(getattr(value, name))
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _secrets(inner)
    elif isinstance(value, list | tuple | set | frozenset):
        for inner in value:
            yield from _secrets(inner)
