"""The filters of `retry` and `replay` as they come over the wire."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from router.admin.filters import delivery_filter, event_filter
from router.journal.journal import DeliveryFilter, EventFilter
from router.model import DeliveryState, EventState


def test_a_delivery_filter_has_all_its_fields() -> None:
    asked = {
        "ids": ["dlv_a"],
        "event": "evt_a",
        "source": "clerk",
        "type": "user.*",
        "route": "welcome",
        "action": "slack",
        "destination": "slack",
        "state": "dead",
        "since": "2026-03-01T12:00:00Z",
        "until": "2026-03-01T14:00:00+01:00",
        "text": "Ada",
    }
    assert delivery_filter(asked) == DeliveryFilter(
        ids=("dlv_a",),
        event="evt_a",
        source="clerk",
        type="user.*",
        route="welcome",
        action="slack",
        destination="slack",
        state=DeliveryState.DEAD,
        since=datetime(2026, 3, 1, 12, tzinfo=UTC),
        until=datetime(2026, 3, 1, 13, tzinfo=UTC),
        text="Ada",
    )


def test_an_event_filter_tells_its_own_state_from_that_of_a_delivery() -> None:
    assert event_filter({"state": "plan-failed", "delivery_state": "dead", "route": None}) == EventFilter(
        state=EventState.PLAN_FAILED, delivery_state=DeliveryState.DEAD
    )


@pytest.mark.parametrize("read", [delivery_filter, event_filter])
@pytest.mark.parametrize(
    ("asked", "what"),
    [
        ({"limit": "5"}, "`limit` is no filter; known: "),
        ({"ids": "evt_a"}, "`ids` must be a list of texts"),
        ({"ids": [1]}, "`ids` must be a list of texts"),
        ({"ids": []}, "`ids` is empty"),
        ({"source": 1}, "`source` must be a text"),
        ({"source": ""}, "`source` is empty"),
        ({"state": "lost"}, "`lost` is no state; known: "),
        ({"since": "yesterday"}, "`since` must be a time such as"),
        ({"until": "2026-03-01"}, "`until` needs a time zone"),
    ],
)
def test_what_is_wrong_is_named(
    read: Callable[[Mapping[str, Any]], object], asked: Mapping[str, Any], what: str
) -> None:
    with pytest.raises(ValueError, match="`") as caught:
        read(asked)
    assert what in str(caught.value)
