"""What happens to requests while too many bytes wait for an answer, over real HTTP."""

from __future__ import annotations

import asyncio
import gzip
import logging
from collections.abc import AsyncIterator, Callable

import aiohttp
import pytest

from router.journal.journal import Appended
from router.model import Plan
from tests.ingress.conftest import Start
from tests.ingress.server import Running, request_bytes

BODY = b'{"a": "' + b"x" * 90 + b'"}'
LONG = 60.0


class Gate:
    """Lets commits through once it is open."""

    def __init__(self, served: Running) -> None:
        self.open = asyncio.Event()
        self.plans: list[Plan] = []
        served.accept = self.accept

    async def accept(self, plan: Plan) -> Appended:
        self.plans.append(plan)
        await self.open.wait()
        return Appended(plan.event.uid)


async def post(served: Running, body: object = BODY, headers: dict[str, str] | None = None) -> tuple[int, str]:
    async with (
        aiohttp.ClientSession() as session,
        session.post(served.address + "/hooks/open", data=body, headers=headers) as answer,
    ):
        return answer.status, answer.headers.get("Retry-After", "")


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not holds():
            await asyncio.sleep(0.005)


async def full(start: Start, *, room: int = 50, **settings: float) -> tuple[Running, Gate, asyncio.Task[object]]:
    """Start a server whose room is taken by one request but for a little, and which commits nothing yet."""
    served = await start(**{"max_waiting": len(BODY) + room, "ack_timeout": LONG, **settings})
    gate = Gate(served)
    first = asyncio.get_running_loop().create_task(post(served))
    await until(lambda: len(gate.plans) == 1)
    return served, gate, first


def queued(served: Running) -> int:
    """Return how many requests wait for room."""
    assert served.ingress is not None
    return served.ingress.waiting.queued


async def test_a_request_waits_for_room_and_is_accepted_when_there_is_some(start: Start) -> None:
    served, gate, first = await full(start)
    second = asyncio.ensure_future(post(served))
    await until(lambda: queued(served) == 1)
    gate.open.set()
    assert [await first, await second] == [(202, ""), (202, "")]
    assert served.observer.refusals == []


async def test_a_request_that_finds_no_room_in_time_is_429_and_asked_to_try_again(start: Start) -> None:
    served, gate, first = await full(start, ack_timeout=0.3)
    asked = asyncio.ensure_future(post(served))
    await until(lambda: queued(served) == 1)
    assert await asked == (429, "5")
    assert served.reason == "too many bytes of bodies wait for an answer"
    assert await first == (503, "5")
    gate.open.set()


async def test_waiting_for_room_takes_from_the_time_for_the_commit(start: Start) -> None:
    served = await start(max_waiting=len(BODY) + 50, ack_timeout=1.0)
    began: list[Plan] = []

    async def accept(plan: Plan) -> Appended:
        began.append(plan)
        await asyncio.sleep(0.7)
        return Appended(plan.event.uid)

    served.accept = accept
    first = asyncio.ensure_future(post(served))
    await until(lambda: len(began) == 1)
    status, _ = await post(served)
    assert await first == (202, "")
    # It waited for most of the time; on a slow machine for all of it.
    assert status in (503, 429)


async def test_requests_are_served_in_the_order_in_which_they_came(start: Start) -> None:
    served, gate, first = await full(start)
    large = asyncio.ensure_future(post(served, b'{"b": "' + b"x" * 120 + b'"}'))
    await until(lambda: queued(served) == 1)
    small = [asyncio.ensure_future(post(served, b'{"c": 1}')) for _ in range(3)]
    await until(lambda: queued(served) == 4)
    gate.open.set()
    assert {(await one)[0] for one in (large, *small)} == {202}
    assert await first == (202, "")
    assert [plan.event.body[:4] for plan in gate.plans] == [b'{"a"', b'{"b"', b'{"c"', b'{"c"', b'{"c"']


