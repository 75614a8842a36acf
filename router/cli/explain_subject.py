"""Finds the event that `explain` is asked about: a sample, a payload, a captured request, a stored one."""

from __future__ import annotations

import argparse
import json
import re
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from router.cli.exit import AT_FAULT, USAGE, Stop
from router.config.problem import did_you_mean
from router.explaining.account import Subject
from router.model import Pairs, RawRequest
from router.specimen import body_of

if TYPE_CHECKING:
    from router.explaining.verification import Verification
    from router.ruleset import Loaded, Ruleset
    from router.sources.source import Source

_UID, _MESSAGE = "evt_example", "msg_example"  # the same each time, so that the ids made of them are
_REQUEST_LINE = re.compile(rb"[A-Z]+ /\S* HTTP/")
_LARGEST = 64 * 2**20  # bytes that are read of a payload or a captured request


async def find(asked: argparse.Namespace, today: Loaded) -> tuple[Loaded, Subject]:
    """Return what is asked about, and the configuration to tell it by; ends the command where there is none.

    `today` are today's files, which may have errors where a stored event is told by the files of its own day.
    """
    name = asked.event
    if asked.request is not None:
        return today, _request(asked, usable(today))
    if name == "-":
        name = "standard input"
        return today, _payload(asked, usable(today), name, _limited(sys.stdin.buffer, name))
    if _is_file(file := Path(name)):
        return today, _payload(asked, usable(today), name, _read(file))
    source, _, type_ = name.partition("/")
    if type_ and (ruleset := usable(today)) and source in ruleset.sources:
        return today, _sample(asked, ruleset, ruleset.sources[source], type_)
    from router.cli.explain_stored import stored

    return await stored(asked, today)


def usable(loaded: Loaded) -> Ruleset:
    """Return the rules; ends the command where there are errors."""
    if loaded.ruleset is not None:
        return loaded.ruleset
    from router.config.report import render

    told = render(loaded.problems.errors, loaded.texts, color=False)
    raise Stop(f"nothing can be explained while the configuration has errors\n{told}", AT_FAULT)


def _sample(asked: argparse.Namespace, ruleset: Ruleset, source: Source, type_: str) -> Subject:
    from router.cli.send import payload_for

    at = asked.at or _now()
    otherwise = "give a file with a payload of your own instead"
    payload = payload_for(source, type_, None, asked.changes, at=at, otherwise=otherwise)
    body = body_of(payload)
    notes = _changes(asked)
    return _signed("sample", f"the sample {source.name}/{type_}", source, type_, body, at, ruleset, notes)


def _payload(asked: argparse.Namespace, ruleset: Ruleset, name: str, body: bytes) -> Subject:
    source = _source(asked, ruleset, "the payload")
    if asked.changes:
        from router.cli.send import change_payload

        try:
            payload = json.loads(body.decode("utf-8-sig"))
        except (ValueError, RecursionError) as error:
            raise Stop(f"{name} is not JSON: {error}", AT_FAULT) from None
        for change in asked.changes:
            change_payload(payload, change)
        body = body_of(payload)
    header = next((place.header for place in source.type_at if place.header is not None), None)
    if header is not None and asked.type is None:
        raise Stop(f"`{source.name}` names the type in the header {header}: add --type TYPE", USAGE)
    notes = _changes(asked)
    if _REQUEST_LINE.match(body):
        notes = (*notes, "it begins as a captured request does: such a file is given with --request")
    if header is None and asked.type is not None:
        notes = (*notes, "--type is not used: the source finds the type in the body")
    return _signed("payload", name, source, asked.type or "", body, asked.at or _now(), ruleset, notes)


def _signed(
    kind: str,
    name: str,
    source: Source,
    type_: str,
    body: bytes,
    at: datetime,
    ruleset: Ruleset,
    notes: tuple[str, ...],
) -> Subject:
    from router.explaining.verification import unknown, verification
    from router.specimen import signed_request

    try:
        request = signed_request(source, type_, body, _MESSAGE, at)
    except ValueError as error:
        raise Stop(f"{name} cannot be signed: {error}", AT_FAULT) from None
    if not source.provable:
        how = "only the public key of its sender is known, so that nothing can be signed here"
        return Subject(kind, name, source, request, _UID, unknown(source, request, how), notes)
    found = replace(verification(source, request), reason="signed here, as its sender would")
    if made := unset_secrets(ruleset, source):
        found = replace(found, reason=f"signed here with a made-up secret, as {made} is not set")
    return Subject(kind, name, source, request, _UID, found, notes)


def _request(asked: argparse.Namespace, ruleset: Ruleset) -> Subject:
    from router.explaining.captured import Unreadable, read_captured

    name = "standard input" if str(asked.request) == "-" else str(asked.request)
    raw = _limited(sys.stdin.buffer, name) if str(asked.request) == "-" else _read(asked.request)
    if asked.changes or asked.type:
        raise Stop("--set and --type change a payload; a captured request is verified as it came", USAGE)
    try:
        found = read_captured(raw)
    except Unreadable as error:
        raise Stop(f"{name} is no captured request: {error}", AT_FAULT) from None
    source, notes = _of_request(asked, ruleset, found.source, found.path, found.headers)
    request = RawRequest(
        source=source.name,
        method=found.method,
        path=found.path or source.path,
        query=found.query,
        headers=found.headers,
        body=found.body,
        received_at=asked.at or found.at or _now(),
    )
    judged = judged_request(ruleset, source, request)
    return Subject("request", name, source, request, _UID, judged, (*found.notes, *notes))


