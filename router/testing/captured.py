"""Reads a request as it came: its headers, its body's bytes, and when it came."""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl

from router.config.fields import Fields, kind_of
from router.config.files import UnusableFile, shown
from router.config.node import Mapping as MappingNode
from router.config.node import Node, Scalar, Sequence
from router.config.problem import Problems, did_you_mean
from router.model import Pairs, RawRequest
from router.sources.source import Source
from router.testing.case import Given

MAX_BODY = 10 * 2**20  #: bytes of a body's file


def read_captured(
    node: Node, folder: Path, sources: Mapping[str, Source], at: datetime, problems: Problems, *, timed: bool
) -> Given | None:
    """Read a `request`; None where it cannot be used, which is noted. `at` is when it came if it says nothing."""
    before = len(problems.errors)
    fields = Fields(node, problems, "`request`")
    source, path_query = _source(fields, sources, problems)
    headers = read_headers(fields, "headers")
    query = _query(fields, problems)
    own = read_time(fields, "at", problems)
    body = _body(fields, folder, problems)
    fields.finish()
    if source is None or len(problems.errors) > before:
        return None
    request = RawRequest(
        source=source.name,
        method="POST",
        path=source.path,
        query=(*path_query, *query),
        headers=tuple((name, value) for name, values in headers for value in values),
        body=body,
        received_at=own or at,
    )
    return Given(source, request, captured=True, timed=timed or own is not None)


def read_headers(fields: Fields, name: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the names and values of a mapping of headers; a list is a header that stands several times."""
    node = fields.get(name)
    if node is None:
        return ()
    if not isinstance(node, MappingNode):
        fields.wrong(node, name, "a mapping of names and values")
        return ()
    return tuple((str(key.value), _values(value, str(key.value), fields)) for key, value in node.entries)


def read_time(fields: Fields, name: str, problems: Problems) -> datetime | None:
    """Return a moment in ISO 8601; one without a zone is in UTC."""
    text = fields.text(name)
    node = fields.node.get(name)
    if text is None or node is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        hint = "write it in ISO 8601: 2026-01-15T12:00:00Z"
        problems.error("wrong-value", node, f"`{name}` is no time: `{text}`", hint)
        return None


def _values(node: Node, name: str, fields: Fields) -> tuple[str, ...]:
    if isinstance(node, Scalar) and node.value is None:
        return ()
    items = node.items if isinstance(node, Sequence) else (node,)
    found = []
    for item in items:
        if isinstance(item, Scalar) and isinstance(item.value, str):
            found.append(item.value)
        elif isinstance(item, Scalar) and item.value is not None:
            found.append(item.text)
        else:
            fields.problems.error("wrong-type", item, f"`{name}` must be a text, not {kind_of(item)}")
    return tuple(found)


def _source(fields: Fields, sources: Mapping[str, Source], problems: Problems) -> tuple[Source | None, Pairs]:
    name, path = fields.text("source"), fields.text("path")
    if name is not None:
        node = fields.node.get("source") or fields.node
        if name not in sources:
            problems.error("unknown-source", node, f"there is no source `{name}`", did_you_mean(name, sources))
        return sources.get(name), ()
    if path is not None:
        bare, _, query = path.partition("?")
        found = next((source for source in sources.values() if source.path == bare), None)
        if found is None:
            node = fields.node.get("path") or fields.node
            hint = did_you_mean(bare, [source.path for source in sources.values()])
            problems.error("unknown-source", node, f"no source takes requests at `{bare}`", hint)
        return found, tuple(parse_qsl(query, keep_blank_values=True))
    if len(sources) == 1:
        return next(iter(sources.values())), ()
    if fields.node.entries:
        hint = f"one of: {', '.join(sorted(sources))}"
        problems.error(
            "missing-key", fields.node, "`request` needs a `source`, or the `path` it was sent to", hint
        )
    return None, ()


def _query(fields: Fields, problems: Problems) -> Pairs:
    node = fields.get("query")
    if node is None:
        return ()
    if isinstance(node, Scalar) and isinstance(node.value, str):
        return tuple(parse_qsl(node.value.removeprefix("?"), keep_blank_values=True))
    if isinstance(node, MappingNode):
        return tuple((str(k.value), value) for k, v in node.entries for value in _values(v, str(k.value), fields))
    problems.error("wrong-type", node, f"`query` must be a mapping or a text, not {kind_of(node)}")
    return ()


def _body(fields: Fields, folder: Path, problems: Problems) -> bytes:
    node = fields.get("body")
    if node is None:
        return b""
    if isinstance(node, Scalar) and isinstance(node.value, str):
        return node.value.encode()
    if not isinstance(node, MappingNode):
        hint = "the very text that was signed, `{base64: ...}` or `{file: ...}`"
        fields.wrong(node, "body", "a text or a mapping", hint)
        return b""
    inner = Fields(node, problems, "`body`")
    encoded, name = inner.text("base64"), inner.text("file")
    inner.finish()
    if encoded is not None:
        try:
            return b64decode("".join(encoded.split()), validate=True)
        except (binascii.Error, ValueError):
            problems.error("wrong-type", inner.node.get("base64") or node, "this is not base64")
    elif name is not None:
        return _file(folder / name, inner.node.get("file") or node, problems)
    elif not problems.at(node):
        hint = "a mapping here is `{base64: ...}` or `{file: ...}`; quote JSON: body: '{...}'"
        problems.error("missing-key", node, "`body` says not what it is", hint)
    return b""


def _file(path: Path, node: Node, problems: Problems) -> bytes:
    """Return the bytes of a file, whatever they are."""
    try:
        if not path.is_file():
            raise UnusableFile("does not exist" if not path.exists() else "is not a regular file")
        with path.open("rb") as file:
            raw = file.read(MAX_BODY + 1)
        if len(raw) > MAX_BODY:
            raise UnusableFile(f"is larger than {MAX_BODY // 2**20} MiB")
        return raw
    except UnusableFile as error:
        problems.error("unreadable-file", node, f"the file `{shown(path)}` {error.reason}", error.hint)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "its name is not usable"
        problems.error("unreadable-file", node, f"the file `{shown(path)}` cannot be read: {str(why).lower()}")
    return b""
