"""`router lanes` and what `router deliveries show` says of a lane, on a journal that no process owns."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from router.cli.main import main
from router.journal.journal import DeliveryFilter
from router.journal.sqlite import SqliteJournal
from router.running import utc_now
from tests.journal.values import plan, planned

TO_THE_SECOND = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"


@pytest.fixture
def place(tmp_path: Path) -> tuple[str, str, str]:
    """The options of a journal, and one that names no destinations, with an id of a delivery in a lane of it."""

    async def fill() -> str:
        journal = SqliteJournal(tmp_path / "router.db", clock=utc_now, min_free=0)
        await journal.open()
        await journal.append(plan("a", planned("evt_a", lane="acme")))
        (delivery,) = await journal.deliveries(DeliveryFilter())
        await journal.close()
        return delivery.id

    return "--journal", str(tmp_path / "router.db"), asyncio.run(fill())


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run a command that has to work."""
    assert main(list(arguments)) == 0
    return capsys.readouterr().out


def test_a_lane_is_paused_listed_and_resumed_with_times_that_people_read(
    place: tuple[str, str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    *journal, _ = place
    pause = ("lanes", "pause", "slack", "acme")
    told = said(capsys, *pause, "--for", "30m", "--reason", "maintenance", *journal)
    assert re.fullmatch(rf"lane slack/acme: paused until {TO_THE_SECOND}\n", told)
    row = said(capsys, "lanes", "list", *journal).splitlines()[1]
    assert re.fullmatch(
        rf"slack +acme +1 +{TO_THE_SECOND} +closed +paused until {TO_THE_SECOND}: maintenance", row
    )
    assert said(capsys, *pause, *journal) == "lane slack/acme: paused until it is resumed\n"
    assert said(capsys, "lanes", "resume", "slack", "acme", *journal) == "lane slack/acme: goes on\n"
    assert "paused" not in said(capsys, "lanes", "list", *journal)


def test_a_delivery_tells_its_lane_and_why_nothing_starts_there(
    place: tuple[str, str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    *journal, name = place
    show = ("deliveries", "show", name, *journal)
    whole = said(capsys, *show)
    assert re.search(r"^lane +acme$", whole, re.MULTILINE)
    assert "its lane" not in whole
    said(capsys, "lanes", "pause", "slack", "acme", "--reason", "moving", *journal)
    assert re.search(r"^its lane +paused until a person resumes it: moving$", said(capsys, *show), re.MULTILINE)
