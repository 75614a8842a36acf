"""What two configurations make of one event, and why one of them makes less."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial

from router.comparison.change import Change, Comparer, Outcome
from router.comparison.settings import names_of
from router.config.node import plain
from router.errors import Rejected
from router.model import Event, EventState, RawRequest
from router.routing.explain import Explanation
from router.routing.plan import Only
from router.ruleset import Ruleset


@dataclass(frozen=True, slots=True)
class Reading:
    """An event as one configuration reads it, or why it cannot."""

    event: Event | None
    failure: str | None = None


@dataclass(frozen=True)
class Sides:
    """Today's configuration and the new one; `only` restricts both to some routes."""

    before: Ruleset
    after: Ruleset
    only: Only | None = None

    @cached_property
    def _alike(self) -> frozenset[str]:
        """The sources that both say in the same words: their events are read once."""
        old, new = self.before.document.sources, self.after.document.sources
        old_names = [str(key.value) for key, _ in old.entries]
        both = ((name, old.get(name), new.get(name)) for name in old_names)
        return frozenset(name for name, a, b in both if a and b and plain(a) == plain(b))

    def read(
        self, request: RawRequest, uid: str, message_id: str, *, deduplicable: bool = True
    ) -> tuple[Reading, Reading]:
        """Return the event of a request that was stored, as each configuration reads it."""
        known = partial(_recalled, request=request, uid=uid, message_id=message_id, deduplicable=deduplicable)
        before = known(self.before)
        return before, before if request.source in self._alike else known(self.after)

    @property
    def comparer(self) -> Comparer:
        """Return what compares their outcomes."""
        return Comparer(names_of(self.before), names_of(self.after))

    def outcomes(self, before: Reading, after: Reading) -> tuple[Outcome, Outcome]:
        """Return what each makes of the event; pure."""
        return self._outcome(self.before, before), self._outcome(self.after, after)

    def why(self, change: Change, before: Reading, after: Reading) -> str:
        """Say why a delivery that is new or gone is not made by the other configuration."""
        ruleset, reading = (self.before, before) if change.before is None else (self.after, after)
        if reading.event is None:
            return reading.failure or ""
        delivery = change.delivery
        return _why(ruleset.explain(reading.event), delivery.route, delivery.action)

    def _outcome(self, ruleset: Ruleset, reading: Reading) -> Outcome:
        if reading.event is None:
            return Outcome((), reading.failure)
        plan = ruleset.plan(reading.event, only=self.only)
        if plan.state is EventState.PLAN_FAILED:
            return Outcome((), plan.reason or "planning failed")
        return Outcome(plan.deliveries)


def _recalled(ruleset: Ruleset, request: RawRequest, uid: str, message_id: str, *, deduplicable: bool) -> Reading:
    source = ruleset.sources.get(request.source)
    if source is None:
        return Reading(None, f"there is no source `{request.source}`")
    try:
        return Reading(source.recall(request, uid, message_id, deduplicable=deduplicable))
    except Rejected as error:
        return Reading(None, error.reason)


def _why(explained: Explanation, route: str, action: str) -> str:
    if explained.reason is not None:
        return explained.reason
    found = next((verdict for verdict in explained.routes if verdict.name == route), None)
    if found is None:
        return f"there is no route `{route}`"
    if not found.taken:
        return found.reason
    made = next((verdict for verdict in found.actions if verdict.name == action), None)
    if made is None:
        return found.reason if found.reason.startswith("`else`") else f"the route has no action `{action}`"
    return "there is no such item" if made.made else made.reason
