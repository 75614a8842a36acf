"""Reads what comes in: a sample, a payload, a file, or a request as it came."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from router.config.fields import Fields, kind_of
from router.config.files import UnusableFile, read_text, shown
from router.config.node import Mapping as MappingNode
from router.config.node import Node, Scalar, plain
from router.config.problem import Problems, did_you_mean
from router.model import RawRequest
from router.sources.samples import sample, sample_types
from router.sources.source import Source
from router.specimen import body_of, near_place, set_at, signed_request
from router.testing.captured import read_captured, read_headers
from router.testing.case import Given

MAX_FILE = 10 * 2**20  #: bytes of a file that a test names
MESSAGE_ID = "msg_test"  #: the event's id where a test says none
_WAYS = ("event", "source", "payload", "file", "request")


@dataclass(frozen=True, slots=True)
class Setting:
    """Where a test stands: the folder that its files are looked for in, and the sources there are."""

    folder: Path
    sources: Mapping[str, Source]
    at: datetime
    timed: bool


def read_given(fields: Fields, setting: Setting, problems: Problems) -> Given | None:
    """Read what a test gives; None where that cannot be used, which is noted."""
    request = fields.get("request")
    message_id = fields.text("id", default=MESSAGE_ID) or MESSAGE_ID
    if request is not None:
        for name in ("event", "source", "payload", "file", "set", "headers", "id"):
            fields.read.add(name)
            if (key := fields.node.key(name)) is not None:
                message = f"`{name}` cannot stand beside `request`, which is taken as it came"
                hint = "the source stands in `request`" if name in ("event", "source") else None
                problems.error("which-event", key, message, hint)
        return read_captured(request, setting.folder, setting.sources, setting.at, problems, timed=setting.timed)
    source, type_, named = _source(fields, setting.sources, problems)
    payload_node, file_node = fields.get("payload"), fields.get("file")
    changes, headers = fields.get("set"), read_headers(fields, "headers")
    if payload_node is not None and file_node is not None:
        where = fields.node.key("payload")
        problems.error("which-event", where or payload_node, "`payload` and `file` are one too many: keep one")
        return None
    if source is None:
        return None
    own = payload_node is not None or file_node is not None
    body: bytes | None = None
    payload: Any = None
    if payload_node is not None:
        payload = plain(payload_node)
    elif file_node is not None:
        body = _file(file_node, setting.folder, problems)
        payload = None if body is None else _json(body, file_node, problems)
        if body is None or payload is _UNUSABLE:
            return None
    elif type_ is None:
        hint = "write `event: SOURCE/TYPE`, or give a `payload` or a `file`"
        problems.error("which-event", named, "this says not which event comes", hint)
        return None
    elif (payload := _sample(source, type_, named, setting.at, problems)) is None:
        return None
    if changes is not None:
        body = None
        _change(payload, changes, problems, is_sample=not own)
    if not source.provable:
        said = f"the source `{source.name}` has the public key of its sender only, so that nothing can be signed"
        problems.error("which-event", named, said, "give the whole `request` as it came")
        return None
    made = body_of(payload) if body is None else body
    try:
        request_ = signed_request(source, type_ or "", made, message_id, setting.at)
    except ValueError as error:
        problems.error("which-event", named, f"{error}: give the whole `request` as it came")
        return None
    return Given(source, _with(request_, headers), type_ if own and changes is None else None, timed=setting.timed)


def _source(
    fields: Fields, sources: Mapping[str, Source], problems: Problems
) -> tuple[Source | None, str | None, Node]:
    """Return the source, the event's type where one is named, and the place that says so."""
    event, name = fields.text("event"), fields.text("source")
    node = fields.node.get("event") or fields.node.get("source") or fields.node
    type_: str | None = None
    if event is not None:
        if name is not None:
            key = fields.node.key("source") or node
            problems.error("which-event", key, "`event` names the source already: remove `source`")
        name, slash, type_ = event.partition("/")
        if not slash or not type_:
            known = [f"{s.name}/{t}" for s in sources.values() for t in (*s.known_types, *_samples(s))]
            hint = did_you_mean(event, known) or "such as clerk/user.created"
            problems.error("which-event", node, f"`{event}` is no event: write SOURCE/TYPE", hint)
            return None, None, node
    if name is None:
        given = any(fields.node.get(way) is not None for way in _WAYS)
        if fields.node.get("event") is None and fields.node.get("source") is None:
            if given and len(sources) == 1:
                return next(iter(sources.values())), None, node
            hint = "write `event: SOURCE/TYPE`, or `request` for one that was captured"
            problems.error("missing-key", node, f"{fields.what} needs an `event`", hint)
        return None, None, node
    if name not in sources:
        problems.error("unknown-source", node, f"there is no source `{name}`", did_you_mean(name, sources))
        return None, None, node
    return sources[name], type_, node


def _samples(source: Source) -> list[str]:
    return sample_types(source.provider) if source.provider else []


def _sample(source: Source, type_: str, node: Node, at: datetime, problems: Problems) -> Any:
    known = _samples(source)
    if type_ in known:
        return sample(source.provider or "", type_, at)
    guess = did_you_mean(type_, known) or ""
    if guess.startswith("did"):
        hint = guess.replace("`", f"`{source.name}/", 1)
    else:
        hint = "give it a `payload`, or a `file`" + (f"; there are {', '.join(known)}" if known else "")
    problems.error("unknown-sample", node, f"there is no sample of `{source.name}/{type_}`", hint)
    return None


_UNUSABLE = object()


def _file(node: Node, folder: Path, problems: Problems) -> bytes | None:
    if not (isinstance(node, Scalar) and isinstance(node.value, str)):
        problems.error("wrong-type", node, f"`file` must be a path, not {kind_of(node)}")
        return None
    path = folder / node.value
    try:
        return read_text(path, MAX_FILE).encode()
    except UnusableFile as error:
        problems.error("unreadable-file", node, f"the file `{shown(path)}` {error.reason}", error.hint)
        return None


def _json(body: bytes, node: Node, problems: Problems) -> Any:
    try:
        return json.loads(body)
    except json.JSONDecodeError as error:
        what = f"{error.msg} in line {error.lineno}, column {error.colno}"
        problems.error("unreadable-file", node, f"the file is not JSON: {what}")
    except (ValueError, RecursionError):
        problems.error("unreadable-file", node, "the file is not usable JSON: too deep, or a number is too long")
    return _UNUSABLE


def _change(payload: Any, node: Node, problems: Problems, *, is_sample: bool) -> None:
    if not isinstance(node, MappingNode):
        hint = "such as `set: {data.first_name: null}`"
        problems.error("wrong-type", node, f"`set` must be a mapping of paths, not {kind_of(node)}", hint)
        return
    for key, value in node.entries:
        path = str(key.value)
        if is_sample and (near := near_place(payload, path)) is not None:
            problems.warning("added-place", key, f"the sample has no `{path}`, so that it is added", near)
        try:
            set_at(payload, path, plain(value))
        except ValueError as error:
            problems.error("unknown-place", key, str(error), "a path begins at the payload: data.first_name")


def _with(request: RawRequest, headers: tuple[tuple[str, tuple[str, ...]], ...]) -> RawRequest:
    """Return the request with these headers instead of its own; one without values is left out."""
    replaced = {name.lower() for name, _ in headers}
    kept = [(name, value) for name, value in request.headers if name.lower() not in replaced]
    added = [(name, value) for name, values in headers for value in values]
    return RawRequest(
        source=request.source,
        method=request.method,
        path=request.path,
        query=request.query,
        headers=(*kept, *added),
        body=request.body,
        received_at=request.received_at,
    )
