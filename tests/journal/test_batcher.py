"""Group commit without a database: what is gathered, and who gets which result."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from router.errors import JournalError
from router.journal.batcher import Batcher, Done


class Store:
    """A back end whose commits end when the test says so."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.done: list[Done] = []

    def start(self, operations: list[int], done: Done) -> None:
        self.batches.append(operations)
        self.done.append(done)

    def finish(self, number: int) -> None:
        self.done[number]([operation * 10 for operation in self.batches[number]])


async def turn() -> None:
    """Let the loop run what is scheduled."""
    for _ in range(3):
        await asyncio.sleep(0)


async def test_what_is_submitted_in_one_turn_shares_a_batch() -> None:
    store = Store()
    batcher = Batcher(store.start)
    futures = [batcher.submit(n) for n in range(3)]
    await turn()
    assert store.batches == [[0, 1, 2]]
    store.finish(0)
    assert await asyncio.gather(*futures) == [0, 10, 20]


async def test_while_one_batch_commits_the_next_gathers() -> None:
    store = Store()
    batcher = Batcher(store.start)
    first = batcher.submit(1)
    await turn()
    others = []
    for n in (2, 3, 4):
        others.append(batcher.submit(n))
        await turn()
    assert store.batches == [[1]]
    store.finish(0)
    assert store.batches == [[1], [2, 3, 4]]
    assert await first == 10
    store.finish(1)
    assert await asyncio.gather(*others) == [20, 30, 40]


async def test_several_batches_may_be_under_way_where_the_store_can() -> None:
    store = Store()
    batcher = Batcher(store.start, in_flight=2)
    futures = []
    for n in (1, 2, 3):
        futures.append(batcher.submit(n))
        await turn()
    assert store.batches == [[1], [2]]
    store.finish(1)
    assert store.batches == [[1], [2], [3]]
    store.finish(0)
    store.finish(2)
    assert await asyncio.gather(*futures) == [10, 20, 30]


async def test_a_batch_has_a_bound() -> None:
    store = Store()
    batcher = Batcher(store.start, most=4)
    futures = [batcher.submit(n) for n in range(10)]
    await turn()
    for number in range(3):
        store.finish(number)
    assert [len(batch) for batch in store.batches] == [4, 4, 2]
    assert await asyncio.gather(*futures) == [n * 10 for n in range(10)]


async def test_an_exception_among_the_results_is_raised_to_its_caller_only() -> None:
    store = Store()
    batcher = Batcher(store.start)
    futures = [batcher.submit(n) for n in range(3)]
    await turn()
    store.done[0]([1, ValueError("guilty"), 3])
    assert (await futures[0], await futures[2]) == (1, 3)
    with pytest.raises(ValueError, match="guilty"):
        await futures[1]


async def test_a_cancelled_caller_neither_stops_nor_disturbs_its_batch() -> None:
    store = Store()
    batcher = Batcher(store.start)
    futures = [batcher.submit(n) for n in range(2)]
    await turn()
    futures[0].cancel()
    store.finish(0)
    assert store.batches == [[0, 1]]
    assert await futures[1] == 10


async def test_a_store_that_cannot_start_or_loses_results_fails_the_batch_and_not_the_next() -> None:
    store = Store()
    fail = True

    def start(operations: list[int], done: Done) -> None:
        if fail:
            raise OSError("no thread")
        store.start(operations, done)

    batcher = Batcher(start)
    future = batcher.submit(1)
    with pytest.raises(JournalError, match="no thread"):
        await future
    fail = False
    future = batcher.submit(2)
    await turn()
    store.done[0]([])
    with pytest.raises(JournalError, match="lost"):
        await future
    future = batcher.submit(3)
    await turn()
    store.finish(1)
    assert await future == 30


async def test_closing_waits_for_every_result_and_refuses_more() -> None:
    store = Store()
    batcher = Batcher(store.start, most=1)
    futures = [batcher.submit(n) for n in range(2)]
    closing = asyncio.ensure_future(batcher.close())
    await turn()
    with pytest.raises(JournalError, match="closed"):
        batcher.submit(3)
    store.finish(0)
    await turn()
    assert not closing.done()
    store.finish(1)
    await closing
    assert await asyncio.gather(*futures) == [0, 10]


async def test_a_closer_that_gives_up_leaves_the_batcher_in_order() -> None:
    store = Store()
    batcher = Batcher(store.start)
    future = batcher.submit(1)
    with suppress(TimeoutError):
        await asyncio.wait_for(batcher.close(), 0)
    await turn()
    store.finish(0)
    assert await future == 10
    await batcher.close()
