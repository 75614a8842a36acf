"""What every verification scheme is: a pure check of one request, and how its sender signs."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from router.errors import Rejected
from router.model import RawRequest

LONGEST_HEADER = 4096
"""A header that takes part in a verification may be this long, in characters."""


@dataclass(frozen=True, slots=True)
class ProofHeader:
    """A header that a verification looks at: its `role` is signature, timestamp, id, token, signed or required.

    `prefix` is what its value has to begin with.
    """

    role: str
    name: str
    prefix: str = ""


class Scheme(Protocol):
    """One way to tell whether a request comes from its sender; pure, and safe against any header.

    `headers` are the names, in lower case, that are kept with the event; `credentials` those that never are.
    `signable` when it holds a secret that can sign a body anew. `tolerance` is for how many seconds the time of
    a signature may be off, None where no time is checked.
    """

    @property
    def name(self) -> str:
        """The word in `scheme:`."""

    @property
    def headers(self) -> tuple[str, ...]:
        """Names that are kept."""

    @property
    def credentials(self) -> frozenset[str]:
        """Names that are never kept."""

    @property
    def signable(self) -> bool:
        """Whether it can sign."""

    @property
    def tolerance(self) -> float | None:
        """Seconds."""

    def proof(self, request: RawRequest) -> tuple[ProofHeader, ...]:
        """Return the headers by which this request is judged, whether it has them or not."""

    def sent_at(self, request: RawRequest) -> datetime | None:
        """Return the time that the signature covers; None where there is none that can be read."""

    def verify(self, request: RawRequest) -> int | None:
        """Return for a genuine request the number of the secret that fits, from 1; None where there is none.

        Raise Rejected(401) with a reason for any other request, never anything else.
        """

    def message_id(self, request: RawRequest) -> str | None:
        """Return the id that the signature covers, where the scheme has one."""

    def sign(self, message_id: str, at: datetime, body: bytes) -> Mapping[str, str]:
        """Return the headers by which a sender proves itself, made with the first secret.

        Raises ValueError where the body cannot be signed.
        """


def refuse(reason: str) -> Rejected:
    """Return the refusal of a request whose verification failed."""
    return Rejected(401, reason)


def only(request: RawRequest, name: str) -> str:
    """Return the value of a header that must stand exactly once, not empty and not oversized."""
    found = request.all_of(name)
    if not found:
        raise refuse(f"the header `{name}` is missing")
    if len(found) > 1:
        raise refuse(f"the header `{name}` stands {len(found)} times")
    value = found[0]
    if not value:
        raise refuse(f"the header `{name}` is empty")
    if len(value) > LONGEST_HEADER:
        raise refuse(f"the header `{name}` is longer than {LONGEST_HEADER} characters")
    return value


def as_bytes(text: str) -> bytes:
    """Return a text as bytes that differ for different texts, whatever is in it."""
    return text.encode("utf-8", "surrogatepass")


def number_of(listed: Iterable[bytes], expected: Iterable[bytes]) -> int | None:
    """Return the number, from 1, of the first expected value that is listed, None where none is.

    The time that it takes does not depend on which one it is.
    """
    given = tuple(listed)
    found = None
    for number, good in enumerate(expected, 1):
        fits = False
        for value in given:
            fits |= hmac.compare_digest(value, good)
        found = number if fits and found is None else found
    return found


def any_equal(listed: Iterable[bytes], expected: Iterable[bytes]) -> bool:
    """Tell whether one of the listed values is an expected one, in a time that does not depend on which."""
    return number_of(listed, expected) is not None
