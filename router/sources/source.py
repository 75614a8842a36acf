"""A sender that events are accepted from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from router.config.node import Node
from router.errors import Rejected
from router.model import Event, RawRequest
from router.sources.body import read_json
from router.sources.kept import kept
from router.sources.locator import Locator, as_word, join_words
from router.sources.moment import read_moment
from router.sources.scheme import Scheme


@dataclass(frozen=True)
class Source:
    """How requests at `path` are verified and become events; pure, and safe to use from many requests at once.

    `max_body` is in bytes, None for the server's; `known_types` is empty where they are not known; `vars`
    are templates, the preset's and the source's own. Without `id` the scheme's signed id is taken. Where the
    sender sends an event again, `retries_dead` makes those of its deliveries due again that are dead.
    """

    name: str
    path: str
    scheme: Scheme
    provider: str | None = None
    secrets: tuple[str, ...] = field(default=(), repr=False)
    max_body: int | None = None
    known_types: frozenset[str] = frozenset()
    vars: Mapping[str, Node] = field(default_factory=dict)
    type_at: tuple[Locator, ...] = ()
    id_at: Locator | None = None
    time_at: Locator | None = None
    data_at: Locator | None = None
    kept_headers: frozenset[str] = frozenset()
    kept_query: frozenset[str] = frozenset()
    retries_dead: bool = True

    @property
    def signable(self) -> bool:
        """Whether a body can be signed anew with the first secret."""
        return self.scheme.signable

    @property
    def provable(self) -> bool:
        """Whether requests of the sender can be made here; not where only its public key is known."""
        return self.signable or self.scheme.name in ("token", "basic", "none")

    def verify(self, request: RawRequest) -> int | None:
        """Return the number of the secret that fits, from 1, None where there is none; raise Rejected(401)."""
        return self.scheme.verify(request)

    def identify(self, request: RawRequest, uid: str) -> Event:
        """Return the event of a verified request; raise Rejected(400) where its body is not usable JSON.

        Nothing else refuses it. A type that is missing or odd (see `as_word`) is '', such an id is `uid` and
        the event not deduplicable, such a time is the time of receipt; missing `data` is None.
        """
        payload = read_json(request.body)
        found = self.id_at.find(request, payload) if self.id_at else self.scheme.message_id(request)
        message_id = as_word(found)
        sent = read_moment(self.time_at.find(request, payload)) if self.time_at else None
        return Event(
            uid=uid,
            source=self.name,
            id=message_id or uid,
            type=join_words([place.find(request, payload) for place in self.type_at]),
            time=sent or request.received_at,
            received_at=request.received_at,
            body=request.body,
            payload=payload,
            data=self.data_at.find(request, payload) if self.data_at else payload,
            headers=kept(request.headers, self.kept_headers, lower=True),
            query=kept(request.query, self.kept_query, lower=False),
            deduplicable=message_id is not None,
        )

    def sign(self, message_id: str, at: datetime, body: bytes) -> dict[str, str]:
        """Return the headers that prove a body anew: signature, time and id, with the first secret.

        Raises ValueError where the source holds no signing secret (`signable`).
        """
        if not self.signable:
            raise ValueError(f"the source `{self.name}` holds no secret that can sign")
        return {**self._id_header(message_id), **self.scheme.sign(message_id, at, body)}

    def request_headers(self, message_id: str, type_: str, at: datetime, body: bytes) -> dict[str, str]:
        """Return what the sender itself would send: the proof (a token too), and the id and type headers.

        Without `provable` the proof is left out.
        """
        return {
            "Content-Type": "application/json",
            **self._type_header(type_, body),
            **self._id_header(message_id),
            **(self.scheme.sign(message_id, at, body) if self.provable else {}),
        }

    def _id_header(self, message_id: str) -> dict[str, str]:
        if self.id_at is None or self.id_at.header is None or self.id_at.header.lower() in self.scheme.headers:
            return {}
        return {self.id_at.header: message_id}

    def _type_header(self, type_: str, body: bytes) -> dict[str, str]:
        """Return the header of the type: what is left of the type without the parts that stand in the body."""
        headers = [place.header for place in self.type_at if place.header is not None]
        if len(headers) != 1 or self.type_at[0].header is None:
            return {}
        try:
            payload = read_json(body)
        except Rejected:
            payload = None
        rest = join_words([place.find_in(payload) for place in self.type_at[1:]])
        return {headers[0]: type_.removesuffix(f".{rest}") if rest else type_}
