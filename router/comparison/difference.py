"""Where two JSON values differ."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


class Missing:
    """Stands for a value that is not there at all, which is not null."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING = Missing()


@dataclass(frozen=True, slots=True)
class Difference:
    """One place, as a dotted path, with both values; MISSING where there is none."""

    path: str
    before: Any
    after: Any


def differences(before: Any, after: Any, path: str = "") -> Iterator[Difference]:
    """Yield where two values differ, in the order of the first; as JSON has it, 1 equals 1.0 and never true."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in (*before, *(key for key in after if key not in before)):
            inner = f"{path}.{key}" if path else str(key)
            yield from differences(before.get(key, MISSING), after.get(key, MISSING), inner)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _of_lists(before, after, path)
    elif not same(before, after):
        yield Difference(path, before, after)


def same(before: Any, after: Any) -> bool:
    """Tell whether two values are the same JSON."""
    if isinstance(before, dict) and isinstance(after, dict):
        return before.keys() == after.keys() and all(same(value, after[key]) for key, value in before.items())
    if isinstance(before, list) and isinstance(after, list):
        return len(before) == len(after) and all(map(same, before, after))
    return isinstance(before, bool) == isinstance(after, bool) and bool(before == after)


def _of_lists(before: list[Any], after: list[Any], path: str) -> Iterator[Difference]:
    """Yield the differences of lists; what both end with is the same, whatever was put in before it."""
    tail = 0
    if len(before) != len(after):
        shorter = min(len(before), len(after))
        while tail < shorter and same(before[-1 - tail], after[-1 - tail]):
            tail += 1
    first, second = before[: len(before) - tail], after[: len(after) - tail]
    for index in range(max(len(first), len(second))):
        old = first[index] if index < len(first) else MISSING
        new = second[index] if index < len(second) else MISSING
        yield from differences(old, new, f"{path}[{index}]")
