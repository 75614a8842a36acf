"""The conditions of a `where`, compiled: comparisons of values, paths that select something, and groups.

Each class judges in one place, which both `holds` and `explain` call, so that the two cannot disagree.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from router.config.node import Mark
from router.jsonpath import DottedPath, JsonPath
from router.routing.condition_operator import Check
from router.routing.condition_reason import instead, listed, near_miss, why, why_held
from router.routing.condition_result import ConditionResult
from router.routing.condition_trace import Trace, trace

Path = DottedPath | JsonPath
Names = Mapping[str, Any]
"""`data`, `payload`, `event`, `headers` and `query` of one event."""
KEPT = 20
"""Values of one path that an explanation keeps."""
_NOWHERE = Trace("", "", "")


class Condition(ABC):
    """What must hold of an event; `paths` are the paths it names, in the order of the file."""

    __slots__ = ("paths", "place")

    def __init__(self, paths: tuple[Path, ...], place: Mark) -> None:
        self.paths = paths
        self.place = place

    @abstractmethod
    def holds(self, names: Names, payload: Any) -> bool:
        """Whether it holds for the event; never raises."""

    @abstractmethod
    def explain(self, names: Names, payload: Any) -> ConditionResult:
        """Say whether it holds, and why; the same verdict as `holds`."""


class Comparison(Condition):
    """One path, and the operators that one of its values must satisfy."""

    __slots__ = ("_absent", "_forbidden", "_missing", "_path", "_wanted", "checks", "expected")

    def __init__(self, path: Path, checks: tuple[Check, ...], expected: str, place: Mark) -> None:
        super().__init__((path,), place)
        self.checks = checks
        self.expected = expected
        self._path = path
        self._missing = all(check.on_missing for check in checks)
        self._absent = any(check.absent for check in checks)
        self._forbidden = tuple(check.passes for check in checks if check.forbids)
        self._wanted = tuple(check.passes for check in checks if not check.forbids)

    def holds(self, names: Names, payload: Any) -> bool:
        """Whether it holds for the event."""
        path = self._path
        return self._judge(path.select(names) if type(path) is DottedPath else path.select(payload))

    def _judge(self, values: list[Any]) -> bool:
        if not values:
            return self._missing
        if self._absent:
            return False
        for equal in self._forbidden:
            for value in values:
                if equal(value):
                    return False
        for value in values:
            for passes in self._wanted:
                if not passes(value):
                    break
            else:
                return True
        return False

    def explain(self, names: Names, payload: Any) -> ConditionResult:
        """Say whether it holds, and why."""
        given_up = None
        if isinstance(self._path, JsonPath):
            values, given_up = self._path.attempt(payload)
        else:
            values = self._path.select(names)
        held = self._judge(values)
        if not values:
            reason = given_up or _stops(self._path, names, payload)
        else:
            reason = self._held(values) if held else self._failed(values)
        ends = _NOWHERE if values or held else trace(self._path, names, payload)
        return ConditionResult(
            f"{self._path.text}: {self.expected}",
            held,
            reason,
            self.place,
            self.expected,
            listed(values) or "nothing",
            path=self._path.text,
            operators=tuple((check.name, check.operand) for check in self.checks),
            values=tuple(values[:KEPT]),
            reached=ends.reached,
            there=ends.there,
            instead=ends.instead if held or not values else instead(self.checks, values),
        )

    def _held(self, values: list[Any]) -> str:
        if not self._wanted:
            return f"is {listed(values)}"
        found = next(value for value in values if all(passes(value) for passes in self._wanted))
        return why_held(self.checks, found)

    def _failed(self, values: list[Any]) -> str:
        if self._absent:
            return f"is there: {listed(values)}"
        for check in self.checks:
            if check.forbids and (equal := [value for value in values if check.passes(value)]):
                return why(check, equal[0])
        if len(values) == 1:
            return why(
                next(check for check in self.checks if not check.forbids and not check.passes(values[0])),
                values[0],
            )
        reason = f"none of the {len(values)} values does: {listed(values)}"
        near = near_miss(self.checks, values)
        return f"{reason}; {near}" if near else reason


def _stops(path: Path, names: Names, payload: Any) -> str:
    return path.stops_at(payload) if isinstance(path, JsonPath) else path.stops_at(names)


class Selection(Condition):
    """A path with a filter by itself: it holds when it selects something."""

    __slots__ = ("_path",)

    def __init__(self, path: JsonPath, place: Mark) -> None:
        super().__init__((path,), place)
        self._path = path

    def holds(self, names: Names, payload: Any) -> bool:
        """Whether it holds for the event."""
        return bool(self._path.select(payload))

    def explain(self, names: Names, payload: Any) -> ConditionResult:
        """Say whether it holds, and why."""
        values, given_up = self._path.attempt(payload)
        reason = f"selects {listed(values)}" if values else given_up or self._path.stops_at(payload)
        ends = _NOWHERE if values else trace(self._path, names, payload)
        return ConditionResult(
            self._path.text,
            bool(values),
            reason,
            self.place,
            "something",
            listed(values) or "nothing",
            path=self._path.text,
            values=tuple(values[:KEPT]),
            reached=ends.reached,
            there=ends.there,
            instead=ends.instead,
        )


class Group(Condition):
    """Several conditions together: `all` of them, `any` one of them, or `none` of them."""

    __slots__ = ("_kind", "_parts", "_wanted")

    def __init__(self, kind: str, parts: tuple[Condition, ...], place: Mark) -> None:
        super().__init__(tuple(path for part in parts for path in part.paths), place)
        self._kind = kind
        self._parts = parts
        self._wanted = kind != "all"  # the verdict of a part that ends the search

    @property
    def kind(self) -> str:
        """Which of them must hold: `all`, `any` or `none`."""
        return self._kind

    @property
    def parts(self) -> tuple[Condition, ...]:
        """The conditions in it, in the order of the file."""
        return self._parts

    def holds(self, names: Names, payload: Any) -> bool:
        """Whether it holds for the event."""
        wanted = self._wanted
        for part in self._parts:
            if part.holds(names, payload) is wanted:
                return self._judge(found=True)
        return self._judge(found=False)

    def _judge(self, *, found: bool) -> bool:
        return found if self._kind == "any" else not found

    def explain(self, names: Names, payload: Any) -> ConditionResult:
        """Say whether it holds, and why."""
        children = tuple(part.explain(names, payload) for part in self._parts)
        decisive = [child for child in children if child.held is self._wanted]
        held = self._judge(found=bool(decisive))
        return ConditionResult(self._kind, held, self._reason(held, decisive), self.place, children=children)

    def _reason(self, held: bool, decisive: list[ConditionResult]) -> str:
        if self._kind == "all":
            return "all hold" if held else f"fails: {'; '.join(child.text for child in decisive)}"
        if self._kind == "any":
            return f"holds: {decisive[0].text}" if held else "none of them holds"
        return "none of them holds" if held else f"holds: {decisive[0].text}"
