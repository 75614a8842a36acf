"""The bound on bytes in hand, and the queue for room below it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from router.ingress.waiting import SWEEP, Held, Room, Waiting

LONG = 60.0


def holding(waiting: Waiting, size: int, patience: float = LONG) -> Held:
    """Return a request that holds so many bytes."""
    held = Held(waiting, patience)
    assert held.at_once(size)
    return held


def asking(held: Held, size: int, gone: Callable[[], bool] = lambda: False) -> asyncio.Task[Room]:
    """Ask for room in the background."""
    return asyncio.ensure_future(held.take(size, gone))


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def answers(*asked: asyncio.Task[Room]) -> list[Any]:
    """Return what each was told; None for one that still waits."""
    return [one.result() if one.done() else None for one in asked]


async def test_bytes_are_counted_over_all_requests_and_given_back_once() -> None:
    waiting = Waiting(100)
    first, second = holding(waiting, 60), Held(waiting, LONG)
    assert not second.at_once(41)
    assert second.at_once(40)
    first.release()
    first.release()
    assert waiting.bytes == 40


async def test_bytes_that_are_handed_over_count_until_the_other_releases_them() -> None:
    waiting = Waiting(100)
    first = holding(waiting, 60)
    second = first.hand_over()
    first.release()
    assert waiting.bytes == 60
    second.release()
    assert waiting.bytes == 0


async def test_who_finds_no_room_waits_until_somebody_gives_some_back() -> None:
    waiting = Waiting(100)
    first, second = holding(waiting, 60), Held(waiting, LONG)
    asked = asking(second, 50)
    await settle()
    assert answers(asked) == [None]
    first.release()
    assert await asked is Room.GIVEN
    assert (waiting.bytes, waiting.queued) == (50, 0)


async def test_who_waited_too_long_is_told_so_and_holds_nothing_more() -> None:
    waiting = Waiting(100)
    first, second = holding(waiting, 60), Held(waiting, 0.01)
    assert await second.take(50) is Room.NONE
    assert second.patience == 0
    first.release()
    assert (waiting.bytes, waiting.queued) == (0, 0)


async def test_patience_is_spent_over_all_waits_of_a_request_together() -> None:
    waiting = Waiting(100)
    other, held = holding(waiting, 60), Held(waiting, LONG)
    asked = asking(held, 50)
    await asyncio.sleep(0.02)
    other.release()
    await asked
    assert LONG - 10 < held.patience < LONG - 0.01
    before = held.patience
    assert held.at_once(50)
    assert held.patience == before


async def test_room_is_given_in_order_and_nothing_small_overtakes_something_large() -> None:
    waiting = Waiting(100)
    holders = [holding(waiting, 50) for _ in range(2)]
    large, *small = [asking(Held(waiting, LONG), size) for size in (90, 5, 5)]
    await settle()
    late = Held(waiting, LONG)
    holders[0].release()
    assert not late.at_once(1), "there is room for one, but others came before"
    last = asking(late, 1)
    await settle()
    assert answers(large, *small, last) == [None, None, None, None]
    holders[1].release()
    await settle()
    assert answers(large, *small, last) == [Room.GIVEN, Room.GIVEN, Room.GIVEN, None]


async def test_a_body_under_way_is_before_those_that_have_not_begun() -> None:
    waiting = Waiting(100)
    begun, other = holding(waiting, 40), holding(waiting, 60)
    new = asking(Held(waiting, LONG), 50)
    await settle()
    more = asking(begun, 10)
    await settle()
    other.release()
    await settle()
    assert answers(more, new) == [Room.GIVEN, Room.GIVEN]
    waiting = Waiting(100)
    begun, other, rest = holding(waiting, 40), holding(waiting, 10), holding(waiting, 50)
    new = asking(Held(waiting, LONG), 50)
    await settle()
    more = asking(begun, 10)
    await settle()
    other.release()
    await settle()
    assert answers(more, new) == [Room.GIVEN, None]
    rest.release()
    await new


async def test_bodies_that_wait_for_each_other_do_not_wait_in_vain() -> None:
    waiting = Waiting(100)
    first, second = holding(waiting, 50), holding(waiting, 50)
    one, two = asking(first, 30), asking(second, 30)
    assert await two is Room.NONE, "it began last"
    second.release()
    assert await one is Room.GIVEN
    assert waiting.bytes == 80


async def test_the_last_bytes_that_others_held_show_that_the_rest_wait_for_each_other() -> None:
    waiting = Waiting(100)
    first, second, other = holding(waiting, 40), holding(waiting, 40), holding(waiting, 20)
    one, two = asking(first, 50), asking(second, 50)
    await settle()
    assert answers(one, two) == [None, None], "the third may give back enough"
    other.release()
    assert await two is Room.NONE
    second.release()
    assert await one is Room.GIVEN


async def test_what_can_never_fit_is_refused_at_once() -> None:
    waiting = Waiting(100)
    held = holding(waiting, 60)
    assert held.most == 40
    assert await held.take(41) is Room.NONE
    assert await Held(waiting, LONG).take(101) is Room.NONE


async def test_who_hung_up_is_passed_over_when_there_is_room() -> None:
    waiting = Waiting(100)
    first = holding(waiting, 60)
    gone = asking(Held(waiting, LONG), 90, lambda: True)
    await settle()
    assert answers(gone) == [Room.GONE]
    has_gone = False
    gone, there = asking(Held(waiting, LONG), 90, lambda: has_gone), asking(Held(waiting, LONG), 100)
    await settle()
    has_gone = True
    first.release()
    assert await gone is Room.GONE
    assert await there is Room.GIVEN


async def test_who_hung_up_is_found_while_nothing_else_happens() -> None:
    waiting = Waiting(100)
    holding(waiting, 60)
    has_gone = False
    gone, there = asking(Held(waiting, LONG), 90, lambda: has_gone), asking(Held(waiting, LONG), 40)
    await settle()
    has_gone = True
    assert SWEEP < 1
    assert await gone is Room.GONE
    assert await there is Room.GIVEN


async def test_who_is_cancelled_while_it_waits_leaves_the_queue() -> None:
    waiting = Waiting(100)
    holding(waiting, 60)
    large, small = asking(Held(waiting, LONG), 90), asking(Held(waiting, LONG), 40)
    await settle()
    large.cancel()
    assert await small is Room.GIVEN
    assert waiting.queued == 0
    with pytest.raises(asyncio.CancelledError):
        await large


async def test_thousands_may_wait_and_each_gets_its_turn() -> None:
    waiting = Waiting(100)
    first = holding(waiting, 100)
    order: list[int] = []

    async def ask(number: int) -> None:
        held = Held(waiting, LONG)
        assert await held.take(40) is Room.GIVEN
        order.append(number)
        held.release()

    asked = [asyncio.ensure_future(ask(number)) for number in range(5000)]
    await settle()
    assert waiting.queued == 5000
    first.release()
    await asyncio.gather(*asked)
    assert order == list(range(5000))
    assert waiting.bytes == 0
