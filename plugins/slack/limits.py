"""What Slack takes at most of a message: docs.slack.dev/reference/block-kit/blocks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

# In characters or elements.
_TEXT, _BLOCKS, _ATTACHMENTS, _MARKDOWN = 40_000, 50, 100, 12_000
_COUNTS = {("section", "fields"): 10, ("context", "elements"): 10, ("actions", "elements"): 25}
_OBJECTS = {  # a text object's `text`, by the block or element and the key it stands in
    ("section", "text"): 3000,
    ("section", "fields"): 2000,
    ("header", "text"): 150,
    ("button", "text"): 75,
    ("image", "title"): 2000,
    ("video", "title"): 200,
}
_TEXTS = {"block_id": 255, "action_id": 255, "image_url": 3000, "alt_text": 2000, "url": 3000}


def over(body: Mapping[str, Any]) -> Iterator[tuple[str, int, str]]:
    """Yield what is longer than Slack takes: where, the limit, and its unit."""
    if len(body.get("text", "")) > _TEXT:
        yield "text", _TEXT, "characters"
    for key, limit in (("blocks", _BLOCKS), ("attachments", _ATTACHMENTS)):
        if len(body.get(key, ())) > limit:
            yield key, limit, "elements"
        yield from _over_in(body.get(key, ()), key)
    markdown = [b["text"] for b in body.get("blocks", ()) if b.get("type") == "markdown" and "text" in b]
    if sum(len(str(text)) for text in markdown) > _MARKDOWN:
        yield "blocks", _MARKDOWN, "characters of markdown"


def _over_in(value: Any, where: str) -> Iterator[tuple[str, int, str]]:
    if isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _over_in(item, f"{where}[{index}]")
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            place, kind = f"{where}.{key}", (str(value.get("type")), str(key))
            if isinstance(inner, list) and len(inner) > _COUNTS.get(kind, len(inner)):
                yield place, _COUNTS[kind], "elements"
            if isinstance(inner, str) and len(inner) > _TEXTS.get(str(key), len(inner)):
                yield place, _TEXTS[str(key)], "characters"
            for text in inner if isinstance(inner, list) else [inner]:
                longest = _OBJECTS.get(kind)
                if longest and isinstance(text, Mapping) and len(str(text.get("text", ""))) > longest:
                    yield f"{place}.text", longest, "characters"
            yield from _over_in(inner, place)
