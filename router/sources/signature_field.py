"""The header of a signature: one value behind a prefix, or a list of items such as `t=1,v1=ab,v1=cd`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from router.model import RawRequest
from router.sources.coding import decode, encode
from router.sources.scheme import only, refuse

MOST_SIGNATURES = 20
"""So many signatures of one request are tried; senders give two while they change a key."""


@dataclass(frozen=True, slots=True)
class Items:
    """How items are told apart, what stands between name and value of one, and the name of a signature's."""

    separator: str
    equals: str
    signature: str


@dataclass(frozen=True, slots=True)
class SignatureField:
    """Where signatures stand: in the first of `headers` that a request has, written in `encoding`."""

    headers: tuple[str, ...]
    prefix: str
    encoding: str
    items: Items | None = None

    def name(self, request: RawRequest) -> str:
        """Return the header by which this request is judged."""
        return next((name for name in self.headers if request.all_of(name)), self.headers[0])

    def read(self, request: RawRequest) -> tuple[list[bytes], dict[str, str]]:
        """Return every signature, and the other items by name, '' where one stands twice; raise Rejected."""
        name = self.name(request)
        value = only(request, name)
        if self.items is None:
            if not value.startswith(self.prefix):
                raise refuse(f"the header `{name}` does not begin with `{self.prefix}`")
            return [self._decode(name, value[len(self.prefix) :])], {}
        found: list[bytes] = []
        others: dict[str, str] = {}
        for item in value.split(self.items.separator):
            key, equals, text = item.strip().partition(self.items.equals)
            if not (key and equals and text):
                raise refuse(f"the header `{name}` is not a list of `name{self.items.equals}value`")
            if key == self.items.signature:
                found.append(self._decode(name, text))
            else:
                others[key] = "" if key in others else text
        if not found:
            raise refuse(f"the header `{name}` holds no item `{self.items.signature}`")
        if len(found) > MOST_SIGNATURES:
            raise refuse(f"the header `{name}` holds more than {MOST_SIGNATURES} signatures")
        return found, others

    def write(self, signature: bytes, others: Mapping[str, str]) -> dict[str, str]:
        """Return the header; ValueError where an item cannot stand in it."""
        text = encode(signature, self.encoding)
        if self.items is None:
            return {self.headers[0]: self.prefix + text}
        for value in others.values():
            if not value or self.items.separator in value or value != value.strip():
                raise ValueError(f"a value cannot stand in the items of `{self.headers[0]}`")
        pairs = [*others.items(), (self.items.signature, text)]
        joined = self.items.separator.join(f"{key}{self.items.equals}{value}" for key, value in pairs)
        return {self.headers[0]: joined}

    def _decode(self, name: str, text: str) -> bytes:
        try:
            return decode(text, self.encoding)
        except ValueError:
            raise refuse(f"the signature in `{name}` is not {self.encoding}") from None
