"""One attempt of a delivery: parameters, body and signature in, a verdict out; a plugin can do no harm here."""

from __future__ import annotations

import asyncio
import json
import logging
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from pydantic import ValidationError

from router.delivery.facts import tidy
from router.delivery.faults import expected
from router.delivery.lanes import Lane
from router.delivery.retry import next_state, too_late, too_old
from router.delivery.target import Target
from router.delivery.watchdog import Watchdog
from router.errors import JournalError, Permanent, Retry
from router.journal.journal import Journal
from router.model import Attempt, DeliveryState, Event, Outcome, RetryPolicy, StoredDelivery
from router.plugin import Delivery, EventInfo, Model
from router.redaction import Redactor

log = logging.getLogger(__name__)

MOST_INTERRUPTIONS = 5
"""Shutdowns in the middle of an attempt that cost a delivery no attempt; each later one does."""
READ_AGAIN = 5.0
"""Seconds after which a delivery is started again whose event could not be read from the journal."""

Sign = Callable[[str, str, bytes, datetime], Mapping[str, str]]
"""Signs a body anew: (source, the sender's id of the event, body, now); raises Permanent where it cannot."""


class Policy(Protocol):
    """How a delivery is retried, and how long one attempt may take, in seconds."""

    @property
    def retry(self) -> RetryPolicy:
        """When it is tried again."""

    @property
    def timeout(self) -> float:
        """Seconds of one attempt."""


@dataclass(frozen=True, slots=True)
class Carried:
    """What an attempt needs of its event, from memory or from the journal."""

    info: EventInfo
    body: bytes

    @classmethod
    def of(cls, event: Event) -> Carried:
        """Take it from an event that has just come in."""
        info = EventInfo(
            event.uid, event.id, event.source, event.type, event.time, event.received_at, event.headers
        )
        return cls(info, event.body)


@dataclass(slots=True, eq=False)
class Running:
    """A delivery that has a slot in a lane; `interrupted` once the process wants it to end.

    `called` is whether the action was called. `healthy` is what its attempt says about the destination: that it
    works, that it does not, or nothing.
    """

    delivery: StoredDelivery
    target: Target
    lane: Lane
    carried: Carried | None = None
    task: asyncio.Task[None] | None = None
    executing: bool = False
    interrupted: bool = False
    abandoned: bool = False
    called: bool = False
    healthy: bool | None = None


