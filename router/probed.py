"""What a plugin is asked and answers when a destination is probed: reached without anything being sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Example:
    """The parameters that an action would have for a sample event, as `clerk/user.created`."""

    event: str
    params: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Use:
    """An action of a route that goes to the destination.

    `params` are its parameters as they stand in the file: a field still to be rendered is its template's text.
    `examples` are those of the samples that its sources' providers have; where there are none, it is empty.
    """

    route: str
    action: str
    params: Mapping[str, Any] = field(repr=False)
    examples: Sequence[Example] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, or with `warning` probably not meant.

    `path` leads to it: inside the parameters of `use`, or inside the destination's own settings where that is
    None; with `key` the last name of the path is meant and not its value. `hint` says what to do. With
    `unreachable` nothing is known to be wrong, as something gave no answer.
    """

    message: str
    path: Path = ()
    use: Use | None = None
    hint: str | None = None
    warning: bool = False
    unreachable: bool = False
    key: bool = False


@dataclass(frozen=True, slots=True)
class Probed:
    """What became of a probe: `said` tells in a few words what answered, `findings` what is wrong."""

    said: str
    findings: Sequence[Finding] = ()
