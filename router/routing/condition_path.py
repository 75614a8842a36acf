"""Reads the paths of conditions, and tells mistakes in them at their character."""

from __future__ import annotations

import re

from router.config.node import Mark, Scalar
from router.config.problem import Problems, did_you_mean
from router.jsonpath import ROOTS, DottedPath, JsonPath, PathError, compile_dotted, compile_path

EVENT_NAMES = ("id", "type", "source", "time", "received_at")
"""What conditions know of the event itself; times are ISO 8601 text in UTC with milliseconds and Z."""

_COMPARISON = re.compile(r"([\w.\[\]'\"-]+)\s*(===?|!=|>=|<=|=|>|<)\s*([^=].*)")
_SIGNS = {"!=": "ne", ">": "gt", ">=": "gte", "<": "lt", "<=": "lte"}
GROUPS = {"or": "any", "not": "none", "any_of": "any", "none_of": "none", "nor": "none"}


def read_path(node: Scalar, text: str, problems: Problems) -> DottedPath | JsonPath | None:
    """Return the path that a text is; None where a mistake was noted."""
    try:
        path = compile_path(text) if text.startswith("$") else compile_dotted(text)
    except PathError as error:
        hint = error.hint
        if text in {"all", "and"}:
            hint = "all conditions of a mapping or a list must hold anyway"
        elif text in GROUPS:
            hint = f"did you mean `{GROUPS[text]}`?"
        hint = as_condition(text) or hint
        where = _inside(node, text, error.offset) if error.offset else node.mark
        problems.error("bad-path", where, error.message, hint)
        return None
    if isinstance(path, JsonPath):
        _warn(path, node, problems)
    elif path.root == "event" and path.steps:
        return path if _known(path, node, problems) else None
    return path


def as_condition(text: str) -> str | None:
    """Return the hint for a comparison that is written as an expression: `data.x > 5`."""
    match = _COMPARISON.fullmatch(text)
    if match is None or not match[1].startswith(tuple(f"{root}." for root in ROOTS)):
        return None
    path, sign, value = match.groups()
    value = value.replace("'", '"') if value[:1] in "'\"" else value
    return (
        f"write `{path}: {value}`"
        if sign in ("=", "==", "===")
        else f"write `{path}: {{{_SIGNS[sign]}: {value}}}`"
    )


def _inside(node: Scalar, text: str, offset: int) -> Mark:
    """Return the place of a character of a scalar, where it can be told; else that of the scalar."""
    mark = node.mark
    extra = mark.length - len(text)
    if extra < 0 or (node.plain and extra):
        return mark
    column = mark.column + offset
    if not node.plain:
        # a quote inside quotes is written with one more character: '' or \"
        doubled = next((quote for quote in "'\"" if extra - 2 == text.count(quote)), None)
        if doubled is None:
            return mark
        column += 1 + (text[:offset].count(doubled) if extra > 2 else 0)
    return Mark(mark.file, mark.line, column, 1)


def _warn(path: JsonPath, node: Scalar, problems: Problems) -> None:
    if path.filters_root:
        problems.warning(
            "filter-at-root",
            node,
            "a filter right after `$` tests the members of the payload, not the payload",
            "compare a value of the payload by its path: `payload.type: x`",
        )
    if path.deep:
        problems.warning(
            "deep-path", node, "`..` visits every value of the payload", "name the way to the value if it is known"
        )


def _known(path: DottedPath, node: Scalar, problems: Problems) -> bool:
    name = path.steps[0][0]
    if name not in EVENT_NAMES:
        if name is None:
            hint: str | None = "known: " + ", ".join(EVENT_NAMES)
        else:
            hint = did_you_mean(name, EVENT_NAMES)
        problems.error("unknown-name", node, f"`event` has no `{name or '*'}`", hint)
        return False
    if len(path.steps) > 1:
        problems.error("unknown-name", node, f"`event.{name}` is a text, with nothing inside", "write `data...`")
        return False
    return True
