"""What a replay was asked for survives a restart, and names what there is not."""

from __future__ import annotations

from datetime import timedelta

import pytest

from router.delivery.replay_request import ReplayRequest
from router.journal.journal import EventFilter
from router.model import DeliveryState, EventState
from tests.delivery.house import START

ACTIONS = {"welcome": ("slack", "mail"), "bye": ("slack",)}


def test_it_comes_back_from_json_as_it_was() -> None:
    import json

    wanted = EventFilter(
        ids=("evt_1", "msg_2"),
        source="clerk",
        type="user.*",
        state=EventState.PLAN_FAILED,
        delivery_state=DeliveryState.DEAD,
        route="welcome",
        since=START,
        until=START + timedelta(microseconds=1),
        text="\ud800",
    )
    for request in (ReplayRequest(wanted, "bye", "slack", True), ReplayRequest(EventFilter())):
        assert ReplayRequest.of(json.loads(json.dumps(request.as_dict()))) == request
    assert ReplayRequest(EventFilter()).as_dict() == {"filter": {}}


def test_planning_is_restricted_to_the_route_and_the_action() -> None:
    assert ReplayRequest(EventFilter()).only is None
    for request, fitting in (
        (ReplayRequest(EventFilter(), route="welcome"), [("welcome", "slack"), ("welcome", "mail")]),
        (ReplayRequest(EventFilter(), action="slack"), [("welcome", "slack"), ("bye", "slack")]),
        (ReplayRequest(EventFilter(), route="bye", action="slack"), [("bye", "slack")]),
    ):
        only = request.only
        assert only is not None
        assert [(r, a) for r, actions in ACTIONS.items() for a in actions if only(r, a)] == fitting


@pytest.mark.parametrize(
    ("route", "action", "said"),
    [
        ("welcom", None, "there is no route `welcom` in the configuration: did you mean `welcome`?"),
        ("zzz", None, "there is no route `zzz` in the configuration: known: bye, welcome"),
        ("bye", "mail", "the route `bye` has no action `mail` in the configuration: known: slack"),
        (None, "mial", "no route has an action `mial` in the configuration: did you mean `mail`?"),
    ],
)
def test_a_route_or_action_that_there_is_not_is_an_error_that_names_the_nearest(
    route: str | None, action: str | None, said: str
) -> None:
    with pytest.raises(ValueError, match="in the configuration") as caught:
        ReplayRequest(EventFilter(), route, action).check(ACTIONS)
    assert str(caught.value) == said


def test_what_there_is_passes() -> None:
    ReplayRequest(EventFilter(), "welcome", "mail").check(ACTIONS)
    ReplayRequest(EventFilter(), None, "mail").check(ACTIONS)


def test_the_end_is_the_earlier_one() -> None:
    later = START + timedelta(days=1)
    assert ReplayRequest(EventFilter()).up_to(START).wanted.until == START
    assert ReplayRequest(EventFilter(until=later)).up_to(START).wanted.until == START
    assert ReplayRequest(EventFilter(until=START)).up_to(later).wanted.until == START
