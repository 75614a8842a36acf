"""Makes the deliveries of one event: parameters rendered, with when and where they start."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from router.model import DeliveryState, Event, PlannedDelivery
from router.routing.action import RouteAction
from router.routing.bounds import fresh_budget
from router.routing.faults import reason_of

NOT_RENDERED = b"null"  #: the parameters of a delivery that could not be rendered: no plugin takes them
Identify = Callable[[str, str, int | None], str]


class Maker:
    """Makes deliveries of an event.

    `identify` gives the id for a route, an action and an item; `since` is from when on a delivery is tried where
    nothing delays it. Each action's name follows `prefix`. `tells` is whether the death of one is told.
    """

    def __init__(
        self, event: Event, identify: Identify, since: datetime, *, prefix: str = "", tells: bool = True
    ) -> None:
        self._event = event
        self._identify = identify
        self._since = since
        self._prefix = prefix
        self._tells = tells

    def rendered(
        self, route: str, action: RouteAction, index: int | None, names: dict[str, Any]
    ) -> PlannedDelivery:
        """Return a delivery that is ready; skipped where its event is too old, dead where a template fails."""
        timing = action.timing
        if (old := timing.too_old(self._event)) is not None:
            return self._delivery(route, action, index, NOT_RENDERED, DeliveryState.SKIPPED, old)
        try:
            with fresh_budget():
                due_at = timing.delay.due_at(self._event, names) if timing.delay else None
                lane = timing.lane_of(names)
                params = action.parameters.render(names)
        except Exception as error:
            return self.dead(route, action, index, reason_of(error, (), names))
        return self._delivery(route, action, index, params, DeliveryState.READY, None, lane, due_at)

    def dead(self, route: str, action: RouteAction, index: int | None, reason: str) -> PlannedDelivery:
        """Return a delivery that is dead from the start, as nothing could be rendered."""
        return self._delivery(route, action, index, NOT_RENDERED, DeliveryState.DEAD, reason)

    def _delivery(
        self,
        route: str,
        action: RouteAction,
        index: int | None,
        params: bytes,
        state: DeliveryState,
        reason: str | None,
        lane: str = "",
        due_at: datetime | None = None,
    ) -> PlannedDelivery:
        name = self._prefix + action.name
        return PlannedDelivery(
            id=self._identify(route, name, index),
            route=route,
            action=name,
            plugin=action.plugin.name,
            plugin_version=action.plugin.version,
            destination=action.destination.name,
            params=params,
            max_attempts=action.policy.retry.max_attempts,
            expires_at=(due_at or self._since) + timedelta(seconds=action.policy.retry.max_age),
            state=state,
            reason=reason,
            index=index,
            lane=lane,
            due_at=due_at,
            fresh_until=action.timing.fresh_until(self._event),
            tells=self._tells,
        )
