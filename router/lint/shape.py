"""What the values at one place of the samples are, of all samples together: a tree of places."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from router.routing.values import called

_MAY_HOLD_ANYTHING = re.compile(r"(.*_)?(meta_?data|properties|attributes|labels|custom_\w+|extra|context)")


class Anything:
    """What stands in a sample where its sender may send anything, or nothing."""


ANYTHING = Anything()


@dataclass(slots=True)
class Shape:
    """One place: its path, what stood there (`a text`, `null`, ...), its members, and what its elements are.

    An `open` place may hold more than the samples show: one that was null or empty, and maps of the sender's
    users (metadata). Whatever is asked of it is unknown, never missing.
    """

    path: str
    kinds: set[str] = field(default_factory=set)
    members: dict[str, Shape] = field(default_factory=dict)
    element: Shape | None = None
    open: bool = False

    @property
    def is_list(self) -> bool:
        """Whether it is a list in every sample."""
        return self.kinds == {"a list"}

    @property
    def is_mapping(self) -> bool:
        """Whether it is a mapping in every sample."""
        return self.kinds == {"a mapping"}

    @property
    def known(self) -> bool:
        """Whether its kinds are certain: it was never null, and nothing says that it could be something else."""
        return not self.open and bool(self.kinds) and "null" not in self.kinds

    def every(self) -> list[Shape] | None:
        """Return what `*` selects; None where that is unknown."""
        if self.open:
            return None
        return [*self.members.values(), *([self.element] if self.element is not None else [])]

    def below(self) -> Iterator[Shape]:
        """Yield every place below, the nearest first."""
        level = [self]
        while level:
            level = [inner for shape in level for inner in shape.every() or ()]
            yield from level


def shape_of(values: Iterable[Any], path: str) -> Shape:
    """Return the shape of values that stand at the same place of several samples."""
    found = Shape(path)
    members: dict[str, list[Any]] = {}
    elements: list[Any] = []
    listed = False
    for value in values:
        if value is ANYTHING:
            found.open = True
            continue
        found.kinds.add(called(value))
        if isinstance(value, dict):
            found.open |= not value
            for name, inner in value.items():
                members.setdefault(name, []).append(inner)
        elif isinstance(value, list):
            listed = True
            elements.extend(value)
    last = path.rpartition(".")[2]
    found.open |= _MAY_HOLD_ANYTHING.fullmatch(last) is not None
    found.open |= found.kinds == {"null"} or (listed and not elements)
    found.members = {name: shape_of(inner, f"{path}.{name}") for name, inner in members.items()}
    found.element = shape_of(elements, f"{path}[0]") if elements else None
    return found
