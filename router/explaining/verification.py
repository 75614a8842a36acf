"""Tells how a request was verified: header by header what was found, the verdict, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from router.config.units import span
from router.errors import Rejected
from router.explaining.diagnosis import diagnose
from router.model import RawRequest
from router.printable import to_the_second
from router.sources.scheme import ProofHeader
from router.sources.source import Source

_CUT = 28  # characters of a signature: enough to tell two apart


@dataclass(frozen=True, slots=True)
class SeenHeader:
    """A header of a verification; `value` is None where the request has none, and never a token."""

    role: str
    name: str
    value: str | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Verification:
    """A verification, told.

    `verdict` is `verified`, `refused`, `unknown` (`reason` says why it cannot be judged) or `unchecked`
    (`verify: none`). `hints` say what would have been right. `secret` is the number, from 1,
    of the secret (or public key) that fits.
    """

    scheme: str
    verdict: str
    reason: str = ""
    status: int | None = None
    headers: tuple[SeenHeader, ...] = ()
    hints: tuple[str, ...] = ()
    secret: int | None = None


def verification(source: Source, request: RawRequest, others: Iterable[Source] = ()) -> Verification:
    """Verify a request, and tell about it; `others` are sources whose secrets it might have been meant for."""
    if source.scheme.name == "none":
        return Verification("none", "unchecked", "`verify: none`: anybody may send")
    headers = seen(source, request)
    try:
        secret = source.verify(request)
    except Rejected as error:
        hints = diagnose(source, request, others)
        return Verification(source.scheme.name, "refused", error.reason, error.status, headers, hints)
    return Verification(source.scheme.name, "verified", headers=headers, secret=secret)


def unknown(source: Source, request: RawRequest, reason: str, hints: tuple[str, ...] = ()) -> Verification:
    """Tell about a request that cannot be judged."""
    return Verification(source.scheme.name, "unknown", reason, headers=seen(source, request), hints=hints)


def seen(source: Source, request: RawRequest) -> tuple[SeenHeader, ...]:
    """Return each header that the source's scheme looks at, as it was found."""
    return tuple(_seen(source, request, header) for header in source.scheme.proof(request))


def _seen(source: Source, request: RawRequest, header: ProofHeader) -> SeenHeader:
    found = request.all_of(header.name)
    if not found:
        return SeenHeader(header.role, header.name, None, "missing")
    value, notes = found[-1], []
    if len(found) > 1:
        notes.append(f"stands {len(found)} times")
    if header.role in ("token", "required"):
        return SeenHeader(header.role, header.name, "***", "; ".join(notes))
    timed = header.role == "timestamp" or (header.role == "signature" and _in_signature(source, request))
    if timed and (sent := source.scheme.sent_at(request)) is not None:
        notes.append(_age(sent, request.received_at, source.scheme.tolerance))
    if header.role == "signature" and len(value) > _CUT:
        value = value[:_CUT] + "…"
    return SeenHeader(header.role, header.name, value, "; ".join(notes))


def _in_signature(source: Source, request: RawRequest) -> bool:
    """Tell whether the time is no header of its own."""
    return all(header.role != "timestamp" for header in source.scheme.proof(request))


def _age(sent: datetime, received: datetime, tolerance: float | None) -> str:
    late = (received - sent).total_seconds()
    how = (
        "at its receipt" if abs(late) < 1 else f"{span(abs(late))} {'before' if late > 0 else 'after'} its receipt"
    )
    allowed = "" if tolerance is None else f", {span(tolerance)} are allowed"
    return f"{to_the_second(sent)}, {how}{allowed}"
