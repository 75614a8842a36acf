"""What a source answers to the events of its sender: `respond: {status, json|text|body, headers}`."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from router.config.fields import Fields, kind_of
from router.config.node import Mapping, Scalar, plain
from router.config.problem import Problems
from router.sources.locator import is_header_name

_BODIES = ("json", "text", "body")
_VALUE = re.compile(r"[\x20-\x7e]*")
_OURS = frozenset({"content-length", "transfer-encoding", "connection", "set-cookie", "date", "server"})


@dataclass(frozen=True, slots=True)
class Response:
    """An answer: `headers` hold the content type, where it has a body."""

    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


def read_respond(fields: Fields, problems: Problems) -> Response | None:
    """Read `respond` of a source; None where it has none, or a faulty one."""
    node = fields.get("respond")
    if node is None:
        return None
    before = len(problems.errors)
    inner = Fields(node, problems, "`respond`")
    status = inner.count("status", default=200)
    place = inner.node.get("status")
    if place is not None and len(problems.errors) == before and not 200 <= status <= 299:
        message = "`status` must be one of 200 to 299: to the sender, all others mean that it has to send again"
        problems.error("out-of-range", place, message)
    body, content_type = _body(inner, problems)
    if status in (204, 205) and body and place is not None:
        problems.error("useless-key", place, f"an answer with the status {status} has no body: write status: 200")
    headers = read_headers(inner, problems)
    inner.finish()
    if len(problems.errors) > before or not isinstance(node, Mapping):
        return None
    if body and "content-type" not in {name.lower() for name, _ in headers}:
        headers = (*headers, ("Content-Type", content_type))
    return Response(status, body, headers)


def read_headers(fields: Fields, problems: Problems) -> tuple[tuple[str, str], ...]:
    """Read `headers` of an answer, a mapping of texts."""
    node = fields.get("headers")
    if node is None:
        return ()
    found: list[tuple[str, str]] = []
    for key, value in Fields(node, problems, "`headers`").node.entries:
        name = str(key.value)
        if not is_header_name(name) or name.lower() in _OURS:
            problems.error("wrong-header", key, f"`headers`: `{name}` cannot be set here")
        elif not isinstance(value, Scalar) or not isinstance(value.value, str | int):
            problems.error("wrong-type", value, f"`{name}` must be a text, not {kind_of(value)}")
        elif not _VALUE.fullmatch(str(value.value)):
            problems.error("wrong-header", value, f"`{name}` holds a character that no header takes")
        else:
            found.append((name, str(value.value)))
    return tuple(found)


def _body(fields: Fields, problems: Problems) -> tuple[bytes, str]:
    given = [name for name in _BODIES if fields.get(name) is not None]
    if len(given) > 1:
        place = fields.node.get(given[1]) or fields.node
        problems.error(
            "useless-key", place, f"`{given[0]}` and `{given[1]}` are both the body: remove one of the two"
        )
    if "json" in given and (node := fields.get("json")) is not None:
        return json.dumps(plain(node), ensure_ascii=False).encode("utf-8", "replace"), "application/json"
    text, raw = fields.text("text"), fields.text("body")
    if text is not None:
        return text.encode("utf-8", "replace"), "text/plain; charset=utf-8"
    return (raw or "").encode("utf-8", "replace"), "application/octet-stream"
