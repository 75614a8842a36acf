"""The statements of an action as they stand in the file, before there is any event."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .params import VERBS

_TEMPLATE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_WHOLE = re.compile(r"\s*\{\{(?:(?!\}\}).)*\}\}\s*", re.DOTALL)

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One statement: `path` leads to it in the parameters, `values` and the like hold templates' texts."""

    path: Path
    verb: str
    table: str
    values: Mapping[str, Any]
    where: Mapping[str, Any]
    params: Mapping[str, Any]
    key: tuple[str, ...]
    text: str = ""

    @property
    def shape(self) -> object:
        """What two statements share that need the same rights."""
        return self.verb, self.table, frozenset(self.values), frozenset(self.where), self.key

    def at(self, *names: str | int) -> Path:
        """Return the path to a part of it."""
        return (*self.path, *names)


def steps(params: Mapping[str, Any]) -> list[Step]:
    """Return the statements of an action, in order."""
    items = params.get("transaction")
    if isinstance(items, list):
        found = (_step(*_inside(item, ("transaction", number))) for number, item in enumerate(items))
        return [step for step in found if step is not None]
    single = _step(params, ())
    return [] if single is None else [single]


def constants(values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the names and values that no event decides."""
    for name, value in values.items():
        if not _has_template(value):
            yield name, value


def literal(value: Any) -> str | None:
    """Return what a template writes besides its values; None where it is one value, or is no template."""
    if not isinstance(value, str) or not _TEMPLATE.search(value) or _WHOLE.fullmatch(value):
        return None
    return _TEMPLATE.sub("", value)


def _has_template(value: Any) -> bool:
    if isinstance(value, str):
        return _TEMPLATE.search(value) is not None
    if isinstance(value, list):
        return any(_has_template(item) for item in value)
    if isinstance(value, Mapping):
        return any(_has_template(item) for item in value.values()) or {"for_each", "value"} <= value.keys()
    return False


def _inside(item: Any, path: Path) -> tuple[Any, Path]:
    """Return the statement that is made for each item of a list, where it is one of those."""
    each = isinstance(item, Mapping) and {"for_each", "value"} <= item.keys()
    return (item["value"], (*path, "value")) if each else (item, path)


def _step(params: Any, path: Path) -> Step | None:
    verb = next((verb for verb in VERBS if isinstance(params, Mapping) and params.get(verb) is not None), None)
    if verb is None:
        return None
    named, key = str(params[verb]), params.get("key")
    return Step(
        path,
        verb,
        "" if verb == "execute" else named,
        _mapping(params.get("values")),
        _mapping(params.get("where")),
        _mapping(params.get("params")),
        (key,) if isinstance(key, str) else tuple(map(str, key or ())),
        named if verb == "execute" else "",
    )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
