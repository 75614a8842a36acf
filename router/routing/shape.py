"""The shape of an action's parameters: which kind each field holds, read from its pydantic model."""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from router.plugin import JSON, TEXT, Kind, Tree
from router.routing.kinds import VALUE


@dataclass(frozen=True, slots=True)
class Leaf:
    """One value of a kind."""

    kind: Kind


@dataclass(frozen=True, slots=True)
class TreeOf:
    """A tree whose texts have the kinds that `tree` tells."""

    tree: Tree


@dataclass(frozen=True, slots=True)
class Listing:
    """A list."""

    item: Slot


@dataclass(frozen=True, slots=True)
class Dictionary:
    """A mapping whose keys are constants; `key` is their annotation."""

    key: Any
    value: Slot


@dataclass(frozen=True, slots=True)
class Struct:
    """A mapping with known keys."""

    model: type[BaseModel]

    @property
    def fields(self) -> Mapping[str, Field]:
        """The fields, by the names that they have in the file."""
        return _fields(self.model)


Option = Leaf | TreeOf | Listing | Dictionary | Struct


@dataclass(frozen=True, slots=True)
class Slot:
    """What may stand in one place; where there are several options, the value's own form decides."""

    options: tuple[Option, ...]
    nullable: bool = False

    def of(self, *kinds: type[Any]) -> list[Any]:
        """Return the options of these types."""
        return [option for option in self.options if isinstance(option, kinds)]

    @property
    def kind(self) -> Kind:
        """The kind of the texts in it."""
        for option in self.options:
            if isinstance(option, Leaf):
                return option.kind
            if isinstance(option, Listing):
                return option.item.kind
        return JSON


@dataclass(frozen=True, slots=True)
class Field:
    """One key of a mapping with known keys."""

    slot: Slot
    required: bool


@cache
def _fields(model: type[BaseModel]) -> Mapping[str, Field]:
    return {
        _written(name, info): Field(slot_of(info.annotation, tuple(info.metadata)), info.is_required())
        for name, info in model.model_fields.items()
    }


def _written(name: str, info: FieldInfo) -> str:
    alias = info.validation_alias if isinstance(info.validation_alias, str) else info.alias
    return alias or name


def slot_of(annotation: Any, metadata: Sequence[Any] = (), kind: Kind | None = None) -> Slot:
    """Return what an annotation allows; `kind` is that of an enclosing annotation, for the texts inside."""
    for mark in metadata:
        if isinstance(mark, Tree):
            return Slot((TreeOf(mark),), _nullable(annotation))
        if isinstance(mark, Kind):
            kind = mark
    origin = get_origin(annotation)
    if hasattr(annotation, "__value__"):  # `type X = ...` of Python 3.12
        return slot_of(annotation.__value__, (), kind)
    if origin is Annotated:
        inner, *more = get_args(annotation)
        return slot_of(inner, more, kind)
    if origin in (Union, types.UnionType):
        members = [slot_of(member, (), kind) for member in get_args(annotation) if member is not types.NoneType]
        options = tuple(dict.fromkeys(option for member in members for option in member.options))
        return Slot(options, _nullable(annotation) or any(member.nullable for member in members))
    return Slot((_option(annotation, origin, kind),), annotation in (Any, None, types.NoneType))


def _option(annotation: Any, origin: Any, kind: Kind | None) -> Option:
    if origin is Literal:
        return Leaf(kind or VALUE)
    container = origin or annotation
    arguments = get_args(annotation)
    if isinstance(container, type) and container is not str:
        if issubclass(container, BaseModel):
            return Struct(container)
        if issubclass(container, Mapping):
            key, value = arguments or (str, Any)
            return Dictionary(key, slot_of(value, (), kind))
        if issubclass(container, list | tuple | set | frozenset | Sequence) and not issubclass(container, bytes):
            return Listing(slot_of(arguments[0] if arguments else Any, (), kind))
    if kind is not None:
        return Leaf(kind)
    return Leaf(TEXT if annotation is str else JSON if annotation is Any else VALUE)


def _nullable(annotation: Any) -> bool:
    return types.NoneType in get_args(annotation)
