"""Reads `handshakes` and `verify_token` of a source."""

from __future__ import annotations

from typing import Any

from router.config.fields import Fields
from router.config.node import Mapping, Node, Scalar, Sequence
from router.config.problem import Problems, did_you_mean
from router.sources.handshake import ANY, ENCODINGS, Digest, Handshake, Place
from router.sources.locator import parse_locator
from router.sources.respond import read_headers

METHODS = ("POST", "GET", "OPTIONS")
_PLACES = ("$", "header:", "query:")


def read_handshakes(fields: Fields, problems: Problems) -> tuple[Handshake, ...]:
    """Return the handshakes of a source, without the faulty ones, of which every fault is told."""
    node = fields.get("handshakes")
    tokens = tuple(text for scalar in fields.names("verify_token") or () if (text := str(scalar.value).strip()))
    if node is None:
        return ()
    if not isinstance(node, Sequence):
        fields.wrong(node, "handshakes", "a list")
        return ()
    found = [_handshake(item, problems, tokens, fields) for item in node.items]
    return tuple(handshake for handshake in found if handshake is not None)


def _handshake(node: Node, problems: Problems, tokens: tuple[str, ...], source: Fields) -> Handshake | None:
    before = len(problems.errors)
    fields = Fields(node, problems, "a handshake")
    method = fields.text("method", default="POST") or "POST"
    if method not in METHODS:
        place = fields.node.get("method") or node
        hint = did_you_mean(method, METHODS)
        problems.error("unknown-value", place, "`method` must be one of " + ", ".join(METHODS), hint)
    verified = fields.flag("verify", default=method == "POST")
    if verified and method != "POST":
        problems.error("useless-key", fields.node.get("verify") or node, "only a POST can be verified")
    when = _when(fields, problems)
    token = _place(fields, "token", problems)
    shows = _place(fields, "show", problems)
    if method == "POST" and not when and len(problems.errors) == before:
        problems.error(
            "missing-key", node, "a handshake by POST needs `when`, or no event would ever come through"
        )
    status, text, tree, headers = _answer(fields, problems)
    fields.finish()
    if token is not None and not tokens and len(problems.errors) == before:
        hint = 'write `verify_token: "${NAME}"`: the text that you enter at the sender'
        source.lacks("verify_token", f"{source.what} needs a `verify_token`", hint)
    if len(problems.errors) > before:
        return None
    return Handshake(method, when, verified, token, status, text, tree, headers, shows, tokens)


def _when(fields: Fields, problems: Problems) -> tuple[tuple[Place, Any], ...]:
    node = fields.get("when")
    if node is None:
        return ()
    found: list[tuple[Place, Any]] = []
    for key, value in Fields(node, problems, "`when`").node.entries:
        place = _parsed(key, str(key.value), problems)
        exists = value.get("exists") if isinstance(value, Mapping) else None
        if (
            isinstance(exists, Scalar)
            and exists.value is True
            and isinstance(value, Mapping)
            and len(value.entries) == 1
        ):
            wanted: Any = ANY
        elif isinstance(value, Scalar) and value.value is not None:
            wanted = value.value
        else:
            problems.error("wrong-type", value, f"`{key.value}` must be a constant, or {{exists: true}}")
            continue
        if place is not None:
            found.append((place, wanted))
    return tuple(found)


def _answer(fields: Fields, problems: Problems) -> tuple[int, Any, Any, tuple[tuple[str, Any], ...]]:
    node = fields.get("answer")
    if node is None:
        return 200, None, None, ()
    inner = Fields(node, problems, "`answer`")
    status = inner.count("status", default=200)
    if not 200 <= status <= 299:
        problems.error("out-of-range", inner.node.get("status") or node, "`status` must be one of 200 to 299")
    text, tree = inner.get("text"), inner.get("json")
    if text is not None and tree is not None:
        problems.error("useless-key", text, "`json` and `text` are both the body: remove one of the two")
    headers = tuple(
        (name, _value(Scalar(value, node.mark), problems)) for name, value in read_headers(inner, problems)
    )
    inner.finish()
    return (
        status,
        None if text is None else _value(text, problems),
        None if tree is None else _value(tree, problems),
        headers,
    )


def _value(node: Node, problems: Problems) -> Any:
    """Return a constant, with Place and Digest where the text or mapping says so."""
    if isinstance(node, Scalar):
        said = node.value
        return _parsed(node, said, problems) if isinstance(said, str) and said.startswith(_PLACES) else said
    if isinstance(node, Sequence):
        return [_value(item, problems) for item in node.items]
    if node.get("hmac") is None:
        return {str(key.value): _value(value, problems) for key, value in node.entries}
    fields = Fields(node, problems, "`hmac`")
    place = _place(fields, "hmac", problems)
    encoding = fields.text("encoding", default="hex") or "hex"
    if encoding not in ENCODINGS:
        problems.error(
            "unknown-value",
            fields.node.get("encoding") or node,
            "`encoding` must be one of " + ", ".join(ENCODINGS),
        )
    prefix = fields.text("prefix", default="") or ""
    fields.finish()
    return None if place is None else Digest(place, encoding, prefix)


def _place(fields: Fields, name: str, problems: Problems) -> Place | None:
    text = fields.text(name)
    node = fields.node.get(name)
    return None if text is None or node is None else _parsed(node, text, problems)


def _parsed(node: Node, text: str, problems: Problems) -> Place | None:
    if text.startswith("query:") and len(text) > len("query:"):
        return Place(query=text.removeprefix("query:"))
    try:
        return Place(locator=parse_locator(text))
    except ValueError as error:
        problems.error("wrong-place", node, str(error), "or query:NAME for a parameter of the address")
        return None
