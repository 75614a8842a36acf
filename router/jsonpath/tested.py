"""What the test of a filter found in the values that it looked at, for one that holds for none of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from router.jsonpath.query import And, Exists, Index, Name, Not, Or, Query, Test

_SHOWN = 3  # values of one path that are told
_LOOKED_AT = 100  # elements
_CUT = 60  # characters of a value


def tested(test: Test, values: list[Any]) -> tuple[str, ...]:
    """Return a sentence for each `@...` of the test: what it is in the elements or members of the values."""
    inner = [child for value in values for child in _children(value)][:_LOOKED_AT]
    if not inner:
        return ("there is nothing to look through",)
    told = []
    for query in dict.fromkeys(_queries(test)):
        found = [value for child in inner for value in _walked(query, child)]
        text = "@" + "".join(_written(step.selector) for step in query.steps)
        if not found:
            told.append(f"none of the {len(inner)} has `{text}`" if len(inner) > 1 else f"it has no `{text}`")
            continue
        distinct = list(dict.fromkeys(_shown(value) for value in found))
        more = f" and {len(distinct) - _SHOWN} more" if len(distinct) > _SHOWN else ""
        told.append(f"`{text}` is {', '.join(distinct[:_SHOWN])}{more}")
    return tuple(told)


def _queries(test: Test) -> Iterator[Query]:
    if isinstance(test, And | Or):
        for part in test.tests:
            yield from _queries(part)
    elif isinstance(test, Not):
        yield from _queries(test.test)
    else:
        sides = (test.query,) if isinstance(test, Exists) else (test.left, test.right)
        yield from (side for side in sides if isinstance(side, Query) and side.relative and side.singular)


def _walked(query: Query, value: Any) -> list[Any]:
    for step in query.steps:
        match step.selector, value:
            case Name(name), dict() if name in value:
                value = value[name]
            case Index(index), list() if _within(index, value):
                value = value[index]
            case _:
                return []
    return [value]


def _within(index: int, value: list[Any]) -> bool:
    return -len(value) <= index < len(value)


def _children(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _written(selector: Any) -> str:
    return f".{selector.name}" if isinstance(selector, Name) else f"[{selector.index}]"


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= _CUT else text[: _CUT - 1] + "…"
