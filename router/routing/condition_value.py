"""JSON values as conditions see them: compared without type juggling, and named in messages."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Sequence
from typing import Any

Predicate = Callable[[Any], bool]

CUT = 80
"""Characters of a value that messages show."""


def same(left: Any, right: Any) -> bool:
    """Whether two values are equal: 1 equals 1.0 and never true, "18" is not 18."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(value, right[key]) for key, value in left.items())
    return bool(left == right)


def equals(constant: Any) -> Predicate:
    """Return the test for equality with a constant, in its fastest form."""
    if constant is None or isinstance(constant, bool):
        return lambda value: value is constant
    if isinstance(constant, str):
        return constant.__eq__ if type(constant) is not str else lambda value: value == constant
    if isinstance(constant, int | float):
        return lambda value: value == constant and value is not True and value is not False
    return lambda value: same(value, constant)


def one_of(constants: Sequence[Any]) -> Predicate:
    """Return the test for equality with one of the constants."""
    if all(isinstance(constant, str) for constant in constants):
        texts = frozenset(constants)
        return lambda value: isinstance(value, str) and value in texts
    keys = frozenset(map(_key, constants))  # a list of thousands may meet a payload of thousands
    if any(isinstance(constant, list | dict) for constant in constants):
        return lambda value: _key(value) in keys
    return lambda value: not isinstance(value, list | dict) and _key(value) in keys


def _key(value: Any) -> Hashable:
    """Return what is equal for two values exactly where `same` holds."""
    if isinstance(value, bool):
        return bool, value
    if isinstance(value, list):
        return list, tuple(map(_key, value))
    if isinstance(value, dict):
        return dict, frozenset((name, _key(inner)) for name, inner in value.items())
    return value  # type: ignore[no-any-return]


def is_number(value: Any) -> bool:
    """Whether it is a number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_empty(value: Any) -> bool:
    """Whether it is null, "", [] or {}."""
    return value is None or (isinstance(value, str | list | dict) and not value)


def written(value: Any) -> str:
    """Return the value as JSON, on one line, cut to what messages show."""
    text = json.dumps(value, ensure_ascii=False, default=str).encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= CUT else text[: CUT - 1] + "…"


def named(value: Any) -> str:
    """Return the value with its type: the text `18`, the number 18, null."""
    if isinstance(value, str):
        text = json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace").decode()[1:-1]
        return f"the text `{text if len(text) <= CUT else text[: CUT - 1] + '…'}`" if text else "an empty text"
    if value is None or isinstance(value, bool):
        return written(value)
    if isinstance(value, dict):
        return f"the object `{written(value)}`" if value else "an empty object"
    if isinstance(value, list):
        return f"the list `{written(value)}`" if value else "an empty list"
    return f"the number {written(value)}"