async def test_a_sender_that_hangs_up_while_it_waits_frees_its_place(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    served, gate, first = await full(start)
    assert served.server is not None
    _, writer = await asyncio.open_connection("127.0.0.1", served.server.port)
    writer.write(request_bytes("/hooks/open", [], BODY))
    await until(lambda: queued(served) == 1)
    small = asyncio.ensure_future(post(served, b"{}"))
    await until(lambda: queued(served) == 2)
    writer.transport.abort()
    await until(lambda: len(gate.plans) == 2)
    assert queued(served) == 0
    gate.open.set()
    assert [await first, await small] == [(202, ""), (202, "")]
    assert served.observer.refusals == []
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.INFO] == []


async def test_waiting_for_room_does_not_count_into_the_time_of_the_body(start: Start) -> None:
    served, gate, first = await full(start, body_timeout=0.4)
    second = asyncio.ensure_future(post(served))
    await until(lambda: queued(served) == 1)
    await asyncio.sleep(0.6)
    assert queued(served) == 1
    gate.open.set()
    assert [await first, await second] == [(202, ""), (202, "")]


async def test_the_time_of_a_body_goes_on_after_it_has_waited(start: Start) -> None:
    served, gate, first = await full(start, body_timeout=0.3)
    head = b"POST /hooks/open HTTP/1.1\r\nHost: r\r\nContent-Length: 10000\r\n\r\n"
    asked = asyncio.ensure_future(served.raw(head + b"x" * 60))
    await until(lambda: queued(served) == 1)
    gate.open.set()
    assert (await asked)[0] == 408
    assert await first == (202, "")


async def test_a_chunked_body_that_outgrows_the_room_waits_for_more(start: Start) -> None:
    served, gate, first = await full(start)
    sent = asyncio.Event()

    async def chunks() -> AsyncIterator[bytes]:
        yield BODY[:40]
        await sent.wait()
        yield BODY[40:]

    second = asyncio.ensure_future(post(served, chunks()))
    assert served.ingress is not None
    waiting = served.ingress.waiting
    await until(lambda: waiting.bytes == len(BODY) + 40)
    sent.set()
    await until(lambda: queued(served) == 1)
    gate.open.set()
    assert [await first, await second] == [(202, ""), (202, "")]
    assert gate.plans[1].event.body == BODY


async def test_bodies_that_hold_half_and_wait_for_each_other_end(start: Start) -> None:
    served = await start(max_waiting=120, ack_timeout=LONG)
    assert served.ingress is not None
    waiting = served.ingress.waiting
    rest = [asyncio.Event(), asyncio.Event()]

    async def chunks(more: asyncio.Event) -> AsyncIterator[bytes]:
        yield BODY[:55]
        await more.wait()
        yield BODY[55:]

    first = asyncio.ensure_future(post(served, chunks(rest[0])))
    await until(lambda: waiting.bytes == 55)
    second = asyncio.ensure_future(post(served, chunks(rest[1])))
    await until(lambda: waiting.bytes == 110)
    rest[0].set()
    await until(lambda: queued(served) == 1)
    rest[1].set()
    assert await first == (202, "")
    assert await second == (429, "5")
    assert waiting.bytes == 0


async def test_a_packed_body_waits_before_it_is_unpacked(start: Start) -> None:
    served, gate, first = await full(start, room=90)
    packed, damaged = gzip.compress(BODY), b"this is not packed at all"
    asked = [asyncio.ensure_future(post(served, body, {"Content-Encoding": "gzip"})) for body in (packed, damaged)]
    await until(lambda: queued(served) == 2)  # what it is, nobody knows before it is unpacked
    gate.open.set()
    assert [await one for one in (first, *asked)] == [(202, ""), (202, ""), (400, "")]
    assert served.ingress is not None
    assert served.ingress.waiting.bytes == 0


async def test_a_body_that_could_never_fit_is_429_at_once(start: Start) -> None:
    served = await start(max_waiting=50, ack_timeout=LONG)
    assert await post(served) == (429, "5")
    packed = gzip.compress(BODY)
    assert await post(served, packed, {"Content-Encoding": "gzip"}) == (429, "5")
    assert served.plans == []


async def test_hundreds_that_wait_are_all_accepted(start: Start) -> None:
    served, gate, first = await full(start)
    others = [asyncio.ensure_future(post(served)) for _ in range(200)]
    await until(lambda: queued(served) == 200)
    gate.open.set()
    assert {status for status, _ in await asyncio.gather(*others)} == {202}
    assert await first == (202, "")
