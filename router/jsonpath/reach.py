"""How far a path goes that selects nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Reach:
    """The deepest part of a path that selects something: its text and its values, none where even that is unknown.

    `missing` is the name of the member that is not there, None where the next step is no name. `filtered` says
    that the next step is a filter, and `rests` what its test finds in the values that it looked at.
    """

    reached: str
    values: list[Any]
    missing: str | None = None
    filtered: bool = False
    rests: tuple[str, ...] = ()
