"""Ids: of events, sortable by time; of deliveries, the same for the same cause."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from itertools import product

from router.ids import delivery_id, event_uid, replay_id

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def test_ids_of_events_sort_by_their_millisecond() -> None:
    uids = [event_uid(NOW + timedelta(milliseconds=number)) for number in range(2000)]
    assert uids == sorted(uids)
    assert all(re.fullmatch(r"evt_[0-9a-v]{26}", uid) for uid in uids)


def test_ids_of_one_millisecond_differ() -> None:
    assert len({event_uid(NOW) for _ in range(1000)}) == 1000


def test_a_replay_has_an_id_of_its_own() -> None:
    assert re.fullmatch(r"rpl_[0-9a-v]{26}", replay_id(NOW))
    assert replay_id(NOW) != replay_id(NOW)


def test_the_same_cause_has_the_same_id_and_another_cause_another() -> None:
    causes = list(product(("evt_a", "evt_b"), ("r", "r2"), ("a", "a2"), (None, 0, 1), ("", "rpl_1")))
    ids = [delivery_id(*cause) for cause in causes]
    assert ids == [delivery_id(*cause) for cause in causes]
    assert len(set(ids)) == len(causes)
    assert delivery_id("evt_a", "r", "a", 7).endswith("-7")


def test_names_do_not_run_into_each_other() -> None:
    assert delivery_id("evt_a", "ab", "c", None) != delivery_id("evt_a", "a", "bc", None)
    assert delivery_id("evt_a", "\ud800", "c", None) != delivery_id("evt_a", "\ud801", "c", None)
