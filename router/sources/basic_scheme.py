"""The scheme `basic`: a user and a password, as HTTP's Basic authentication sends them (RFC 7617)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from router.model import RawRequest
from router.sources.coding import decode, encode
from router.sources.scheme import ProofHeader, as_bytes, number_of, only, refuse

_HEADER = "Authorization"


@dataclass(frozen=True, slots=True)
class BasicScheme:
    """The user, and one of the passwords; it proves nothing about the body."""

    user: str
    secrets: tuple[str, ...] = field(repr=False)

    name = "basic"
    headers = ()
    credentials = frozenset({"authorization"})
    signable = False
    tolerance = None

    def proof(self, request: RawRequest) -> tuple[ProofHeader, ...]:
        """Return the header of user and password."""
        return (ProofHeader("token", _HEADER, "Basic "),)

    def sent_at(self, request: RawRequest) -> None:
        """Return None: a password has no time."""
        return

    def verify(self, request: RawRequest) -> int:
        """Refuse another user or password; return the number of the password."""
        word, _, text = only(request, _HEADER).partition(" ")
        if word.lower() != "basic":
            raise refuse(f"the header `{_HEADER}` does not begin with `Basic `")
        try:
            given = decode(text.strip(" "), "base64")
        except ValueError:
            raise refuse(f"the header `{_HEADER}` is not base64 of a user and a password") from None
        number = number_of([given], [as_bytes(f"{self.user}:{secret}") for secret in self.secrets])
        if number is None:
            raise refuse(f"the header `{_HEADER}` holds another user or password")
        return number

    def message_id(self, request: RawRequest) -> None:
        """Return None: nothing is signed."""
        return

    def sign(self, message_id: str, at: datetime, body: bytes) -> dict[str, str]:
        """Return the header with the first password."""
        return {_HEADER: "Basic " + encode(as_bytes(f"{self.user}:{self.secrets[0]}"), "base64")}
