"""Takes known secrets out of texts before they are logged, stored or shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, SecretBytes, SecretStr

_SHORTEST = 6  # shorter ones would blacken ordinary words


class Redactor:
    """Replaces every known secret in a text by `***`; the longest first, so that no part of one is left."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets = sorted({s for s in secrets if len(s) >= _SHORTEST}, key=len, reverse=True)

    def text(self, text: str) -> str:
        """Return the text without secrets."""
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
