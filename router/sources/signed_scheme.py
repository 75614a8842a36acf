"""The schemes `hmac`, `ed25519`, `ecdsa` and `rsa`: a signature in a header over a template of the request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qsl, urlsplit

from router.errors import Rejected
from router.model import RawRequest
from router.sources.body import read_json
from router.sources.freshness import check_freshness, read_timestamp, write_timestamp
from router.sources.locator import Locator
from router.sources.scheme import ProofHeader, as_bytes, number_of, only, refuse
from router.sources.signature_field import SignatureField
from router.sources.signed_text import Parts, named
from router.sources.signing_keys import Keys


@dataclass(frozen=True, slots=True)
class Timestamp:
    """The time that is signed: its unit (`s`, `ms`, `iso`), and the seconds that it may be off, both ways.

    It stands in a header, in an item of the signature's header, or in the body; exactly one is set.
    """

    header: str | None
    unit: str
    tolerance: float
    item: str | None = None
    path: Locator | None = None


@dataclass(frozen=True, slots=True)
class SignedScheme:
    """A signature by one of `keys` over the parts of `signed`.

    `require` are headers that must have these values. `public_url` is the address that the sender posts to,
    as it was registered there: `{url}` is that, and a request has to have its query.
    """

    name: str
    keys: Keys
    signature: SignatureField
    signed: Parts
    timestamp: Timestamp | None = None
    id_header: str | None = None
    public_url: str | None = None
    require: Mapping[str, str] = field(default_factory=dict, repr=False)

    credentials = frozenset[str]()

    @property
    def signable(self) -> bool:
        """Whether its keys can sign."""
        return self.keys.signable

    @property
    def headers(self) -> tuple[str, ...]:
        """The signature, and what is signed beside the body."""
        time = self.timestamp.header if self.timestamp else None
        names = [*self.signature.headers, time, self.id_header, *named(self.signed, "header")]
        return tuple(dict.fromkeys(name.lower() for name in names if name))

    @property
    def tolerance(self) -> float | None:
        """Of the timestamp, in seconds."""
        return self.timestamp.tolerance if self.timestamp else None

    def proof(self, request: RawRequest) -> tuple[ProofHeader, ...]:
        """Return the signature, and what else of the headers is read."""
        found = [ProofHeader("signature", self.signature.name(request), self.signature.prefix)]
        if self.timestamp and self.timestamp.header:
            found.append(ProofHeader("timestamp", self.timestamp.header))
        if self.id_header and "id" in self.signed:
            found.append(ProofHeader("id", self.id_header))
        found += [ProofHeader("signed", name) for name in named(self.signed, "header")]
        return (*found, *(ProofHeader("required", name) for name in self.require))

    def sent_at(self, request: RawRequest) -> datetime | None:
        """Return the time that is signed, wherever it stands."""
        try:
            items = self.signature.read(request)[1] if self.timestamp and self.timestamp.item else {}
            return self._sent(request, items)[1]
        except Rejected:
            return None

    def verify(self, request: RawRequest) -> int | None:
        """Refuse what no key has signed, or is stale; return the number of the key that fits."""
        for name, value in self.require.items():
            if number_of([as_bytes(only(request, name))], [as_bytes(value)]) is None:
                raise refuse(f"the header `{name}` has another value than this source requires")
        signatures, items = self.signature.read(request)
        in_body = self.timestamp is not None and self.timestamp.path is not None
        text, moment = ("", None) if in_body else self._sent(request, items)
        self._check(moment, request)
        values = {"body": request.body, "timestamp": as_bytes(text), "method": as_bytes(request.method)}
        if self.id_header and "id" in self.signed:
            values["id"] = as_bytes(only(request, self.id_header))
        values |= {f"header:{name}": as_bytes(only(request, name)) for name in named(self.signed, "header")}
        for name in named(self.signed, "item"):
            if not items.get(name):
                raise refuse(f"the header `{self.signature.name(request)}` holds no item `{name}`, or several")
            values[f"item:{name}"] = as_bytes(items[name])
        if self.public_url and {"url", "path"} & set(self.signed):
            self._check_query(self.public_url, request)
        number = self.keys.matching(self._content(values), signatures)
        if number is None:
            name = self.signature.name(request)
            raise refuse(f"the signature in `{name}` does not fit: another secret, or a changed body")
        if in_body:
            self._check(self._sent(request, items)[1], request)
        return number

    def message_id(self, request: RawRequest) -> str | None:
        """Return the id where it is signed."""
        return request.header(self.id_header) if self.id_header and "id" in self.signed else None

    def sign(self, message_id: str, at: datetime, body: bytes) -> dict[str, str]:
        """Return the signature header, and every other that the scheme reads.

        What only the sender knows (a nonce in a header or an item) is the message's id.
        """
        headers: dict[str, str] = dict(self.require)
        items: dict[str, str] = {}
        text = write_timestamp(at, self.timestamp.unit) if self.timestamp else ""
        if self.timestamp and self.timestamp.header:
            headers[self.timestamp.header] = text
        if self.timestamp and self.timestamp.item:
            items[self.timestamp.item] = text
        if self.id_header:
            headers[self.id_header] = message_id
        values = {"body": body, "timestamp": as_bytes(text), "method": b"POST", "id": as_bytes(message_id)}
        given = {name.lower(): value for name, value in headers.items()}
        for name in named(self.signed, "header"):
            if name.lower() not in given:
                headers[name] = given[name.lower()] = message_id
            values[f"header:{name}"] = as_bytes(given[name.lower()])
        for name in named(self.signed, "item"):
            values[f"item:{name}"] = as_bytes(items.setdefault(name, message_id))
        return {**headers, **self.signature.write(self.keys.sign(self._content(values)), items)}

    def _content(self, values: Mapping[str, bytes]) -> bytes:
        url = self.public_url or ""
        known = {**values, "url": as_bytes(url), "path": as_bytes(urlsplit(url).path)}
        return b"".join(part if isinstance(part, bytes) else known[part] for part in self.signed)

    def _sent(self, request: RawRequest, items: Mapping[str, str]) -> tuple[str, datetime | None]:
        """Return the time as it was sent, and as a moment; None where no time is checked."""
        if self.timestamp is None:
            return "", None
        if self.timestamp.header:
            text, where = only(request, self.timestamp.header), f"the header `{self.timestamp.header}`"
        elif self.timestamp.item:
            where = f"the item `{self.timestamp.item}`"
            if (text := items.get(self.timestamp.item, "")) == "":
                raise refuse(f"{where} of the header `{self.signature.name(request)}` is missing, or stands twice")
        else:
            where = "the time in the body"
            found = self.timestamp.path.find_in(_payload(request)) if self.timestamp.path else None
            text = found if isinstance(found, str) else ""
            if isinstance(found, int) and not isinstance(found, bool) and found.bit_length() < 64:
                text = str(found)
        return text, read_timestamp(text, where, unit=self.timestamp.unit)

    def _check_query(self, url: str, request: RawRequest) -> None:
        if sorted(request.query) != sorted(parse_qsl(urlsplit(url).query, keep_blank_values=True)):
            raise refuse("the query of the address is another than that of `public_url`, which is signed")

    def _check(self, moment: datetime | None, request: RawRequest) -> None:
        if moment is not None and self.timestamp is not None:
            check_freshness(moment, request.received_at, self.timestamp.tolerance)


def _payload(request: RawRequest) -> object:
    try:
        return read_json(request.body)
    except Rejected:
        raise refuse("the body, in which the time stands, is not JSON") from None
