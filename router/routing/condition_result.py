"""How a condition came out for one event, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from router.config.node import Mark


@dataclass(frozen=True, slots=True)
class ConditionResult:
    """One condition as explained: what was expected, what was found, and the reason.

    `text` is the condition in short, `actual` the values found (each cut to 80 characters; '' for a
    group), `place` where it stands in the file. `children` are the parts of a group. A comparison has its
    `path`, its `operators` with their operands, and the first `values` that were found, whole. Where nothing was
    found, `reached` is the deepest part of the path that is there, `there` says what is there instead, and
    `instead` what was probably meant.
    """

    text: str
    held: bool
    reason: str
    place: Mark
    expected: str = ""
    actual: str = ""
    children: tuple[ConditionResult, ...] = ()
    path: str = ""
    operators: tuple[tuple[str, Any], ...] = ()
    values: tuple[Any, ...] = ()
    reached: str = ""
    there: str = ""
    instead: str = ""
