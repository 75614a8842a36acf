"""What the texts inside blocks and attachments hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from router.plugin import MRKDWN, TEXT, URL, Kind, Tree

_PLAIN = frozenset({"plain_text", "raw_text", "text", "emoji"})  # the last two stand in rich text


def _kind(key: str, within: Mapping[str, Any]) -> Kind:
    """Return the kind of a text inside `blocks` or `attachments`."""
    if key == "url" or key.endswith(("_url", "_link", "_icon")):
        return URL
    if "type" in within:
        return MRKDWN if key == "text" and within["type"] not in _PLAIN else TEXT
    if key in {"text", "pretext", "title", "fallback", "footer", "author_name"}:
        return MRKDWN
    return MRKDWN if key == "value" and "title" in within else TEXT  # a field of an attachment


Parts = Annotated[list[dict[str, Any]], Tree(_kind)]
