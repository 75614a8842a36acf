"""Compares what the senders were told, what the journal holds and what the destinations saw. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from bench.conservation.account import KEYS, LOST, OTHER, TWICE, Account
from bench.conservation.destination import FINE, SLOW, Seen
from bench.conservation.evidence import LATE, REFUSED, Evidence, timed_out
from bench.conservation.ledger import Entry, Ledger
from bench.conservation.made import Slot
from bench.conservation.routes import TABLE
from bench.conservation.snapshot import Snapshot
from router.journal.journal import StoredAttempt
from router.model import DeliveryState, StoredDelivery

_FOR_CRASHES = "crashes the process"
_ENDS = {DeliveryState.DELIVERED, DeliveryState.SKIPPED, DeliveryState.DEAD}


class Judge:
    """Fills an account. `seen` are the requests of all destinations, and the writes of the table."""

    def __init__(
        self, account: Account, ledger: Ledger, snapshot: Snapshot, seen: Iterable[Seen], evidence: Evidence
    ) -> None:
        self._account = account
        self._ledger = ledger
        self._snapshot = snapshot
        self._evidence = evidence
        self._seen: dict[tuple[str, Slot], list[Seen]] = defaultdict(list)
        for one in sorted(seen, key=lambda one: one.at):
            self._seen[one.event, (one.action, one.index)].append(one)

    def judge(self) -> None:
        """Look at every event of the senders, and at every request."""
        for entry in self._ledger:
            self._event(entry)
        for (id_, slot), requests in self._seen.items():
            self._requests(id_, slot, requests)

    def _event(self, entry: Entry) -> None:
        account, id_ = self._account, entry.made.id
        account.posts += entry.posts
        account.duplicates += entry.duplicates
        stored = self._snapshot.events.get(id_, ())
        if entry.acknowledged:
            account.acknowledged += 1
            if not stored:
                account.blame(LOST, f"event {id_} was acknowledged and is not in the journal")
        else:
            account.unacknowledged += 1
            account.unacknowledged_stored += bool(stored)
        if entry.accepted > 1:
            account.blame(LOST, f"event {id_} was accepted as new {entry.accepted} times")
        if len(stored) > 1:
            account.blame(OTHER, f"event {id_} is in the journal {len(stored)} times")
        if unpromised := entry.promised - {len(entry.made.planned)}:
            account.blame(OTHER, f"event {id_} got {unpromised} deliveries, instead of {len(entry.made.planned)}")
        if stored:
            if entry.uids - {stored[0].uid}:
                account.blame(OTHER, f"event {id_} was acknowledged as {entry.uids}, and is {stored[0].uid}")
            self._deliveries(entry, self._snapshot.deliveries.get(stored[0].uid, ()))

    def _deliveries(self, entry: Entry, deliveries: Sequence[StoredDelivery]) -> None:
        id_, planned = entry.made.id, entry.made.planned
        found = Counter(_slot(delivery) for delivery in deliveries)
        for slot in planned.keys() - found.keys():
            self._account.blame(LOST, f"event {id_} has no delivery {slot}")
        for slot, times in found.items():
            if times != 1 or slot not in planned:
                self._account.blame(OTHER, f"event {id_} has the delivery {slot} {times} times")
        for delivery in deliveries:
            if _slot(delivery) in planned:
                self._delivery(id_, delivery, planned)

    def _delivery(self, id_: str, delivery: StoredDelivery, planned: Mapping[Slot, str]) -> None:
        account, slot = self._account, _slot(delivery)
        requests = self._seen.get((id_, slot), ())
        tally, name = account.tally(delivery.action), f"delivery {delivery.id} ({slot} of {id_})"
        tally.planned += 1
        may, state, reason = planned[slot], delivery.state, delivery.reason or ""
        if state not in _ENDS:
            account.blame(LOST, f"{name} is {state} at the end, after {delivery.attempts} attempts: {reason}")
        elif state is DeliveryState.DELIVERED:
            tally.delivered += 1
            if may:
                account.blame(OTHER, f"{name} should be {may}, and is delivered")
            if not any(request.mood == FINE for request in requests):
                met = [request.mood for request in requests] or "nothing"
                account.blame(LOST, f"{name} is delivered, and its destination has seen {met}")
        elif state is DeliveryState.SKIPPED:
            tally.skipped += 1
            if may != "skipped" or not reason:
                account.blame(LOST, f"{name} is skipped: {reason or 'without a reason'}")
        else:
            tally.dead += 1
            self._dead(name, may, reason, delivery, requests)
        if may and requests:
            account.blame(OTHER, f"{name} was sent, though it was {may} before")
        recorded = max(delivery.attempts, len(self._snapshot.attempts.get(delivery.id, ())))
        if slot[0] != TABLE and len(requests) > recorded:
            account.blame(OTHER, f"{name} was sent {len(requests)} times, and {recorded} attempts are recorded")

    def _dead(self, name: str, may: str, reason: str, delivery: StoredDelivery, requests: Sequence[Seen]) -> None:
        if not reason:
            self._account.blame(LOST, f"{name} is dead without a reason")
        elif _FOR_CRASHES in reason:
            self._account.blame(LOST, f"{name} is dead for the kills: {reason}")
        elif may != "dead":
            refused = sum(request.mood != FINE for request in requests)
            if refused < delivery.max_attempts:
                self._account.blame(LOST, f"{name} is dead after {refused} refusals: {reason}")

    def _requests(self, id_: str, slot: Slot, requests: Sequence[Seen]) -> None:
        tally = self._account.tally(slot[0])
        tally.requests += len(requests)
        stored = self._snapshot.events.get(id_, ())
        of_event = self._snapshot.deliveries.get(stored[0].uid, ()) if stored else ()
        known = {delivery.id for delivery in of_event if _slot(delivery) == slot}
        if slot[0] != TABLE:
            keys = {request.key for request in requests}
            if len(keys) > 1:
                self._account.blame(KEYS, f"{slot} of {id_} was sent with the keys {sorted(keys)}")
            if not known:
                self._account.blame(LOST, f"{slot} of {id_} was sent, and is not in the journal")
            elif keys - known and len(keys) == 1:
                self._account.blame(KEYS, f"{slot} of {id_} was sent as {keys}, and is {known} in the journal")
        attempts = [attempt for name in known for attempt in self._snapshot.attempts.get(name, ())]
        late = timed_out(attempts, self._evidence.timeout)
        for first, second in pairwise(requests):
            why = self._evidence.explain(first, second, late=late > 0, attempts=attempts)
            late -= why == LATE or (why == REFUSED and first.mood in SLOW)
            if why is not None:
                tally.repeats[why] += 1
                continue
            tally.unexplained += 1
            self._account.blame(
                TWICE,
                f"{slot} of {id_} was sent again by process {second.process or '?'} {second.at - first.at:.2f} s "
                f"after process {first.process or '?'} sent it and it was answered {first.mood} ({first.key}); "
                f"its attempts, in seconds after that: {_told(attempts, first.at)}",
            )


def _told(attempts: Sequence[StoredAttempt], since: float) -> str:
    """Return what the journal tells of them."""
    told = []
    for attempt in attempts:
        ended = "?" if attempt.ended_at is None else f"{attempt.ended_at.timestamp() - since:.2f}"
        told.append(f"{attempt.started_at.timestamp() - since:.2f} to {ended} {attempt.outcome or 'open'}")
    return ", ".join(told) or "none"


def _slot(delivery: StoredDelivery) -> Slot:
    return delivery.action, delivery.index or 0
