"""What a sender is told: small JSON that reveals nothing about which check failed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aiohttp import web

from router.journal.journal import Appended
from router.sources.respond import Response

RETRY_SECONDS = 5
"""How long a sender is asked to wait before it tries again."""

_WORDS = {
    400: "bad request",
    401: "not verified",
    403: "not allowed",
    404: "not found",
    405: "method not allowed",
    408: "the body came too slowly",
    413: "the body is too large",
    415: "unknown content encoding",
    429: "too much is waiting, try again later",
    503: "cannot accept events now, try again later",
}


def accepted(uid: str, deliveries: int) -> web.Response:
    """Return the answer to a new event."""
    return web.json_response({"event": uid, "deliveries": deliveries}, status=202)


def duplicate(uid: str) -> web.Response:
    """Return the answer to an event that the source sent before."""
    return web.json_response({"event": uid, "duplicate": True})


def several(results: Sequence[Appended]) -> web.Response:
    """Return the answer to a request that holds many events: the new ones, and how many had come before."""
    new = [result for result in results if not result.duplicate]
    said = {
        "events": [result.uid for result in new],
        "duplicates": len(results) - len(new),
        "deliveries": sum(len(result.deliveries) for result in new),
    }
    return web.json_response(said, status=202 if new else 200)


def custom(response: Response) -> web.Response:
    """Return the answer that the configuration has for this source."""
    return web.Response(status=response.status, body=response.body or None, headers=dict(response.headers))


def refusal(status: int) -> web.Response:
    """Return the answer to a request that is not accepted; 429 and 503 ask to try again."""
    answer: dict[str, Any] = {"error": _WORDS.get(status, "refused")}
    headers = {}
    if status in (429, 503):
        headers["Retry-After"] = str(RETRY_SECONDS)
    if status == 405:
        headers["Allow"] = "POST"
    return web.json_response(answer, status=status, headers=headers)
