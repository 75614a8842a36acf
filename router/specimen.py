"""An event that is asked about, and not sent: the request as its sender would make it, and what comes of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from router.config.problem import did_you_mean
from router.errors import Rejected
from router.model import Event, RawRequest
from router.sources.source import Source


@dataclass(frozen=True, slots=True)
class Specimen:
    """A request and its event; where it is none, `refusal` has status and reason, and `event` is None."""

    request: RawRequest
    event: Event | None
    refusal: Rejected | None = None


def body_of(payload: Any) -> bytes:
    """Return a payload as the bytes of a body: UTF-8, with half of a surrogate pair escaped."""
    try:
        return json.dumps(payload, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return json.dumps(payload).encode()


def signed_request(source: Source, type_: str, body: bytes, message_id: str, at: datetime) -> RawRequest:
    """Return the request that the sender would make of a body, signed at that moment with the first secret.

    A body of JSON becomes a form where the source takes forms.
    """
    body = source.reads.sent(body)
    return RawRequest(
        source=source.name,
        method="POST",
        path=source.path,
        query=(),
        headers=tuple(source.request_headers(message_id, type_, at, body).items()),
        body=body,
        received_at=at,
    )


def received(source: Source, request: RawRequest, uid: str) -> Specimen:
    """Verify and identify a request as the listener does; nothing is raised for what it would refuse."""
    try:
        if source.handshake(request, verified=False) is None:
            source.verify(request)
        if source.is_handshake(request):
            raise Rejected(200, "a handshake: it is answered, and is no event")
        return Specimen(request, source.identify(request, uid))
    except Rejected as error:
        return Specimen(request, None, error)


def set_at(payload: Any, path: str, value: Any) -> None:
    """Set one value of a payload, in place; `path` is dotted, a number in it is an index of a list.

    Members that are missing are made. Raises ValueError where the payload has no such place.
    """
    *parents, last = path.split(".")
    inner = payload
    try:
        for step in parents:
            inner = inner[int(step)] if isinstance(inner, list) else inner.setdefault(step, {})
        if isinstance(inner, list):
            inner[int(last)] = value
        else:
            inner[last] = value
    except (ValueError, IndexError, TypeError, AttributeError):
        raise ValueError(f"the payload has no place `{path}`") from None


def near_place(payload: Any, path: str) -> str | None:
    """Return what is probably meant by a path that a payload has not, but almost."""
    inner: Any = payload
    before = ""
    for step in path.split("."):
        if not isinstance(inner, dict):
            return None
        if step not in inner:
            hint = did_you_mean(step, inner) or ""
            return hint.replace("`", f"`{before}", 1) if hint.startswith("did") else None
        inner, before = inner[step], f"{before}{step}."
    return None


def value_of(text: str) -> Any:
    """Return the value that a text on the command line means: JSON, else the text itself."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
