"""What of a call is wrong before there is any event."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from router.plugin import Fault, Usage

from .config import HttpConfig
from .place import place_faults

TOLERANCE = 300.0
"""Seconds for which receivers mostly take a signature: the advice of Standard Webhooks, and svix's own."""


def faults(config: HttpConfig | None, params: Mapping[str, Any], usage: Usage) -> Iterable[Fault]:
    """Yield what contradicts itself, leads nowhere or everywhere, or cannot be signed."""
    given = [key for key in ("json", "form", "body", "forward") if key in params]
    forward, method = params.get("forward"), params.get("method", "POST")
    if len(given) > 1:
        yield Fault((given[1],), f"one body is enough: `{given[0]}` and `{given[1]}` are given")
    if given and method in ("GET", "HEAD"):
        yield Fault((given[0],), f"a {method} has no body: leave `{given[0]}` out, or use another `method`")
    if params.get("sign") is True and forward is not None:
        yield Fault(("sign",), "`forward` brings its own signature: leave `sign` out, or send `json` instead")
    elif params.get("sign") is True and config is not None and config.secret is None:
        yield Fault(("sign",), "`sign` needs `secret` in the destination")
    yield from place_faults(config, params)
    if forward == "resign":
        for source in usage.sources:
            if not source.signable:
                why = f"the source `{source.name}` holds no secret that can sign anew"
                yield Fault(("forward",), f"{why}: use `forward: original`")
    if forward == "original" and (usage.delay or usage.rate or usage.retry_span > TOLERANCE):
        other = "no `delay`" if usage.delay else "no `rate`" if usage.rate else "a shorter `retry`"
        why = "receivers refuse an old signature, mostly after 5 minutes, and this may be sent later than that"
        yield Fault(("forward",), f"{why}: use `forward: resign`, or {other}", warning=True)