def judged_request(ruleset: Ruleset, source: Source, request: RawRequest) -> Verification:
    """Verify a captured request; without its real secret that cannot be judged."""
    from router.explaining.verification import Verification, seen, unknown, verification

    limit = source.max_body or ruleset.document.server.max_body
    headers = seen(source, request)
    if source.handshake(request, verified=False) is not None:
        return Verification(source.scheme.name, "unchecked", "a handshake is answered without it", None, headers)
    if request.method != "POST":
        reason = f"it is a {request.method}, and the router takes POST"
        return Verification(source.scheme.name, "refused", reason, 405, headers)
    if len(request.body) > limit:
        reason = f"the body has {len(request.body)} bytes, and at most {limit} are allowed (`max_body`)"
        return Verification(source.scheme.name, "refused", reason, 413, headers)
    made = unset_secrets(ruleset, source)
    if made and source.scheme.name != "none":
        judged = verification(source, request)
        if judged.verdict == "verified":  # captured from `dev`, which makes up the same secret
            return replace(judged, reason=f"with the made-up secret of `dev`, as {made} is not set")
        how = f"its secret is not set ({made}), so that nobody can say whether the signature is right"
        return unknown(source, request, how, (f"set {made} to the sender's secret, and ask again",))
    return verification(source, request, _others(ruleset, source))


def unset_secrets(ruleset: Ruleset, source: Source) -> str:
    """Return the names of the variables that are not set and whose made-up values are secrets of a source."""
    from router.config.made_up import made_up

    return " and ".join(name for name in sorted(ruleset.document.made) if made_up(name) in source.secrets)


def _others(ruleset: Ruleset, source: Source) -> list[Source]:
    """Return the other sources whose secrets are real."""
    return [
        other
        for other in ruleset.sources.values()
        if other.name != source.name and not unset_secrets(ruleset, other) and other.scheme.name != "none"
    ]


def _of_request(
    asked: argparse.Namespace, ruleset: Ruleset, named: str | None, path: str, headers: Pairs
) -> tuple[Source, tuple[str, ...]]:
    by_path = next((source for source in ruleset.sources.values() if path and source.path == path), None)
    wanted = asked.source or named
    if wanted is not None:
        source = _named(ruleset, wanted)
        if path and by_path is not source:
            return source, (f"it was sent to {path}; the source `{source.name}` is at {source.path}",)
        return source, ()
    if by_path is not None:
        return by_path, ()
    if path and len(ruleset.sources) > 1:
        paths = ", ".join(source.path for source in ruleset.sources.values())
        said = f"no source is at {path}: the router would answer 404 (there are {paths})"
        raise Stop(f"{said}; say with --source which one is meant", AT_FAULT)
    if (likely := _by_headers(ruleset, headers)) is not None:
        return likely, (f"taken for a request of `{likely.name}`, by its headers",)
    source = _source(asked, ruleset, "the request")
    return source, (f"it was sent to {path}; the source `{source.name}` is at {source.path}",) if path else ()


def _by_headers(ruleset: Ruleset, headers: Pairs) -> Source | None:
    """Return the one source that has every header of its proof there."""
    request = RawRequest("", "POST", "", (), headers, b"", _now())
    fitting = [
        source
        for source in ruleset.sources.values()
        if (proof := source.scheme.proof(request)) and all(request.all_of(header.name) for header in proof)
    ]
    return fitting[0] if len(fitting) == 1 else None


def _source(asked: argparse.Namespace, ruleset: Ruleset, what: str) -> Source:
    if asked.source is not None:
        return _named(ruleset, asked.source)
    if len(ruleset.sources) == 1:
        return next(iter(ruleset.sources.values()))
    known = ", ".join(ruleset.sources) or "none"
    raise Stop(f"say with --source who sent {what}; {asked.config} has: {known}", USAGE)


def _named(ruleset: Ruleset, name: str) -> Source:
    if name in ruleset.sources:
        return ruleset.sources[name]
    hint = did_you_mean(name, ruleset.sources)
    raise Stop(f"there is no source `{name}`" + (f" ({hint})" if hint else ""), AT_FAULT)


def _changes(asked: argparse.Namespace) -> tuple[str, ...]:
    return (f"changed: {', '.join(asked.changes)}",) if asked.changes else ()


def _is_file(path: Path) -> bool:
    """Tell whether there is something to read; a name that no file can have is none."""
    try:
        return path.is_file() or path.is_fifo()
    except OSError:
        return False


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            return _limited(stream, str(file))
    except OSError as error:
        raise Stop(f"{file}: {error.strerror}", AT_FAULT) from None


def _limited(stream: BinaryIO, name: str) -> bytes:
    """Read to the end, which a device may not have."""
    raw = stream.read(_LARGEST + 1)
    if len(raw) > _LARGEST:
        raise Stop(f"{name} is larger than {_LARGEST // 2**20} MiB, and no event is", AT_FAULT)
    return raw


def _now() -> datetime:
    from router.running import utc_now

    return utc_now()
