"""What every journal promises of its listings and counts; used as contract.py is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from router.journal.journal import DeliveryFilter, EventFilter, Journal
from router.model import DeliveryState, EventState, Plan
from tests.journal.values import attempt, begun, claim, event, later, plan, planned

S = DeliveryState


async def filled(journal: Journal) -> None:
    """Four events, a to d, a second apart: d unmatched, b dead, c delivered, a skipped."""
    states = {"a": S.SKIPPED, "b": S.DEAD, "c": S.READY}
    for second, (name, state) in enumerate(states.items()):
        item = planned(
            f"evt_{name}", action=name, route=f"r{name}", destination=f"d{name}", state=state, reason=f"why {name}"
        )
        await journal.append(plan(name, item, received_at=later(second), type=f"user.[{name}]", source=f"s{name}"))
    (ready,) = await claim(journal, {"dc": 1}, later(9))
    await journal.record(attempt(ready))
    await journal.append(Plan(event("d", received_at=later(3), type="user.?"), EventState.UNMATCHED))


EVENT_FILTERS: dict[str, tuple[dict[str, Any], str]] = {
    "everything": ({}, "dcba"),
    "a router's id": ({"ids": ["evt_b"]}, "b"),
    "ids of both kinds": ({"ids": ["evt_b", "msg_a", "no"]}, "ba"),
    "source": ({"source": "sa"}, "a"),
    "type": ({"type": "user.[b]"}, "b"),
    "glob": ({"type": "user.*"}, "dcba"),
    "glob whose brackets are literal": ({"type": "*.[b*"}, "b"),
    "glob whose question mark is literal": ({"type": "*?"}, "d"),
    "glob in capitals": ({"type": "USER.*"}, ""),
    "state": ({"state": EventState.UNMATCHED}, "d"),
    "usual state": ({"state": EventState.PLANNED}, "cba"),
    "delivery state": ({"delivery_state": S.DEAD}, "b"),
    "delivered": ({"delivery_state": S.DELIVERED}, "c"),
    "route": ({"route": "ra"}, "a"),
    "route and state apart": ({"route": "ra", "delivery_state": S.DEAD}, ""),
    "since": ({"since": later(1)}, "dcb"),
    "until": ({"until": later(1)}, "a"),
    "text": ({"text": '"c"'}, "c"),
    "all of them": ({"since": later(1), "until": later(3), "type": "user*", "text": '"b"'}, "b"),
    "page": ({"limit": 2}, "dc"),
    "next page": ({"limit": 2, "before": "evt_c"}, "ba"),
    "beyond an unknown one": ({"before": "no"}, ""),
}


@pytest.mark.parametrize("name", EVENT_FILTERS)
async def test_events_are_listed_newest_first_by(journal: Journal, name: str) -> None:
    await filled(journal)
    given, expected = EVENT_FILTERS[name]
    listed = await journal.events(EventFilter(**given))
    assert "".join(item.uid[-1] for item in listed) == expected
    whole = {key: value for key, value in given.items() if key not in ("limit", "before")}
    assert await journal.count(EventFilter(**given)) == len(await journal.events(EventFilter(**whole)))
    assert all(item.body == b"" for item in listed)
    assert {item.uid: item.deliveries for item in listed}.get("evt_c", {S.DELIVERED: 1}) == {S.DELIVERED: 1}


async def test_the_contents_of_many_events_are_read_at_once(journal: Journal) -> None:
    await filled(journal)
    found = await journal.contents(["evt_b", "evt_d", "no"])
    assert {uid: (of.headers, of.query, of.body) for uid, of in found.items()} == {
        uid: (sent.headers, sent.query, sent.body) for uid, sent in (("evt_b", event("b")), ("evt_d", event("d")))
    }


DELIVERY_FILTERS: dict[str, tuple[dict[str, Any], str]] = {
    "everything": ({}, "cba"),
    "the router's event": ({"event": "evt_b"}, "b"),
    "the sender's event": ({"event": "msg_b"}, "b"),
    "source": ({"source": "sa"}, "a"),
    "type": ({"type": "user.[b]"}, "b"),
    "glob": ({"type": "*[c]"}, "c"),
    "route": ({"route": "ra"}, "a"),
    "action": ({"action": "c"}, "c"),
    "destination": ({"destination": "db"}, "b"),
    "state": ({"state": S.DEAD}, "b"),
    "delivered": ({"state": S.DELIVERED}, "c"),
    "since": ({"since": later(1)}, "cb"),
    "until": ({"until": later(2)}, "ba"),
    "text of the reason": ({"text": "why b"}, "b"),
    "text of the parameters": ({"text": '"hi"'}, "cba"),
    "page": ({"limit": 1}, "c"),
}


@pytest.mark.parametrize("name", DELIVERY_FILTERS)
async def test_deliveries_are_listed_newest_first_by(journal: Journal, name: str) -> None:
    await filled(journal)
    given, expected = DELIVERY_FILTERS[name]
    listed = await journal.deliveries(DeliveryFilter(**given))
    assert "".join(item.action for item in listed) == expected
    whole = {key: value for key, value in given.items() if key != "limit"}
    assert await journal.count(DeliveryFilter(**given)) == len(await journal.deliveries(DeliveryFilter(**whole)))


async def test_pages_of_deliveries_miss_none_and_repeat_none(journal: Journal) -> None:
    await journal.append(plan("a", *(planned(action=f"n{n}") for n in range(25))))
    seen: list[str] = []
    page = await journal.deliveries(DeliveryFilter(limit=10))
    while page:
        seen += [item.id for item in page]
        page = await journal.deliveries(DeliveryFilter(limit=10, before=seen[-1]))
    assert len(seen) == len(set(seen)) == 25
    two = await journal.deliveries(DeliveryFilter(ids=seen[:3], limit=2))
    assert [item.id for item in two] == seen[:2]


async def test_the_counts_are_of_every_state(journal: Journal) -> None:
    await filled(journal)
    await begun(journal, "e")
    await journal.append(plan("f", received_at=later(30)))
    stats = await journal.stats()
    assert {state: n for state, n in stats.events.items() if n} == {EventState.PLANNED: 5, EventState.UNMATCHED: 1}
    assert {state: n for state, n in stats.deliveries.items() if n} == {
        S.SKIPPED: 1,
        S.DEAD: 1,
        S.DELIVERED: 1,
        S.RUNNING: 1,
        S.READY: 1,
    }
    assert stats.oldest_due == later(30)
    assert stats.bytes > 0


async def test_what_is_ready_and_not_due_yet_is_found_as_waiting(journal: Journal) -> None:
    soon = datetime.now(UTC) + timedelta(hours=1)
    await journal.append(plan("now"))
    await journal.append(plan("later", planned("evt_later", due_at=soon)))
    (waiting,) = await journal.deliveries(DeliveryFilter(state=DeliveryState.WAITING))
    assert waiting.event_uid == "evt_later"
    assert await journal.count(DeliveryFilter(state=DeliveryState.READY)) == 2
