"""Takes a request apart that holds an array of events: `split: $.events`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from router.errors import Rejected

MOST_EVENTS = 1000
"""A request may hold so many events."""

_STEPS = re.compile(r"\.([^\W\d][\w-]*)|\['([^'\\]+)'\]|(\[\*\])")


@dataclass(frozen=True, slots=True)
class Part:
    """One event of a request: its `element`, and the `payload`, in which it is the only one."""

    payload: Any
    element: Any


@dataclass(frozen=True, slots=True)
class Split:
    """The way from the root to the array: names of members, and None for every element of an array."""

    text: str
    steps: tuple[str | None, ...]

    def parts(self, payload: Any) -> list[Part]:
        """Return the events in order; none for empty arrays, and the payload itself where there is no array.

        Raises Rejected(413) for more than MOST_EVENTS.
        """
        found: list[Part] = []
        arrays = 0
        for array, wrap in _arrays(payload, self.steps):
            arrays += 1
            if len(found) + len(array) > MOST_EVENTS:
                raise Rejected(413, f"the request holds more than {MOST_EVENTS} events at `{self.text}`")
            found.extend(Part(wrap.around([element]), element) for element in array)
        return found if arrays else [Part(payload, payload)]


@dataclass(frozen=True, slots=True)
class _Wrap:
    """What stands around a value: mappings by the name of the member, and arrays, which lose their others."""

    outer: _Wrap | None = None
    mapping: dict[str, Any] | None = None
    name: str = ""

    def around(self, value: Any) -> Any:
        """Return the whole payload, with this value at its place."""
        if self.outer is None:
            return value
        return self.outer.around([value] if self.mapping is None else {**self.mapping, self.name: value})


def _arrays(
    value: Any, steps: tuple[str | None, ...], wrap: _Wrap | None = None
) -> Iterator[tuple[list[Any], _Wrap]]:
    wrap = wrap or _Wrap()
    if not steps:
        if isinstance(value, list):
            yield value, wrap
        return
    first, rest = steps[0], steps[1:]
    if first is None:
        for element in value if isinstance(value, list) else ():
            yield from _arrays(element, rest, _Wrap(wrap))
    elif isinstance(value, dict) and first in value:
        yield from _arrays(value[first], rest, _Wrap(wrap, value, first))


def parse_split(text: str) -> Split:
    """Read the path of an array; raises ValueError with what is wrong and what to write."""
    steps: list[str | None] = []
    at = 1
    if not text.startswith("$"):
        raise ValueError(f"`{text}` is not the path of an array: write `$.events`, or `$` for the whole body")
    while at < len(text):
        step = _STEPS.match(text, at)
        if step is None:
            raise ValueError(f"`{text}` must be names and `[*]` only, as in `$.entry[*].changes`")
        steps.append(None if step[3] else step[1] or step[2])
        at = step.end()
    return Split(text, tuple(steps))
