"""What a signature is checked with: `hmac` secrets here, public keys in `public_key.py`."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from router.sources.scheme import number_of

ALGORITHMS = {"sha1": hashlib.sha1, "sha256": hashlib.sha256, "sha512": hashlib.sha512}


class Keys(Protocol):
    """The keys of one source, the newest first."""

    @property
    def signable(self) -> bool:
        """Whether they can sign."""

    def matching(self, content: bytes, signatures: Sequence[bytes]) -> int | None:
        """Return the number of the first key, from 1, of which a signature is; None where none fits."""

    def sign(self, content: bytes) -> bytes:
        """Return the signature by the first key; ValueError where it cannot sign."""


@dataclass(frozen=True, slots=True)
class HmacKeys:
    """Secrets, as the bytes that they stand for."""

    secrets: tuple[bytes, ...] = field(repr=False)
    algorithm: str

    signable = True

    def matching(self, content: bytes, signatures: Sequence[bytes]) -> int | None:
        """Compare with each secret's digest, in a time that does not depend on which one fits."""
        return number_of(signatures, [self._digest(secret, content) for secret in self.secrets])

    def sign(self, content: bytes) -> bytes:
        """Return the digest by the first secret."""
        return self._digest(self.secrets[0], content)

    def _digest(self, secret: bytes, content: bytes) -> bytes:
        return hmac.new(secret, content, ALGORITHMS[self.algorithm]).digest()
