"""Which headers and query values of a request are stored with its event."""

from __future__ import annotations

import re

from router.model import Pairs

ALWAYS = frozenset({"content-type", "user-agent", "traceparent", "tracestate"})
"""Headers that every event keeps."""

_CREDENTIALS = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie", "auth"})
_TELLING = re.compile(r"(^|[-_])(token|secret|password|passwd|credentials?|(api|auth|access)[-_]?key)$")


def is_credential(name: str) -> bool:
    """Tell whether a header or query value of this name holds what would let others act as the sender."""
    word = name.lower()
    return word in _CREDENTIALS or _TELLING.search(word) is not None


def kept(pairs: Pairs, names: frozenset[str], *, lower: bool) -> Pairs:
    """Return the pairs of these names, in order, their values made safe to store.

    Headers are named in `names` in lower case (`lower`); a doubled one stands twice.
    """
    return tuple((key, _safe(value)) for key, value in pairs if (key.lower() if lower else key) in names)


def _safe(value: str) -> str:
    # Bytes that are not UTF-8 reach us as lone surrogates, which no store and no JSON writer takes.
    return value.encode("utf-8", "replace").decode().replace("\x00", "?").strip()
