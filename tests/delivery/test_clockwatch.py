"""A clock that jumps makes nothing wait for ever, and says so."""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path

import pytest

from router.delivery.clockwatch import ClockWatch
from router.errors import JournalUnwritable, Retry
from router.journal.sqlite import SqliteJournal
from router.model import DeliveryState
from tests.delivery.house import START, Clock, destination, eventually, flaky, house, planned


class Passing:
    """Time that passes only when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


async def test_what_was_written_while_the_clock_was_ahead_goes_on_when_it_is_set_back(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    app, execute = flaky(Retry("HTTP 503"))
    clock = Clock()
    clock.move(days=365)
    async with house(tmp_path, destination("app", execute), clock=clock) as h:
        [name] = await h.accept(planned(expires_at=START + timedelta(days=999)))
        await h.retried(name, 1)
        watch = ClockWatch(h.journal, clock, h.worker.wake, monotonic=Passing())
        await watch.look()
        clock.move(days=-365)
        await watch.look()
        await h.reach(name, DeliveryState.DELIVERED)
        assert len(app.calls) == 2
    assert "set back by 31536000 s" in caplog.text


async def test_the_next_start_mends_it_too(tmp_path: Path) -> None:
    _, execute = flaky(Retry("HTTP 503"))
    clock = Clock()
    clock.move(days=365)
    async with house(tmp_path, destination("app", execute), clock=clock) as h:
        [name] = await h.accept(planned(expires_at=START + timedelta(days=999)))
        await h.retried(name, 1)
    _, execute = flaky()
    async with house(tmp_path, destination("app", execute)) as h:
        await h.reach(name, DeliveryState.DELIVERED)


async def test_time_that_passes_is_no_jump_and_a_jump_ahead_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clock, passing = Clock(), Passing()
    journal = SqliteJournal(tmp_path / "j.db", clock=clock)
    await journal.open()
    watch = ClockWatch(journal, clock, lambda: None, monotonic=passing)
    caplog.set_level(logging.WARNING)
    for _ in range(10):
        clock.move(seconds=1)
        passing.now += 1
        await watch.look()
    assert caplog.text == ""
    clock.move(hours=2)
    await watch.look()
    assert "set ahead by 7200 s" in caplog.text
    await journal.close()


async def test_a_journal_that_cannot_be_mended_now_is_mended_later(tmp_path: Path) -> None:
    tries: list[object] = []

    class Full:
        async def rewind(self, now: object) -> int:
            tries.append(now)
            if len(tries) == 1:
                raise JournalUnwritable("full")
            return 0

    watch = ClockWatch(Full(), Clock(), lambda: None, monotonic=Passing())  # type: ignore[arg-type]
    with pytest.raises(JournalUnwritable):
        await watch.look()
    await watch.look()
    await watch.look()
    assert len(tries) == 2


async def test_the_worker_watches_the_clock_by_itself(tmp_path: Path) -> None:
    mended: list[object] = []

    class Noting:
        def __init__(self, inner: object) -> None:
            self._inner = inner

        def __getattr__(self, name: str) -> object:
            if name == "rewind":
                mended.append(name)
            return getattr(self._inner, name)

    async with house(tmp_path, destination("app", flaky()[1]), wrap=Noting):  # type: ignore[arg-type]
        await eventually(lambda: mended)
