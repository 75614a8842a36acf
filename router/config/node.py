"""A YAML document as a tree of values that know where they stand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple


class Mark(NamedTuple):
    """A place in a file; line and column count from 1, `length` is how many characters are meant."""

    file: str
    line: int = 1
    column: int = 1
    length: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text, number, boolean or null. `plain` is true for an unquoted one; `text` is how it was written."""

    value: str | int | float | bool | None
    mark: Mark
    text: str = ""
    plain: bool = True


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list."""

    items: tuple[Node, ...]
    mark: Mark

    def __iter__(self) -> Iterator[Node]:
        return iter(self.items)


@dataclass(frozen=True, slots=True)
class Mapping:
    """A mapping; keys are texts, in the order of the file. `owner` is the place of the key that it belongs to."""

    entries: tuple[tuple[Scalar, Node], ...]
    mark: Mark
    owner: Mark | None = None

    @property
    def head(self) -> Mark:
        """Where to tell what the mapping lacks as a whole: at its key, where it has one."""
        return self.owner or self.mark

    def get(self, name: str) -> Node | None:
        """Return the value of a key; None where it is missing."""
        return next((value for key, value in self.entries if key.value == name), None)

    def key(self, name: str) -> Scalar | None:
        """Return the node of a key; None where it is missing."""
        return next((key for key, _ in self.entries if key.value == name), None)

    def keys(self) -> list[str]:
        """Return the keys, as texts."""
        return [str(key.value) for key, _ in self.entries]


Node = Scalar | Sequence | Mapping


def plain(node: Node) -> Any:
    """Return the tree as Python values, without positions."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return {str(key.value): plain(value) for key, value in node.entries}


def at(node: Node, path: tuple[str | int, ...]) -> Mark:
    """Return the place of the value that `path` leads to, or of the deepest part of it that exists."""
    for step in path:
        inner: Node | None = None
        if isinstance(node, Mapping):
            inner = node.get(str(step))
        elif isinstance(node, Sequence) and isinstance(step, int) and step < len(node.items):
            inner = node.items[step]
        if inner is None:
            break
        node = inner
    return node.mark
