"""The schemes `svix` and `standard-webhooks`: id, time and signatures in headers, made by the `svix` package."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from router.model import RawRequest
from router.sources.freshness import check_freshness, read_timestamp, sent_in
from router.sources.scheme import ProofHeader, number_of, only, refuse
from router.sources.svix_webhook import webhook_class

if TYPE_CHECKING:
    from svix.webhooks import Webhook

_ID = re.compile(r"[!-~]{1,255}")
_V1 = re.compile(r"[A-Za-z0-9+/]{43}=")  # base64 of 32 bytes
_PARTS = ("id", "timestamp", "signature")

SVIX_FAMILIES = ("svix", "webhook")
STANDARD_FAMILIES = ("webhook",)


class SvixScheme:
    """Signatures of Svix and of Standard Webhooks, which differ in the names of their headers only.

    `families` are the prefixes of headers that are understood; a request is judged by the first one of
    which it has any header, never by a mix. The expected signature is what svix's own `sign` gives.
    """

    credentials: frozenset[str] = frozenset()
    signable = True

    def __init__(self, name: str, secrets: Sequence[str], families: Sequence[str], tolerance: float) -> None:
        self.name = name
        self.families = tuple(families)
        self.tolerance = tolerance
        self.headers = tuple(f"{family}-{part}" for family in families for part in _PARTS)
        webhook = webhook_class()
        self._webhooks: tuple[Webhook, ...] = tuple(webhook(secret) for secret in secrets)

    def verify(self, request: RawRequest) -> int:
        """Refuse what is not signed with one of the secrets, stale, or malformed; return the secret's number."""
        family = self._family(request)
        message_id = only(request, f"{family}-id")
        if not _ID.fullmatch(message_id):
            raise refuse(f"the header `{family}-id` is not 1 to 255 visible ASCII characters")
        sent = read_timestamp(only(request, f"{family}-timestamp"), f"the header `{family}-timestamp`")
        listed = _listed(only(request, f"{family}-signature"), f"{family}-signature")
        check_freshness(sent, request.received_at, self.tolerance)
        try:
            text = request.body.decode()
        except UnicodeDecodeError:
            raise refuse("the body is not UTF-8, so that it cannot have been signed as text") from None
        expected = [webhook.sign(message_id, sent, text).encode() for webhook in self._webhooks]
        number = number_of(listed, expected)
        if number is None:
            raise refuse("no signature fits: another secret, or the body was changed on its way")
        return number

    def proof(self, request: RawRequest) -> tuple[ProofHeader, ...]:
        """Return id, time and signatures, as the family of the request calls them."""
        family = self._family(request)
        return tuple(ProofHeader(part, f"{family}-{part}") for part in _PARTS)

    def sent_at(self, request: RawRequest) -> datetime | None:
        """Return the time in its header."""
        return sent_in(request, f"{self._family(request)}-timestamp")

    def message_id(self, request: RawRequest) -> str | None:
        """Return the id of the family that `verify` judged."""
        return request.header(f"{self._family(request)}-id")

    def sign(self, message_id: str, at: datetime, body: bytes) -> dict[str, str]:
        """Return id, time and signature headers. Raises ValueError for a body that is not UTF-8."""
        when = at.astimezone(UTC).replace(microsecond=0)
        family = self.families[0]
        return {
            f"{family}-id": message_id,
            f"{family}-timestamp": str(int(when.timestamp())),
            f"{family}-signature": self._webhooks[0].sign(message_id, when, body.decode()),
        }

    def _family(self, request: RawRequest) -> str:
        names = {name.lower() for name, _ in request.headers}
        for family in self.families:
            if any(f"{family}-{part}" in names for part in _PARTS):
                return family
        return self.families[0]


def _listed(header: str, name: str) -> list[bytes]:
    """Return the `v1` signatures of a list; every item of it must be well-formed, of whatever version."""
    found = []
    for item in header.split(" "):
        version, comma, value = item.partition(",")
        if not (version and comma and value) or "," in value:
            raise refuse(f"the header `{name}` is not a list of `version,signature`")
        if version == "v1":
            if not _V1.fullmatch(value):
                raise refuse(f"the header `{name}` holds a v1 signature that is not base64 of 32 bytes")
            found.append(item.encode("ascii"))
    if not found:
        raise refuse(f"the header `{name}` holds no v1 signature")
    return found
