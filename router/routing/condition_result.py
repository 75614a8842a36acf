"""How a condition came out for one event, and why."""

from __future__ import annotations

from dataclasses import dataclass

from router.config.node import Mark


@dataclass(frozen=True, slots=True)
class ConditionResult:
    """One condition as explained: what was expected, what was found, and the reason.

    `text` is the condition in short, `actual` the values found (each cut to 80 characters; '' for a
    group), `place` where it stands in the file. `children` are the parts of a group.
    """

    text: str
    held: bool
    reason: str
    place: Mark
    expected: str = ""
    actual: str = ""
    children: tuple[ConditionResult, ...] = ()
