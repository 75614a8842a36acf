"""A compiled dotted path: `data.email_addresses.*.id`, `data.items[0]`, `headers.x-github-event`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from router.jsonpath.reach import Reach

_MISSING = object()
Step = tuple[str | None, int | None]
"""A member's name and an element's index: `.0` is both, `.a` and `['a']` the first, `[0]` the second, `*` none."""


@dataclass(frozen=True, slots=True)
class DottedPath:
    """A path from one of the names that conditions know; header and query names in any case."""

    text: str
    root: str
    steps: tuple[Step, ...]

    def select(self, names: Mapping[str, Any]) -> list[Any]:
        """Return the selected values; a missing member or element selects nothing."""
        value = names.get(self.root, _MISSING)
        if value is _MISSING:
            return []
        steps = self.steps
        if self.root in _ANY_CASE and steps:
            if steps[0] == (None, None):
                return _select(dict(value), steps)
            value = _in_any_case(value, steps[0])
            if value is _MISSING:
                return []
            steps = steps[1:]
        return _select(value, steps)

    def stops_at(self, names: Mapping[str, Any]) -> str:
        """Say why nothing is selected: which part of the path is missing, and what was probably meant."""
        value: Any = names.get(self.root, _MISSING)
        if value is _MISSING:
            return f"there is no `{self.root}`"
        reached = self.root
        for number, step in enumerate(self.steps):
            if step == (None, None):
                return (
                    f"`{reached}` has nothing for `*`" if not _children(value) else "no element has the rest of it"
                )
            if number == 0 and self.root in _ANY_CASE:
                inner = _in_any_case(value, step)
            else:
                inner = next(iter(_select(value, (step,))), _MISSING)
            if inner is _MISSING:
                return f"`{reached}` {_lacks(value, step)}"
            value = inner
            reached += _written(step)
        return "nothing is missing"

    def reach(self, names: Mapping[str, Any]) -> Reach:
        """Return the deepest part of the path that selects something."""
        for number in range(len(self.steps), -1, -1):
            values = DottedPath(self.text, self.root, self.steps[:number]).select(names)
            if values:
                text = self.root + "".join(_step(step) for step in self.steps[:number])
                return Reach(text, values, self.steps[number][0] if number < len(self.steps) else None)
        return Reach("", [])


_ANY_CASE = frozenset({"headers", "query"})


def _select(value: Any, steps: tuple[Step, ...]) -> list[Any]:
    for number, (name, index) in enumerate(steps):
        if type(value) is dict:
            if name is not None:
                value = value.get(name, _MISSING)
                if value is _MISSING:
                    return []
                continue
        elif type(value) is list and index is not None:
            if not -len(value) <= index < len(value):
                return []
            value = value[index]
            continue
        if name is None and index is None:
            rest = steps[number + 1 :]
            return [found for child in _children(value) for found in _select(child, rest)]
        return []
    return [value]


def _children(value: Any) -> list[Any]:
    if type(value) is dict:
        return list(value.values())
    return value if type(value) is list else []


def _in_any_case(fields: Any, step: Step) -> Any:
    name = step[0]
    if name is None or not isinstance(fields, Mapping):
        return _MISSING
    if name in fields:
        return fields[name]
    wanted = name.lower()
    return next((value for key, value in fields.items() if key.lower() == wanted), _MISSING)


def _step(step: Step) -> str:
    return ".*" if step == (None, None) else _written(step)


def _written(step: Step) -> str:
    name, index = step
    if name is None:
        return f"[{index}]"
    return f".{name}" if re.fullmatch(r"[\w-]+", name) else f"['{name}']"


def _lacks(value: Any, step: Step) -> str:
    name, index = step
    if isinstance(value, Mapping):
        if name is None:
            return "is an object, not a list"
        folded = {str(key).lower(): str(key) for key in value}
        near = get_close_matches(name.lower(), folded, n=1, cutoff=0.75)
        return f"has no `{name}`" + (f"; there is `{folded[near[0]]}`" if near else "")
    if type(value) is list:
        if index is not None:
            return f"has only {len(value)} elements" if value else "is an empty list"
        return f"is a list: write `*` or an index before `{name}`"
    return "is null" if value is None else "is a single value, with nothing inside"