class Runner:
    """Makes attempts. `grace` is how many seconds an action may take to end after its time-out."""

    def __init__(
        self,
        journal: Journal,
        policy: Callable[[StoredDelivery], Policy | None],
        sign: Sign,
        clock: Callable[[], datetime],
        random: Callable[[], float],
        redactor: Callable[[], Redactor],
        grace: float,
    ) -> None:
        self._journal = journal
        self._policy = policy
        self._sign = sign
        self._clock = clock
        self._random = random
        self._redactor = redactor
        self._grace = grace
        self._watchdog = Watchdog()

    def close(self) -> None:
        """Watch nothing any more."""
        self._watchdog.close()

    async def run(self, running: Running) -> Attempt | None:
        """Make one attempt and judge it; None where a shutdown cut it. Raises nothing."""
        started = self._clock()
        policy: Policy = running.target.destination
        if (reason := too_old(running.delivery, started)) is not None:
            return self._attempt(running, started, Outcome.SKIPPED, DeliveryState.SKIPPED, reason=reason)
        try:
            policy = self._policy(running.delivery) or policy
            returned = await self._execute(running, policy, started)
        except BaseException as error:  # SystemExit, too, is this delivery's trouble only
            if running.interrupted or _cancelled_from_outside(error):
                if running.delivery.interrupted < MOST_INTERRUPTIONS:
                    return None
                error = Retry("interrupted by a shutdown, more often than is free of charge")
            elif isinstance(error, JournalError) and not running.called:
                return self._unread(running, error, started)
            return self._failed(running, policy, error, started)
        facts, complaint = tidy(returned, self._redactor())
        if complaint is not None:
            log.warning("delivery %s was delivered, but %s", running.delivery.id, complaint)
        facts = running.target.redactor.tree(facts)
        running.healthy = True
        return self._attempt(running, started, Outcome.DELIVERED, DeliveryState.DELIVERED, facts=facts)

    async def _execute(self, running: Running, policy: Policy, started: datetime) -> object:
        delivery, target = running.delivery, running.target
        if (reason := too_late(delivery, started)) is not None:
            raise Permanent(reason)
        params = _params(running)
        carried = running.carried or await self._read(delivery)
        if running.interrupted:
            raise asyncio.CancelledError
        loop = asyncio.get_running_loop()
        watch = loop.call_later(policy.timeout + self._grace, self._abandon, running)
        limit = asyncio.timeout(policy.timeout)
        given = self._delivery(delivery, carried, loop.time() + policy.timeout, started)
        running.executing = running.called = True
        try:
            with self._watchdog.watch(f"the action `{target.destination.plugin}` (delivery {delivery.id})"):
                async with limit:
                    return await target.execute(params, given)
        except TimeoutError:
            if limit.expired():
                raise Retry(f"timed out after {policy.timeout:g} s") from None
            raise
        finally:
            running.executing = False
            watch.cancel()
            if running.abandoned:
                log.warning("delivery %s: its abandoned attempt has ended after all", delivery.id)

    def _delivery(
        self, delivery: StoredDelivery, carried: Carried, deadline: float, started: datetime
    ) -> Delivery:
        info, body = carried.info, carried.body
        return Delivery(
            id=delivery.id,
            attempt=delivery.attempts,
            deadline=deadline,
            route=delivery.route,
            action=delivery.action,
            event=info,
            now=started,
            first_attempt_at=delivery.first_started_at or started,
            read_body=lambda: body,
            sign=lambda: self._sign(info.source, info.id, body, self._clock()),
        )

    async def _read(self, delivery: StoredDelivery) -> Carried:
        event = await self._journal.event(delivery.event_uid)
        if event is None:
            raise Permanent(f"the event {delivery.event_uid} is not in the journal any more")
        info = EventInfo(
            event.uid, event.id, event.source, event.type, event.time, event.received_at, event.headers
        )
        return Carried(info, event.body)

    def _abandon(self, running: Running) -> None:
        running.abandoned = True
        log.error(
            "delivery %s is abandoned: the action `%s` ignores its time-out, which costs the destination `%s` "
            "a slot until it ends; it is not run again before the router is started anew",
            running.delivery.id,
            running.target.destination.plugin,
            running.target.name,
        )

    def _failed(self, running: Running, policy: Policy, error: BaseException, started: datetime) -> Attempt:
        delivery = running.delivery
        then = next_state(
            policy.retry,
            delivery,
            error,
            self._clock(),
            self._random,
            max_pause=running.target.destination.max_pause,
            throttles=running.lane.throttles,
        )
        if isinstance(error, Permanent):
            running.healthy = running.called or None  # it has answered, if not as one would wish
        elif then.outcome is not Outcome.THROTTLED:
            running.healthy = False
        reason = self._clean(running, then.reason)
        if not expected(error):
            trace = "".join(traceback.format_exception(error))
            log.error("delivery %s: the action failed\n%s", delivery.id, self._clean(running, trace))
        return self._attempt(
            running,
            started,
            then.outcome,
            then.state,
            reason=reason,
            due_at=then.due_at,
            pause_until=then.pause_until,
        )

    def _unread(self, running: Running, error: JournalError, started: datetime) -> Attempt:
        """Put off what was not tried, as the journal did not say what: that is no fault of the destination's."""
        reason = f"not tried: its event could not be read from the journal: {error}"
        log.warning("delivery %s is put off by %g s: %s", running.delivery.id, READ_AGAIN, reason)
        due = self._clock() + timedelta(seconds=READ_AGAIN)
        return self._attempt(running, started, Outcome.INTERRUPTED, DeliveryState.READY, reason=reason, due_at=due)

    def _clean(self, running: Running, text: str) -> str:
        return running.target.redactor.text(self._redactor().text(text))

    def _attempt(
        self, running: Running, started: datetime, outcome: Outcome, state: DeliveryState, **more: Any
    ) -> Attempt:
        delivery = running.delivery
        return Attempt(
            delivery.id, delivery.lease, delivery.attempts, started, self._clock(), outcome, state, **more
        )


def _params(running: Running) -> Model:
    delivery, destination = running.delivery, running.target.destination
    if delivery.plugin != destination.plugin:
        raise Permanent(
            f"the destination `{destination.name}` is a `{destination.plugin}` now, "
            f"and this delivery was made for `{delivery.plugin}`"
        )
    try:
        return destination.action.Params.model_validate(json.loads(delivery.params))
    except (ValidationError, ValueError, RecursionError) as error:
        misfit = (
            f"params no longer fit {destination.plugin} {destination.plugin_version} "
            f"(stored by {delivery.plugin_version}){_first(error)}"
        )
    raise Permanent(misfit)


def _first(error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return ""
    fault = error.errors(include_url=False, include_input=False, include_context=False)[0]
    return f": {'.'.join(map(str, fault['loc']))}: {fault['msg']}"


def _cancelled_from_outside(error: BaseException) -> bool:
    """Tell the loop's shutdown from an action that raises CancelledError by itself."""
    task = asyncio.current_task()
    return isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling() > 0
