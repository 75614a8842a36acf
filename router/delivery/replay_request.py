"""What a replay was asked for, as a value and as the journal keeps it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from router.config.problem import did_you_mean
from router.journal.journal import EventFilter
from router.model import DeliveryState, EventState

Only = Callable[[str, str], bool]
"""Says of a route and an action whether its deliveries are to be made."""
_ENUMS = {"state": EventState, "delivery_state": DeliveryState}
_TIMES = ("since", "until")
_PAGE = ("before", "limit")


@dataclass(frozen=True, slots=True)
class ReplayRequest:
    """Which events, and through what: all routes, or one `route`, or one `action` (of it).

    `again` sends also what was delivered before, or is under way.
    """

    wanted: EventFilter
    route: str | None = None
    action: str | None = None
    again: bool = False

    @property
    def only(self) -> Only | None:
        """What planning is restricted to; None for nothing."""
        if self.route is None and self.action is None:
            return None
        return lambda route, action: self.route in (None, route) and self.action in (None, action)

    def check(self, actions: Mapping[str, tuple[str, ...]]) -> None:
        """Raise ValueError where there is no such route or action among these; it names the nearest."""
        if self.route is not None and self.route not in actions:
            raise ValueError(_unknown(f"there is no route `{self.route}`", did_you_mean(self.route, actions)))
        if self.action is None:
            return
        known, where = [name for names in actions.values() for name in names], "no route has an action"
        if self.route is not None:
            known, where = list(actions[self.route]), f"the route `{self.route}` has no action"
        if self.action not in known:
            raise ValueError(_unknown(f"{where} `{self.action}`", did_you_mean(self.action, known)))

    def up_to(self, until: datetime) -> ReplayRequest:
        """Return the same for events that were received before then."""
        end = until if self.wanted.until is None else min(until, self.wanted.until)
        return replace(self, wanted=replace(self.wanted, until=end))

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON has it; what is not set is left out."""
        wanted = {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in asdict(self.wanted).items()
            if name not in _PAGE and value not in (None, ())
        }
        more = {"route": self.route, "action": self.action, "again": self.again}
        return {"filter": wanted} | {name: value for name, value in more.items() if value}

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> ReplayRequest:
        """Return what `as_dict` was made of."""
        wanted = dict(stored["filter"])
        for name, enum in _ENUMS.items():
            if name in wanted:
                wanted[name] = enum(wanted[name])
        for name in _TIMES:
            if name in wanted:
                wanted[name] = datetime.fromisoformat(wanted[name])
        if "ids" in wanted:
            wanted["ids"] = tuple(wanted["ids"])
        more = {name: stored[name] for name in ("route", "action", "again") if name in stored}
        return cls(EventFilter(**wanted), **more)


def _unknown(what: str, hint: str | None) -> str:
    return f"{what} in the configuration" + (f": {hint}" if hint else "")
