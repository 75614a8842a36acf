"""Why a signature does not verify: what was probably done to the request, found by trying."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from router.errors import Rejected
from router.model import RawRequest
from router.printable import to_the_second
from router.sources.body import read_json
from router.sources.source import Source

_LARGEST = 1_000_000  # bytes of a body that is tried in other forms
_DULL = frozenset(
    ("accept", "accept-encoding", "connection", "content-length", "content-type", "host", "user-agent", "via")
)
_REWROTE = "something wrote the JSON anew on its way (a proxy, a parser, an editor): keep the bytes as they came"


def diagnose(source: Source, request: RawRequest, others: Iterable[Source] = ()) -> tuple[str, ...]:
    """Return what would have been right about a request that a source refuses; nothing where that is not known."""
    missing = [header.name for header in source.scheme.proof(request) if not request.all_of(header.name)]
    sent = source.scheme.sent_at(request)
    fresh = replace(request, received_at=sent) if sent is not None else request
    if missing:
        return (*_instead_of(missing, request), *_meant_for(others, fresh))
    if sent is not None and _fits(source, fresh):
        return (f"all but its age is right: for a receipt at that time ask with --at {_at(fresh)}",)
    hints = [*_other_body(source, fresh), *_other_headers(source, fresh), *_meant_for(others, fresh)]
    if not hints:
        hints = [_other_secret(source)]
    if sent is not None and _stale(source, request):
        hints.append("that it is too old is not all: as of its own time the signature does not fit either")
    return (*hints, *_length(request))


def _fits(source: Source, request: RawRequest) -> bool:
    try:
        source.verify(request)
    except Rejected:
        return False
    return True


def _at(request: RawRequest) -> str:
    return to_the_second(request.received_at)


def _stale(source: Source, request: RawRequest) -> bool:
    sent, tolerance = source.scheme.sent_at(request), source.scheme.tolerance
    return (
        sent is not None
        and tolerance is not None
        and abs((request.received_at - sent).total_seconds()) > tolerance
    )


def _instead_of(missing: list[str], request: RawRequest) -> Iterator[str]:
    names = [name for name, _ in request.headers]
    folded = {name.lower(): name for name in names}
    near = [
        (name, folded[found[0]])
        for name in missing
        if (found := get_close_matches(name.lower(), folded, n=1, cutoff=0.75))
    ]
    for name, other in near:
        yield f"there is `{other}`, which this source does not read: it reads `{name}`"
    if not near:
        telling = [name for name in names if name.lower() not in _DULL]
        which = ", ".join(f"`{name}`" for name in telling[:10]) or "none that could tell who sent it"
        yield f"the request has these headers: {which}"


def _meant_for(others: Iterable[Source], request: RawRequest) -> Iterator[str]:
    for other in others:
        if other.scheme.name != "none" and _fits(other, replace(request, source=other.name)):
            yield f"it fits the source `{other.name}`: it was sent to the wrong address, or with that secret"


def _other_body(source: Source, request: RawRequest) -> Iterator[str]:
    tried = {request.body}
    for said, body in _forms(request.body):
        if body not in tried:
            tried.add(body)
            if _fits(source, replace(request, body=body)):
                yield said
                return


def _forms(body: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield other forms that the body may have had when it was signed, and what to say of each."""
    if len(body) > _LARGEST:
        return
    editor = "an editor or a shell put it there: cut it off"
    stripped = body.rstrip(b"\r\n")
    yield f"the signature fits the body without the line break at its end: {editor}", stripped
    yield (
        "the signature fits the body without the byte-order mark at its begin",
        body.removeprefix(b"\xef\xbb\xbf"),
    )
    yield f"the signature fits the body without the blanks around it: {editor}", body.strip()
    for end in (b"\n", b"\r\n"):
        yield "the signature fits the body with a line break at its end, which was lost on its way", stripped + end
    lines = body.replace(b"\r\n", b"\n")
    for other in (lines, lines.replace(b"\n", b"\r\n"), lines.rstrip(b"\n")):
        yield (
            "the signature fits the body with other line breaks (CRLF or LF): they were changed on its way",
            other,
        )
    yield "the signature fits an empty body: the sender signed before it wrote the body", b""
    try:
        payload = read_json(body)
    except Rejected:
        return
    for said, text in _written(payload):
        yield f"the signature fits the body {said}: {_REWROTE}", text


def _written(payload: Any) -> Iterator[tuple[str, bytes]]:
    for ascii_ in (False, True):
        escaped = " with its letters escaped" if ascii_ else ""
        compact = json.dumps(payload, separators=(",", ":"), ensure_ascii=ascii_)
        for said, text in (
            (f"written without blanks{escaped}", compact),
            (f"with a blank after each comma and colon{escaped}", json.dumps(payload, ensure_ascii=ascii_)),
            (f"pretty-printed by 2{escaped}", json.dumps(payload, indent=2, ensure_ascii=ascii_)),
            (f"pretty-printed by 4{escaped}", json.dumps(payload, indent=4, ensure_ascii=ascii_)),
            (
                f"with its keys sorted{escaped}",
                json.dumps(payload, separators=(",", ":"), sort_keys=True, ensure_ascii=ascii_),
            ),
        ):
            yield said, text.encode("utf-8", "surrogatepass")
        html = compact.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
        yield f"with `<`, `>` and `&` escaped{escaped}", html.encode("utf-8", "surrogatepass")


def _other_headers(source: Source, request: RawRequest) -> Iterator[str]:
    for header in source.scheme.proof(request):
        value = request.header(header.name)
        if value is None or header.role not in ("signature", "token"):
            continue
        bare = value.partition(" ")[2].strip()
        for said, other in (
            (f"with `{header.prefix}` before it", header.prefix + value if header.prefix else ""),
            (f"without `{value.partition(' ')[0]} ` before it", bare),
            ("without the quotes around it", value.strip("\"'")),
        ):
            if other and other != value and _fits(source, _with(request, header.name, other)):
                yield f"the value of `{header.name}` fits {said}"
                return


def _with(request: RawRequest, name: str, value: str) -> RawRequest:
    rest = tuple((key, old) for key, old in request.headers if key.lower() != name.lower())
    return replace(request, headers=(*rest, (name, value)))


def _other_secret(source: Source) -> str:
    number = len(source.secrets)
    which = "its secret" if number == 1 else f"any of its {number} secrets"
    if source.scheme.name == "token":
        return f"it is not {which}: compare it with what the sender was given"
    return (
        "neither this body nor its usual other forms (line breaks, blanks, JSON written anew) were signed with"
        f" {which}: most likely the sender's secret is another; compare it with the one that the sender shows"
    )


def _length(request: RawRequest) -> Iterator[str]:
    said = request.header("content-length") or ""
    if said.isascii() and said.isdigit() and not request.header("content-encoding"):
        wanted, has = int(said[:12]), len(request.body)
        if wanted != has:
            what = f"{has - wanted} more than" if has > wanted else f"{wanted - has} less than"
            yield f"the body has {has} bytes, {what} its `content-length` says: it was changed after it was sent"
