"""A list or mapping while its parts are being read."""

from __future__ import annotations

from dataclasses import dataclass, field

from router.config.node import Mapping, Mark, Node, Scalar, Sequence


class Unusable(Exception):
    """The document cannot be used at all; the reason has been noted."""


@dataclass(slots=True)
class Frame:
    """A list or mapping that is being read."""

    mark: Mark
    start: int  # index of its first character
    anchor: str | None
    flow: bool
    before: int  # values counted before it
    items: list[Node] | None = None
    entries: dict[str, tuple[Scalar, Node]] | None = None
    merged: list[Mapping] = field(default_factory=list)
    key: Scalar | None = None
    key_is_merge: bool = False
    merge_at: Mark | None = None
    height: int = 0
    template: bool = False  # it is `{{ x }}`, unquoted
    in_template: bool = False

    def node(self) -> Node:
        """Return the list or mapping; what `<<` brings yields to the mapping's own keys."""
        if self.items is not None:
            return Sequence(tuple(self.items), self.mark)
        entries = self.entries or {}
        for other in self.merged:
            for key, value in other.entries:
                entries.setdefault(str(key.value), (key, value))
        mark = self.mark
        if not self.flow and entries:
            first = next(iter(entries.values()))[0].mark
            mark = first if (first.line, first.column) == (mark.line, mark.column) else mark
        return Mapping(tuple(entries.values()), mark)


@dataclass(frozen=True, slots=True)
class Anchored:
    """A value that aliases repeat, how many values it holds, and how many levels."""

    node: Node
    size: int
    height: int
