"""YAML events -> a tree of values with their places, without recursion and within bounds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import yaml

from router.config import cryptic
from router.config.core_schema import NotANumber, Value, resolve, tagged
from router.config.frame import Anchored, Frame, Unusable
from router.config.node import Mapping, Mark, Node, Scalar, Sequence
from router.config.problem import Problems

MAX_DEPTH = 100  #: levels of nesting, aliases followed
MAX_NODES = 100_000  #: values, aliases followed
MAX_PROBLEMS = 500  #: faults of one file that are told
_CORE_TAG = "tag:yaml.org,2002:"
_CORE_SCALARS = frozenset({"str", "int", "float", "bool", "null"})


class Composer:
    """Builds the tree of one document.

    `raw` is the text as it stands in the file; `repaired` holds the lines (from 0) whose cryptic parts
    were replaced before parsing, so that their values are taken from `raw`.
    """

    def __init__(self, raw: str, file: str, problems: Problems, repaired: frozenset[int]) -> None:
        self._raw = raw
        self._file = file
        self._problems = problems
        self._repaired = repaired
        self._frames: list[Frame] = []
        self._anchors: dict[str, Anchored | None] = {}  # None while it is being read
        self._count = 0
        self._root: Node | None = None

    def compose(self, events: Iterable[Any]) -> Node | None:
        """Return the tree, or None for an empty document; raises Unusable."""
        documents = 0
        for event in events:
            kind = type(event)
            if kind is yaml.ScalarEvent:
                self._add(self._scalar(event), event.anchor, 1, 0, event)
            elif kind is yaml.SequenceStartEvent or kind is yaml.MappingStartEvent:
                self._open(event)
            elif kind is yaml.SequenceEndEvent or kind is yaml.MappingEndEvent:
                self._close(event)
            elif kind is yaml.AliasEvent:
                self._alias(event)
            elif kind is yaml.DocumentStartEvent:
                documents += 1
                if documents > 1:
                    mark = self._mark(event)
                    self._problems.error(
                        "several-documents", mark, "a second document begins here", "one file holds one"
                    )
                    raise Unusable
        return self._root

    def _mark(self, event: Any, length: int | None = None) -> Mark:
        start, end = event.start_mark, event.end_mark
        if length is None:
            length = end.column - start.column if end.line == start.line else 1
        return Mark(self._file, start.line + 1, start.column + 1, max(1, length))

    def _scalar(self, event: Any) -> Scalar:
        text: str = event.value
        plain = event.style in ("", None)
        mark = self._mark(event)
        if event.start_mark.line in self._repaired:
            source = self._raw[event.start_mark.index : event.end_mark.index]
            if event.style in ('"', "'"):
                return Scalar(source[1:-1], mark, source, plain=False)
            if plain and len(source) == len(text) and source != text:
                return Scalar(source, mark, source, plain=False)
        if event.tag is not None and event.tag != "!":
            return self._tagged(event, text, mark)
        if not plain:
            if event.style in ("|", ">"):
                mark = self._mark(event, 1)
                cryptic.check_block(text, mark, self._problems)
            elif not text.isascii():
                self._check_characters(text, mark)
            return Scalar(text, mark, text, plain=False)
        if event.tag == "!":
            return Scalar(text, mark, text, plain=False)
        if not text:
            return Scalar(None, mark, text)
        if not text.isascii():
            cryptic.check_quotes(text, mark, self._problems)
        return Scalar(self._value(resolve(text), text, mark), mark, text)

    def _value(self, value: Value | NotANumber, text: str, mark: Mark) -> Value:
        if isinstance(value, NotANumber):
            self._problems.error("unclear-number", mark, value.reason, cryptic.quote_it(text))
            return text
        return value

    def _check_characters(self, text: str, mark: Mark) -> None:
        try:
            text.encode()
        except UnicodeEncodeError:
            self._problems.error(
                "forbidden-character", mark, "this text holds half of a character (a lone surrogate)"
            )
            raise Unusable from None

    def _tagged(self, event: Any, text: str, mark: Mark) -> Scalar:
        kind = event.tag.removeprefix(_CORE_TAG)
        if kind != event.tag and kind in _CORE_SCALARS:
            return Scalar(self._value(tagged(text, kind), text, mark), mark, text, plain=False)
        source = self._raw[event.start_mark.index : event.end_mark.index]
        cryptic.tagged_text(source, mark, self._problems)
        return Scalar(source, mark, source, plain=False)

    def _open(self, event: Any) -> None:
        flow = bool(event.flow_style)
        start = event.start_mark.index
        mark = self._mark(event, 1)
        if len(self._frames) >= MAX_DEPTH:
            self._problems.error("too-deep", mark, f"this is nested deeper than {MAX_DEPTH} levels")
            raise Unusable
        kind = "seq" if isinstance(event, yaml.SequenceStartEvent) else "map"
        if event.tag not in (None, "!", _CORE_TAG + kind):
            where = Mark(mark.file, mark.line, mark.column, len(str(self._raw[start:].split(None, 1)[0])))
            self._problems.error(
                "yaml-tag", where, "a tag before a list or mapping means nothing here", "remove it"
            )
        frame = Frame(mark, start, event.anchor, flow, self._count)
        frame.in_template = kind == "map" and flow and start > 0 and self._raw[start - 1 : start + 1] == "{{"
        if kind == "seq":
            frame.items = []
        else:
            frame.entries = {}
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        self._counted(1, mark)
        self._frames.append(frame)

    def _counted(self, more: int, mark: Mark) -> None:
        self._count += more
        if len(self._problems) > MAX_PROBLEMS:
            raise Unusable
        if self._count > MAX_NODES:
            self._problems.error(
                "too-large", mark, f"the file holds more than {MAX_NODES} values, aliases counted"
            )
            raise Unusable

    def _close(self, event: Any) -> None:
        frame = self._frames.pop()
        if (
            frame.flow
            and event.end_mark.line == event.start_mark.line
            and event.end_mark.line == frame.mark.line - 1
        ):
            frame.mark = Mark(
                self._file, frame.mark.line, frame.mark.column, event.end_mark.column + 1 - frame.mark.column
            )
        node = self._template(frame, event) if frame.template else frame.node()
        size = self._count - frame.before
        self._add(node, frame.anchor, size, frame.height + 1, None)

    def _template(self, frame: Frame, event: Any) -> Scalar:
        source = self._raw[frame.start : event.end_mark.index]
        cryptic.template_mapping(source, frame.mark, self._problems)
        return Scalar(source, frame.mark, source, plain=False)

    def _alias(self, event: Any) -> None:
        mark = self._mark(event)
        source = self._raw[event.start_mark.index : event.end_mark.index]
        if event.anchor not in self._anchors:
            cryptic.unknown_alias(source, mark, self._problems)
            self._add(Scalar(source, mark, source, plain=False), None, 1, 0, None)
            return
        found = self._anchors[event.anchor]
        if found is None:
            self._problems.error("endless-alias", mark, f"`{source}` stands inside the very value that it repeats")
            raise Unusable
        if len(self._frames) + found.height > MAX_DEPTH:
            self._problems.error("too-deep", mark, f"`{source}` leads deeper than {MAX_DEPTH} levels")
            raise Unusable
        self._add(found.node, None, found.size, found.height, None, used=mark)

    def _add(
        self, node: Node, anchor: str | None, size: int, height: int, event: Any, used: Mark | None = None
    ) -> None:
        """Put a value where it belongs; `event` is that of a scalar, `used` the place of an alias."""
        if event is not None or used is not None:
            self._counted(size, used or node.mark)
        if anchor is not None:
            self._anchors[anchor] = Anchored(node, size, height)
        if not self._frames:
            self._root = node
            return
        frame = self._frames[-1]
        frame.height = max(frame.height, height)
        if frame.items is not None:
            if event is not None:
                self._check_scalar(event, node, None, frame)
            frame.items.append(node)
        elif frame.key is None:
            self._key(frame, node, event)
        else:
            if event is not None:
                self._check_scalar(event, node, frame.key, frame)
            self._entry(frame, frame.key, node)

    def _check_scalar(self, event: Any, node: Node, key: Scalar | None, frame: Frame) -> None:
        assert isinstance(node, Scalar)  # noqa: S101 - only scalars have a scalar's event
        if not node.plain or frame.in_template or frame.template:
            return
        if node.text == "":
            cryptic.empty_value(self._raw, event.end_mark.index, event.anchor, key, node.mark, self._problems)
            self._problems.spoil(node.mark)
        else:
            cryptic.cut_by_comment(self._raw, event.end_mark.index, node, self._problems)

    def _key(self, frame: Frame, node: Node, event: Any) -> None:
        assert frame.entries is not None  # noqa: S101 - it is a mapping
        if not isinstance(node, Scalar):
            inner = isinstance(node, Mapping) and frame.flow
            if inner and self._raw[frame.start : frame.start + 2] == "{{":
                frame.template = True
            else:
                self._problems.error(
                    "unusable-key", node.mark, "a key must be a text, not a list or mapping", "quote it"
                )
            key = Scalar(f"\0{len(frame.entries)}", node.mark, "")
        else:
            text = node.text if event is not None and node.plain else str(node.value)
            key = node if text == node.value else Scalar(text, node.mark, node.text, node.plain)
            if event is not None and not frame.in_template:
                cryptic.check_key(self._raw, event.end_mark.index, key, self._problems)
        frame.key = key
        frame.key_is_merge = key.value == "<<" and key.plain and event is not None

    def _entry(self, frame: Frame, key: Scalar, node: Node) -> None:
        assert frame.entries is not None  # noqa: S101 - it is a mapping
        merge, frame.key, frame.key_is_merge = frame.key_is_merge, None, False
        name = str(key.value)
        first = frame.merge_at if merge else frame.entries[name][0].mark if name in frame.entries else None
        if first is not None:
            self._problems.error(
                "duplicate-key", key, f"the key `{name}` stands twice", f"it stands in line {first.line} as well"
            )
        elif merge:
            frame.merge_at = key.mark
            self._merge(frame, node)
        else:
            if isinstance(node, Mapping):
                node = Mapping(node.entries, node.mark, key.mark)
            frame.entries[name] = (key, node)

    def _merge(self, frame: Frame, node: Node) -> None:
        for other in node.items if isinstance(node, Sequence) else (node,):
            if isinstance(other, Mapping):
                frame.merged.append(other)
            else:
                named = other.value if isinstance(other, Scalar) and isinstance(other.value, str) else "name"
                self._problems.error(
                    "wrong-merge",
                    other,
                    "`<<` takes a mapping, or a list of mappings",
                    f"give it an alias: `<<: *{named}`",
                )
