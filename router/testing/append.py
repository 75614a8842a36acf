"""Adds a test at the end of a file of tests; the rest of it stays byte for byte as it is."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import yaml

from router.config import yaml as reader
from router.config.node import plain
from router.config.problem import Problems
from router.testing import emit
from router.testing.splice import Unspliceable, end_of, line_end

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def new_file(case: dict[str, Any]) -> str:
    """Return the text of a file with this one test."""
    return f"tests:\n{_item(case, 2)}\n"


def appended(text: str, case: dict[str, Any]) -> str:
    """Return the text of a file with one more test, its name made unique; raises Unspliceable with the reason.

    The result is read again: it has what it had, and the test.
    """
    faults, before = _read(text)
    if before is None:
        raise Unspliceable("it has mistakes: see `router test`")
    tests = before.get("tests") or []
    if not isinstance(tests, list):
        raise Unspliceable("its `tests` is no list")
    case = {**case, "name": unique(str(case["name"]), [t.get("name") for t in tests if isinstance(t, dict)])}
    try:
        changed = _added(text, case)
    except yaml.YAMLError:
        raise Unspliceable("it is not YAML: see `router test`") from None
    now, after = _read(changed)
    if now > faults or after != {**before, "tests": [*tests, case]}:
        raise Unspliceable("it cannot be changed without changing more")
    return changed


def unique(name: str, known: Collection[Any]) -> str:
    """Return the name, with a number where it is taken."""
    number = 1
    found = name
    while found in known:
        number += 1
        found = f"{name} ({number})"
    return found


def _read(text: str) -> tuple[int, dict[str, Any] | None]:
    """Return how many mistakes there are, and what the text says."""
    problems = Problems()
    node = reader.parse(text, "tests", problems)
    value = None if node is None else plain(node)
    return len(problems.errors), value if isinstance(value, dict) else None


def _added(text: str, case: dict[str, Any]) -> str:
    newline = "\r\n" if "\r\n" in text else "\n"
    mark = len(text) - len(text.removeprefix("\ufeff"))
    bare = text[mark:]
    root = yaml.compose(bare, Loader=_LOADER)
    entries = root.value if isinstance(root, yaml.MappingNode) else []
    if isinstance(root, yaml.MappingNode) and root.flow_style:
        raise Unspliceable("it is written in one pair of braces: write `tests:` in a line of its own")
    found = next(((key, value) for key, value in entries if key.value == "tests"), None)
    if found is None:
        lead = "" if not bare or bare.endswith("\n") else newline
        return text + lead + new_file(case).replace("\n", newline)
    key, tests = found
    if isinstance(tests, yaml.SequenceNode) and not tests.flow_style:
        at = line_end(bare, end_of(bare, tests))
        lines = _item(case, tests.start_mark.column)
        tight = len(tests.value) > 1 and not bare[
            end_of(bare, tests.value[-2]) : tests.value[-1].start_mark.index
        ].count("\n\n")
        return (
            text[:mark]
            + bare[:at]
            + (newline if tight else newline * 2)
            + lines.replace("\n", newline)
            + bare[at:]
        )
    if tests.value:
        raise Unspliceable("its `tests` is a list in brackets: write each test in lines of its own, after `- `")
    colon = key.end_mark.index + 1
    at = (
        max(tests.end_mark.index, colon)
        if tests.start_mark.index >= colon and bare[colon : tests.end_mark.index].strip()
        else colon
    )
    rest = bare[at : line_end(bare, at)]
    return (
        text[:mark]
        + bare[:colon]
        + rest
        + newline
        + _item(case, 2).replace("\n", newline)
        + bare[line_end(bare, at) :]
    )


def _item(case: dict[str, Any], column: int) -> str:
    return f"{' ' * column}- {emit.below(case, column + 2)}"
