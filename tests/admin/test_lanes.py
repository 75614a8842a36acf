"""Lanes are listed with why they stand still, and paused and resumed by hand."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from router.admin.lanes import lanes_of
from router.journal.journal import Queue
from router.journal.lane import BreakerState, LaneState
from router.model import DeliveryState
from tests.admin.office import OPEN, Office, office
from tests.journal.values import NOW, later, limits, plan, planned


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Office]:
    async with office(tmp_path / "router.db") as one:
        yield one


async def lanes(desk: Office) -> list[dict[str, Any]]:
    """Return the lanes that the listener tells of."""
    status, text = await desk.get("/api/v1/lanes", headers=OPEN)
    assert status == 200
    found: list[dict[str, Any]] = json.loads(text)["lanes"]
    return found


async def test_a_lane_is_paused_with_its_reason_and_resumed(desk: Office) -> None:
    await desk.journal.append(plan())
    assert await desk.post("lanes/pause", {"destination": "slack", "for": "2h", "reason": "maintenance"}) == (
        200,
        {"destination": "slack", "lane": "", "paused_until": later(7260).isoformat()},
    )
    (lane,) = await lanes(desk)
    assert (lane["ready"], lane["paused"]) == (1, True)
    assert "maintenance" in lane["blocked"]
    assert not (await desk.journal.claim({"slack": limits()}, later(60))).deliveries
    assert (await desk.post("lanes/resume", {"destination": "slack"}))[0] == 200
    assert len(desk.woken) == 2
    (lane,) = await lanes(desk)
    assert (lane["paused"], lane["blocked"]) == (False, None)
    (running,) = (await desk.journal.claim({"slack": limits()}, later(60))).deliveries
    assert running.state is DeliveryState.RUNNING


async def test_without_a_time_it_is_paused_until_somebody_resumes_it(desk: Office) -> None:
    assert (await desk.post("lanes/pause", {"destination": "slack", "lane": "#a"}))[1]["paused_until"] is None
    (lane,) = await lanes(desk)
    assert (lane["lane"], lane["blocked"]) == ("#a", "paused until a person resumes it: by hand")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({}, "say which"),
        ([], "JSON object"),
        (b"{", "JSON object"),
        ({"destination": "slakc"}, "did you mean `slack`?"),
        ({"destination": 7}, "`destination` must be a text"),
        ({"destination": "slack", "for": "soon"}, "`for`: `soon` is not a duration"),
        ({"destination": "slack", "until": "x"}, "unknown key `until`"),
        ({"destination": "slack", "reason": "x" * 201}, "`reason` is longer"),
    ],
)
async def test_what_is_asked_wrongly_is_told_and_pauses_nothing(desk: Office, asked: Any, said: str) -> None:
    status, answer = await desk.post("lanes/pause", asked)
    assert status == 400
    assert said in answer["error"]
    assert await lanes(desk) == []


async def test_it_needs_the_token(desk: Office) -> None:
    assert (await desk.get("/api/v1/lanes"))[0] == 401
    assert (await desk.post("lanes/pause", {"destination": "slack"}, headers={}))[0] == 401


def test_what_waits_is_joined_with_why() -> None:
    states = [
        LaneState("a", breaker=BreakerState.OPEN, open_until=later(30)),
        LaneState("b", "quiet", ok=5),
        LaneState("c", paused_until=later(5), pause_reason="HTTP 429"),
    ]
    queues = [Queue("c", "", 7, NOW), Queue("gone", "x", 1, later(9))]
    found = {(one["destination"], one["lane"]): one for one in lanes_of(states, queues, {"a", "b", "c"}, NOW)}
    assert list(found) == [("a", ""), ("c", ""), ("gone", "x")]
    assert (found["a", ""]["breaker"], found["a", ""]["ready"]) == ("open", 0)
    assert "HTTP 429" in found["c", ""]["blocked"]
    assert found["gone", "x"]["stranded"] is True


async def test_a_delivery_that_is_not_due_yet_waits(desk: Office) -> None:
    await desk.journal.append(plan("l", planned("evt_l", due_at=later(100), destination="later")))
    (lane,) = await lanes(desk)
    assert (lane["destination"], lane["ready"], lane["first_due"]) == ("later", 1, later(100).isoformat())
