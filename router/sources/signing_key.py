"""Secrets of the Svix family, checked strictly when the file is loaded."""

from __future__ import annotations

import base64
import binascii

PREFIX = "whsec_"
_KEYS = ("sk_", "pk_", "re_")


def check_signing_key(secret: str) -> str:
    """Return the secret in the one form that the `svix` package reads without guessing.

    Standard Webhooks (spec/standard-webhooks.md): base64 of 24 to 64 bytes, with or without `whsec_`.
    The padding may be missing, as it is lost easily when copying. Raises ValueError with what is wrong,
    never with the value.
    """
    text = secret.strip()
    if text[:1] in ("'", '"'):
        raise ValueError("begins with a quote: take the quotes out of the variable's value, they are part of it")
    if text.startswith(_KEYS):
        raise ValueError(f"is an API key (`{text[:3]}`): what signs webhooks is another secret, `whsec_...`")
    if text.startswith("v1,"):
        raise ValueError("begins with `v1,`: leave that out, the secret is what follows")
    text = text.removeprefix(PREFIX)
    if "-" in text or "_" in text:
        raise ValueError("holds `-` or `_`: it must be plain base64 (A-Z a-z 0-9 + /), not base64url")
    try:
        raw = text.encode("ascii")
        key = base64.b64decode(raw + b"=" * (-len(raw) % 4), validate=True)
    except (UnicodeEncodeError, binascii.Error):
        raise ValueError("is not base64: copy it whole, as `whsec_...`") from None
    if base64.b64encode(key).rstrip(b"=") != raw.rstrip(b"="):
        raise ValueError("is not base64 as an encoder writes it: a character is missing or wrong at the end")
    if not 24 <= len(key) <= 64:
        raise ValueError(f"stands for {len(key)} bytes: a signing secret has 24 to 64")
    return PREFIX + base64.b64encode(key).decode()
