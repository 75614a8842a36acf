"""Reads a verified body as JSON, strictly, so that nothing odd travels further."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

from router.errors import Rejected

DEEPEST = 100
"""Lists and mappings may be nested this deep."""


def read_json(body: bytes) -> Any:
    """Return the value; raise Rejected(400) for what is not UTF-8, not JSON (NaN, 1e999), or nested too deep.

    A byte-order mark is skipped, as RFC 8259 section 8.1 allows.
    """
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Rejected(400, f"the body is not UTF-8, at byte {error.start}") from None
    if not text.strip():
        raise Rejected(400, "the body is empty")
    try:
        value = json.loads(text, parse_constant=_no_constant, parse_float=_finite)
    except RecursionError:
        raise Rejected(400, f"the body is nested deeper than {DEEPEST}") from None
    except json.JSONDecodeError as error:
        form = "payload=" in text[:64] and "%" in text[:200]
        hint = "; it looks like a form: write `body: {form_field: payload}`" if form else ""
        raise Rejected(400, f"the body is not JSON: {error.msg} at character {error.pos}{hint}") from None
    except ValueError as error:
        # Python refuses to read integers of more than some thousand digits.
        what = str(error) if isinstance(error, _BadNumber) else "it holds a number with too many digits"
        raise Rejected(400, f"the body is not JSON: {what}") from None
    _check_depth(value)
    return value


class _BadNumber(ValueError):
    pass


def _no_constant(name: str) -> NoReturn:
    raise _BadNumber(f"{name} is not a JSON number")


def _finite(text: str) -> float:
    if math.isinf(number := float(text)):
        raise _BadNumber("a number in it is too large")
    return number


_CONTAINERS = (dict, list)  # what json.loads makes, and nothing derived from them


def _check_depth(value: Any) -> None:
    """Walk level by level, so that no depth can exhaust the stack."""
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(DEEPEST):
        if not level:
            return
        inner: list[Any] = []
        for container in level:
            members = container.values() if isinstance(container, dict) else container
            inner.extend([member for member in members if type(member) in _CONTAINERS])
        level = inner
    if level:
        raise Rejected(400, f"the body is nested deeper than {DEEPEST}")
