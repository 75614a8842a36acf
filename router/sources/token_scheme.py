"""The schemes `token` (a shared text in a header) and `none` (everything is accepted)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from router.model import RawRequest
from router.sources.scheme import ProofHeader, as_bytes, number_of, only, refuse


@dataclass(frozen=True, slots=True)
class TokenScheme:
    """The header holds the prefix and one of the secrets; it proves nothing about the body."""

    secrets: tuple[str, ...] = field(repr=False)
    header: str
    prefix: str = ""

    name = "token"
    headers = ()
    signable = False
    tolerance = None

    def proof(self, request: RawRequest) -> tuple[ProofHeader, ...]:
        """Return the token."""
        return (ProofHeader("token", self.header, self.prefix),)

    def sent_at(self, request: RawRequest) -> None:
        """Return None: a token has no time."""
        return

    @property
    def credentials(self) -> frozenset[str]:
        """The header of the token."""
        return frozenset({self.header.lower()})

    def verify(self, request: RawRequest) -> int:
        """Refuse another token, in a time that tells nothing about it; return the number of the one that fits."""
        value = only(request, self.header)
        number = number_of([as_bytes(value)], (as_bytes(self.prefix + secret) for secret in self.secrets))
        if number is None:
            raise refuse(f"the header `{self.header}` holds another token")
        return number

    def message_id(self, request: RawRequest) -> None:
        """Return None: nothing is signed."""
        return

    def sign(self, message_id: str, at: datetime, body: bytes) -> dict[str, str]:
        """Return the header with the first token."""
        return {self.header: self.prefix + self.secrets[0]}


@dataclass(frozen=True, slots=True)
class NoScheme:
    """Anybody may send."""

    name = "none"
    headers = ()
    credentials = frozenset[str]()
    signable = False
    tolerance = None

    def proof(self, request: RawRequest) -> tuple[ProofHeader, ...]:
        """Return nothing."""
        return ()

    def sent_at(self, request: RawRequest) -> None:
        """Return None."""
        return

    def verify(self, request: RawRequest) -> None:
        """Accept; no secret was used."""

    def message_id(self, request: RawRequest) -> None:
        """Return None: nothing is signed."""
        return

    def sign(self, message_id: str, at: datetime, body: bytes) -> dict[str, str]:
        """Return nothing."""
        return {}
