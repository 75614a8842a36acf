"""A tree of parameters, compiled: what each node of the file becomes for one event."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import GeneratorType
from typing import Any, Protocol

from jinja2 import Undefined

from router.plugin import JSON, Tree
from router.routing.bounds import ITEMS, BoundsError, budget
from router.routing.kinds import VAR, filled
from router.routing.shape import Leaf, Listing, Slot, TreeOf
from router.routing.template import Template
from router.routing.values import OMIT, ValueFault, called


class Part(Protocol):
    """One node; `constant` says that no event changes it."""

    @property
    def constant(self) -> bool: ...  # noqa: D102 - said above

    def render(self, names: dict[str, Any]) -> Any:
        """Return the value for one event; raises RenderError with place, field and reason."""


@dataclass(frozen=True, slots=True)
class Constant:
    """A value that no event changes."""

    value: Any
    constant = True

    def render(self, names: dict[str, Any]) -> Any:
        """Return it."""
        return self.value


@dataclass(frozen=True, slots=True)
class Faulty:
    """What could not be compiled, which was told; nothing else is said of its place."""

    constant = False

    def render(self, names: dict[str, Any]) -> Any:
        """Never asked for: a configuration with faults is not used."""
        raise ValueFault("it is faulty")


@dataclass(frozen=True, slots=True)
class Filled:
    """A whole expression: its value, made fit for its place."""

    template: Template
    slot: Slot
    path: str
    constant = False

    def render(self, names: dict[str, Any]) -> Any:
        """Return the value."""
        try:
            return fit(self.slot, self.template.bare(names))
        except Exception as error:
            raise self.template.failed(error, names, f"`{self.path}`") from error


@dataclass(frozen=True, slots=True)
class Written:
    """A template, whose value is text."""

    template: Template
    path: str
    constant = False

    def render(self, names: dict[str, Any]) -> Any:
        """Return the text."""
        return self.template.value(names, f"`{self.path}`")


@dataclass(frozen=True, slots=True)
class Each:
    """An element of a list that becomes one for each item of another list."""

    items: Template
    name: str
    part: Part
    path: str
    constant = False

    def all(self, names: dict[str, Any]) -> Iterator[Any]:
        """Yield an element for each item."""
        try:
            items = listed(self.items.bare(names))
        except Exception as error:
            raise self.items.failed(error, names, f"`{self.path}.for_each`") from error
        for index, item in enumerate(items):
            budget().step()
            yield self.part.render({**names, self.name: item, "index": index})

    def render(self, names: dict[str, Any]) -> Any:
        """Return the elements as a list."""
        return list(self.all(names))


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list."""

    parts: tuple[Part, ...]

    @property
    def constant(self) -> bool:
        """Whether every element is constant."""
        return all(part.constant for part in self.parts)

    def render(self, names: dict[str, Any]) -> Any:
        """Return the list without what is omitted."""
        found: list[Any] = []
        for part in self.parts:
            found.extend(part.all(names) if isinstance(part, Each) else (part.render(names),))
        return [value for value in found if value is not OMIT]


@dataclass(frozen=True, slots=True)
class MapOf:
    """A mapping."""

    entries: tuple[tuple[str, Part], ...]

    @property
    def constant(self) -> bool:
        """Whether every value is constant."""
        return all(part.constant for _, part in self.entries)

    def render(self, names: dict[str, Any]) -> Any:
        """Return the mapping without what is omitted."""
        found = ((key, part.render(names)) for key, part in self.entries)
        return {key: value for key, value in found if value is not OMIT}


def listed(value: Any) -> list[Any]:
    """Return the items that `for_each` goes through; raises for what is no list, and for more than 1,000."""
    if isinstance(value, Undefined):
        str(value)  # raises, naming what is missing
    if not isinstance(value, list | tuple | range | GeneratorType):
        raise ValueFault(f"`for_each` needs a list, not {called(value)}")
    found = []
    for item in value:
        found.append(item)
        if len(found) > ITEMS:
            raise BoundsError(f"more than {ITEMS:,} items")
    return found


def fit(slot: Slot, value: Any) -> Any:
    """Return the value of an expression as its place wants it; raises ValueFault."""
    if isinstance(value, Undefined):
        str(value)  # raises, naming what is missing
    if value is OMIT or (value is None and slot.nullable):
        return value
    for option in slot.options:
        if isinstance(option, TreeOf):
            return _tree(option.tree, filled(JSON, value), "", {})
        if isinstance(option, Leaf) and option.kind in (JSON, VAR):
            return filled(option.kind, value)
    kind = called(value)
    if kind == "a list" and (lists := slot.of(Listing)):
        return [done for item in value if (done := fit(lists[0].item, item)) is not OMIT]
    if leaves := slot.of(Leaf):
        return filled(leaves[0].kind, value)
    if kind == "a mapping":
        raise ValueFault("the names of keys are constants: write the mapping out, and a template for each value")
    wanted = "a list" if slot.of(Listing) else "a mapping"
    raise ValueFault(f"{kind} cannot stand where {wanted} is needed")


def _tree(tree: Tree, value: Any, key: str, owner: Mapping[str, Any]) -> Any:
    if isinstance(value, dict):
        return {name: _tree(tree, inner, name, value) for name, inner in value.items()}
    if isinstance(value, list):
        return [_tree(tree, inner, key, owner) for inner in value]
    return filled(tree.leaf(key, owner), value) if isinstance(value, str) else value
