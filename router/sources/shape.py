"""Reads `body` and `split` of a source: what its requests look like."""

from __future__ import annotations

from router.config.fields import Fields, left_out
from router.config.node import Mapping, Scalar
from router.config.problem import Problems, did_you_mean
from router.sources.payload import Kind, Payload
from router.sources.split import Split, parse_split


def read_body(fields: Fields, problems: Problems) -> Payload:
    """Read `body` of a source; `auto` where it has none, or a faulty one."""
    node = fields.get("body")
    if node is None or left_out(node):
        return Payload()
    if isinstance(node, Mapping):
        inner = Fields(node, problems, "`body`")
        field = inner.text("form_field", required=True)
        inner.finish()
        return Payload(Kind.FORM, field)
    if isinstance(node, Scalar) and node.value in list(Kind):
        return Payload(Kind(str(node.value)))
    hint = did_you_mean(str(node.value), list(Kind)) if isinstance(node, Scalar) else None
    message = f"`body` must be one of {', '.join(Kind)}, or {{form_field: NAME}}"
    problems.error("unknown-value", node, message, hint)
    return Payload()


def read_split(fields: Fields, problems: Problems, reads: Payload) -> Split | None:
    """Read `split` of a source; None where it has none, or a faulty one."""
    text = fields.text("split")
    node = fields.node.get("split")
    if text is None or node is None:
        return None
    if reads.kind in (Kind.FORM, Kind.TEXT) and reads.field is None:
        message = f"`split` is of no use with `body: {reads.kind}`: it takes an array of JSON apart"
        problems.error("useless-key", fields.node.key("split") or node, message)
        return None
    try:
        return parse_split(text)
    except ValueError as error:
        problems.error("wrong-place", node, f"`split`: {error}")
        return None
