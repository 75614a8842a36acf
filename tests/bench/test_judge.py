"""The accounting: what is fine, and everything that must be noticed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bench.conservation.account import KEYS, LOST, OTHER, TWICE, Account
from bench.conservation.destination import Seen
from bench.conservation.evidence import Evidence
from bench.conservation.judge import Judge
from bench.conservation.ledger import Ledger
from bench.conservation.made import Made
from bench.conservation.replica import Boot
from bench.conservation.snapshot import Snapshot
from router.journal.journal import StoredAttempt, StoredEvent
from router.model import DeliveryState, EventState, Outcome, StoredDelivery

NOW = datetime(2026, 1, 1, tzinfo=UTC)
EVENT = StoredEvent("evt_uid", "shop", "evt_1", "order", NOW, NOW, EventState.PLANNED, None, 10, 0)
DELIVERY = StoredDelivery(
    "dlv_1", "evt_uid", "shop", "everywhere", "steady", None, "http", "1", "steady", b"{}",
    DeliveryState.DELIVERED, None, 1, 3, NOW, NOW, NOW, NOW,
)  # fmt: skip
REQUEST = Seen("steady", "evt_1", 0, "dlv_1", "0.0", NOW.timestamp(), "fine", NOW.timestamp())


@dataclass
class Case:
    """One event with one delivery, acknowledged and delivered; a test changes what it is about."""

    planned: str = ""
    acknowledged: bool = True
    promised: int = 1
    accepted: int = 1
    events: list[StoredEvent] = field(default_factory=lambda: [EVENT])
    deliveries: list[StoredDelivery] = field(default_factory=lambda: [DELIVERY])
    seen: list[Seen] = field(default_factory=lambda: [REQUEST])
    attempts: list[StoredAttempt] = field(default_factory=list)

    def judged(self) -> Account:
        ledger = Ledger()
        entry = ledger.entry(Made("evt_1", b"", {}, {("steady", 0): self.planned}))
        if self.acknowledged:
            entry.accepted, entry.promised, entry.uids = self.accepted, {self.promised}, {"evt_uid"}
        snapshot = Snapshot({"evt_1": self.events}, {"evt_uid": self.deliveries}, {"dlv_1": self.attempts})
        account = Account()
        evidence = Evidence([Boot("0.0", NOW.timestamp() - 9)], [], 2.0, 1.0)
        Judge(account, ledger, snapshot, self.seen, evidence).judge()
        return account


def ended(state: DeliveryState, reason: str | None = None, **more: Any) -> list[StoredDelivery]:
    return [replace(DELIVERY, state=state, reason=reason, **more)]


def later(request: Seen, seconds: float, **more: Any) -> Seen:
    return replace(request, at=request.at + seconds, answered=request.at + seconds, **more)


def test_what_is_as_promised_is_fine_and_counted() -> None:
    account = Case().judged()
    assert account.offences == []
    assert (account.acknowledged, account.unacknowledged) == (1, 0)
    tally = account.tallies["steady"]
    assert (tally.planned, tally.delivered, tally.requests) == (1, 1, 1)


def test_what_nobody_was_promised_may_be_missing() -> None:
    account = Case(acknowledged=False, events=[], deliveries=[], seen=[]).judged()
    assert account.fine
    assert (account.unacknowledged, account.unacknowledged_stored) == (1, 0)


@pytest.mark.parametrize("case", [
    Case(events=[], deliveries=[], seen=[]),
    Case(accepted=2),
    Case(deliveries=[], seen=[]),
    Case(deliveries=ended(DeliveryState.READY)),
    Case(deliveries=ended(DeliveryState.RUNNING)),
    Case(deliveries=ended(DeliveryState.DISCARDED, "a note")),
    Case(seen=[]),
    Case(seen=[replace(REQUEST, mood="error")]),
    Case(deliveries=ended(DeliveryState.SKIPPED, "too old")),
    Case(planned="skipped", deliveries=ended(DeliveryState.SKIPPED), seen=[]),
    Case(planned="dead", deliveries=ended(DeliveryState.DEAD), seen=[]),
    Case(deliveries=ended(DeliveryState.DEAD, "crashes the process")),
    Case(deliveries=ended(DeliveryState.DEAD, "gave up after 3 attempts"), seen=[replace(REQUEST, mood="error")]),
])  # fmt: skip
def test_what_is_lost_is_noticed(case: Case) -> None:
    assert case.judged().count(LOST) == 1


def test_dead_is_right_for_what_cannot_be_rendered_and_for_what_was_refused_often_enough() -> None:
    assert Case(planned="dead", deliveries=ended(DeliveryState.DEAD, "no `x`", attempts=0), seen=[]).judged().fine
    refusals = [later(replace(REQUEST, mood="error"), n) for n in range(3)]
    given_up = ended(DeliveryState.DEAD, "gave up after 3 attempts", attempts=3)
    assert Case(deliveries=given_up, seen=refusals).judged().fine


@pytest.mark.parametrize("case", [
    Case(promised=2),
    Case(events=[EVENT, EVENT]),
    Case(deliveries=[DELIVERY, replace(DELIVERY, id="dlv_2")]),
    Case(events=[replace(EVENT, uid="evt_other")], deliveries=[], seen=[]),
    Case(planned="dead"),
    Case(deliveries=ended(DeliveryState.DELIVERED, attempts=0)),
])  # fmt: skip
def test_what_is_wrong_otherwise_is_noticed(case: Case) -> None:
    assert case.judged().count(OTHER) >= 1


def test_a_repeat_that_nothing_explains_is_noticed() -> None:
    account = Case(
        deliveries=ended(DeliveryState.DELIVERED, attempts=2), seen=[REQUEST, later(REQUEST, 1)]
    ).judged()
    assert [offence.kind for offence in account.offences] == [TWICE]
    assert account.tallies["steady"].unexplained == 1


def test_a_repeat_after_a_refusal_is_counted_as_such() -> None:
    refused = replace(REQUEST, mood="error")
    case = Case(deliveries=ended(DeliveryState.DELIVERED, attempts=2), seen=[refused, later(REQUEST, 1)])
    account = case.judged()
    assert account.fine
    assert account.tallies["steady"].repeats == {"refused": 1}


def test_two_keys_for_one_delivery_and_a_key_that_is_not_its_own_are_noticed() -> None:
    assert Case(seen=[replace(REQUEST, key="dlv_9")]).judged().count(KEYS) == 1
    refused = replace(REQUEST, mood="error", key="dlv_9")
    case = Case(deliveries=ended(DeliveryState.DELIVERED, attempts=2), seen=[refused, later(REQUEST, 1)])
    assert case.judged().count(KEYS) == 1


@pytest.mark.parametrize("mood", ["fine", "hang"])
def test_one_attempt_that_timed_out_excuses_one_repeat(mood: str) -> None:
    attempts = [
        StoredAttempt(1, NOW, NOW + timedelta(seconds=1), Outcome.RETRY, "timed out after 1 s", {}),
        StoredAttempt(2, NOW, NOW, Outcome.DELIVERED, None, {}),
    ]
    deliveries = ended(DeliveryState.DELIVERED, attempts=3)
    case = Case(deliveries=deliveries, seen=[later(REQUEST, n) for n in range(3)], attempts=attempts)
    case.seen[0] = replace(REQUEST, mood=mood)
    account = case.judged()
    assert account.tallies["steady"].repeats == {"late" if mood == "fine" else "refused": 1}
    assert account.count(TWICE) == 1
