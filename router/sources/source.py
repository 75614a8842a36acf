"""A sender that events are accepted from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from router.config.node import Node
from router.errors import Rejected
from router.model import Event, RawRequest
from router.sources.allowed import Network, allows
from router.sources.dedupe import Dedupe
from router.sources.handshake import Handshake, Shaken
from router.sources.kept import kept
from router.sources.locator import Locator, as_word, join_words
from router.sources.moment import read_moment
from router.sources.payload import Payload
from router.sources.respond import Response
from router.sources.scheme import Scheme
from router.sources.split import Part, Split

MOST_BYTES = 16 * 1024 * 1024
"""The bodies of all events of one request may have so many bytes together."""


@dataclass(frozen=True)
class Source:
    """How requests at `path` are verified and become events; pure, and safe to use from many requests at once.

    `max_body` is in bytes, None for the server's; `known_types` is empty where they are not known; `vars`
    are templates, the preset's and the source's own. Without `id` the scheme's signed id is taken. Where the
    sender sends an event again, `retries_dead` makes those of its deliveries due again that are dead. `allowed`
    are the networks that may send, None for all; `response` is what accepted events are answered with, None for
    the router's own answer. `handshakes` are answered, and never become events. `dedupe` makes ids of values.
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
    reads: Payload = field(default_factory=Payload)
    split: Split | None = None
    allowed: tuple[Network, ...] | None = None
    response: Response | None = None
    dedupe: Dedupe | None = None
    handshakes: tuple[Handshake, ...] = ()

    @property
    def signable(self) -> bool:
        """Whether a body can be signed anew with the first secret."""
        return self.scheme.signable

    @property
    def provable(self) -> bool:
        """Whether requests of the sender can be made here; not where only its public key is known."""
        return self.signable or self.scheme.name in ("token", "basic", "none")

    @property
    def confidential(self) -> frozenset[str]:
        """What nobody may read: the secrets, and the tokens of handshakes."""
        return frozenset(self.secrets).union(*(handshake.tokens for handshake in self.handshakes))

    def verify(self, request: RawRequest) -> int | None:
        """Return the number of the secret that fits, from 1, None where there is none; raise Rejected(401)."""
        return self.scheme.verify(request)

    def allows(self, address: str | None) -> bool:
        """Tell whether this address may send."""
        return allows(self.allowed, address)

    def takes(self, method: str) -> bool:
        """Tell whether requests of this method come here: events by POST, and handshakes."""
        return method == "POST" or any(handshake.method == method for handshake in self.handshakes)

    def handshake(self, request: RawRequest, *, verified: bool) -> Shaken | None:
        """Return the answer to a handshake; None for any other request.

        With `verified` it is one that was verified, without one that was not yet: each is for one of both.
        """
        wanted = [one for one in self.handshakes if one.verified is verified and one.method == request.method]
        if not wanted:
            return None
        try:
            payload = self.payload(request) if request.body else None
        except Rejected:
            payload = None
        answers = (one.answer(request, payload, self.secrets) for one in wanted)
        return next((answer for answer in answers if answer is not None), None)

    def is_handshake(self, request: RawRequest) -> bool:
        """Tell whether a request is a handshake, once it is verified where that is needed."""
        return any(self.handshake(request, verified=stage) is not None for stage in (False, True))

    def identify(self, request: RawRequest, uid: str) -> Event:
        """Return the event of a verified request; raise Rejected(400) where its body cannot be read.

        Nothing else refuses it. A type that is missing or odd (see `as_word`) is '', such an id is `uid` and
        the event not deduplicable, such a time is the time of receipt; missing `data` is None. A request that
        holds several events, or none, is taken as one whole: see `identify_all`.
        """
        payload = self.payload(request)
        parts = self._parts(request, payload)
        part = parts[0] if len(parts) == 1 else Part(payload, payload)
        return self._event(request, uid, part, request.body)

    def recall(self, request: RawRequest, uid: str, message_id: str, *, deduplicable: bool) -> Event:
        """Return the event of a request that was stored, under the sender's id that it had; raises as `identify`.

        The id of one event of many may be made of its place among them, which only the receipt knew.
        """
        event = self.identify(request, uid)
        return event if self.split is None else replace(event, id=message_id, deduplicable=deduplicable)

    def identify_all(self, request: RawRequest, new_uid: Callable[[datetime], str]) -> list[Event]:
        """Return the events of a verified request: one, or with `split` as many as it holds.

        Each has a body of its own, in which it is the only one, so that it is read again as the same event.
        What stands in its element counts before what stands elsewhere in the request. An id from elsewhere is
        the request's: the event's place is added to it. Raises Rejected 400 and 413.
        """
        payload = self.payload(request)
        parts = self._parts(request, payload)
        if self.split is None or (len(parts) == 1 and parts[0].payload == payload):
            return [self._event(request, new_uid(request.received_at), part, request.body) for part in parts]
        content_type = request.header("content-type")
        events: list[Event] = []
        size = 0
        for place, part in enumerate(parts):
            body = self.reads.write(part.payload, request.body, content_type)
            size += len(body)
            if size > MOST_BYTES:
                raise Rejected(413, f"the events of the request have more than {MOST_BYTES} bytes together")
            event = self._event(request, new_uid(request.received_at), part, body)
            if event.deduplicable and not self._has_own_id(part):
                event = replace(event, id=f"{event.id}/{place}")
            events.append(event)
        return events

    def payload(self, request: RawRequest) -> Any:
        """Return what the body holds; raise Rejected(400) where it cannot be read."""
        return self.reads.read(request.body, request.header("content-type"))

    def _parts(self, request: RawRequest, payload: Any) -> list[Part]:
        if self.split is None or not self.reads.is_json(request.body, request.header("content-type")):
            return [Part(payload, payload)]
        return self.split.parts(payload)

    def _event(self, request: RawRequest, uid: str, part: Part, body: bytes) -> Event:
        if self.dedupe is not None:
            message_id = self.dedupe.id_of(lambda place: self._find(place, request, part))
        else:
            found = self._find(self.id_at, request, part) if self.id_at else self.scheme.message_id(request)
            message_id = as_word(found)
        sent = read_moment(self._find(self.time_at, request, part)) if self.time_at else None
        return Event(
            uid=uid,
            source=self.name,
            id=message_id or uid,
            type=join_words([self._find(place, request, part) for place in self.type_at]),
            time=sent or request.received_at,
            received_at=request.received_at,
            body=body,
            payload=part.payload,
            data=self.data_at.find_in(part.element) if self.data_at else part.element,
            headers=kept(request.headers, self.kept_headers, lower=True),
            query=kept(request.query, self.kept_query, lower=False),
            deduplicable=message_id is not None,
            window=self.dedupe.window if self.dedupe else None,
        )

    def _find(self, place: Locator, request: RawRequest, part: Part) -> Any:
        found = place.find(request, part.element)
        return place.find(request, part.payload) if found is None and self.split is not None else found

    def _has_own_id(self, part: Part) -> bool:
        if self.dedupe is not None:
            return True
        return self.id_at is not None and as_word(self.id_at.find_in(part.element)) is not None

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
            "Content-Type": self.reads.content_type,
            **self._type_header(type_, body),
            **self._id_header(message_id),
            **{place.header: message_id for place in self._told_by() if place.header},
            **(self.scheme.sign(message_id, at, body) if self.provable else {}),
        }

    def _told_by(self) -> tuple[Locator, ...]:
        return self.dedupe.key if self.dedupe else ()

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
            payload = self.reads.read(body, self.reads.content_type)
        except Rejected:
            payload = None
        rest = join_words([place.find_in(payload) for place in self.type_at[1:]])
        return {headers[0]: type_.removesuffix(f".{rest}") if rest else type_}
