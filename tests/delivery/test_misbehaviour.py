"""An action that raises anything, hangs or returns nonsense affects its own delivery only."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from router.errors import Retry
from router.model import DeliveryState, Outcome
from router.plugin import Delivery
from tests.delivery.house import SECRET, Policy, Said, action, destination, eventually, house, planned

DELIVERED, DEAD, READY, RUNNING = (
    DeliveryState.DELIVERED,
    DeliveryState.DEAD,
    DeliveryState.READY,
    DeliveryState.RUNNING,
)


class Unprintable(Exception):
    def __str__(self) -> str:
        raise RuntimeError


def recurse() -> None:
    recurse()


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (TypeError("no len()"), "TypeError: no len()"),
        (SystemExit(3), "SystemExit: 3"),
        (KeyboardInterrupt(), "KeyboardInterrupt"),
        (GeneratorExit(), "GeneratorExit"),
        (MemoryError(), "MemoryError"),
        (asyncio.CancelledError(), "CancelledError: the action cancelled itself"),
        (StopIteration(1), "RuntimeError: coroutine raised StopIteration"),
        (ExceptionGroup("two", [ValueError(), KeyError()]), "ExceptionGroup: two (2 sub-exceptions)"),
        (Unprintable(), "Unprintable (its text cannot be read)"),
    ],
)
@pytest.mark.parametrize("plain", [False, True])
async def test_whatever_is_raised_is_a_retry_of_this_delivery(
    tmp_path: Path, error: BaseException, reason: str, plain: bool, caplog: pytest.LogCaptureFixture
) -> None:
    async def raises(self: Any, params: Said, delivery: Delivery) -> None:
        if params.text == "bad":
            raise error

    def raises_in_a_thread(self: Any, params: Said, delivery: Delivery) -> None:
        if params.text == "bad":
            raise error

    async with house(tmp_path, destination("app", raises_in_a_thread if plain else raises)) as h:
        [bad] = await h.accept(planned(params=b'{"text": "bad"}'))
        await h.retried(bad, 1)
        assert (await h.reach(bad, READY)).reason == reason
        [good] = await h.accept(planned(number=2), number=2)
        await h.reach(good, DELIVERED)
    assert "Traceback" in caplog.text


async def test_a_recursion_without_end_is_a_retry(tmp_path: Path) -> None:
    async def raises(self: Any, params: Said, delivery: Delivery) -> None:
        recurse()

    async with house(tmp_path, destination("app", raises)) as h:
        [name] = await h.accept(planned())
        await h.retried(name, 1)
        assert (await h.reach(name, READY)).reason == "RecursionError: maximum recursion depth exceeded"


async def test_everyday_errors_leave_no_traceback(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def raises(self: Any, params: Said, delivery: Delivery) -> None:
        raise ConnectionResetError(104, "http://host/secret")

    async with house(tmp_path, destination("app", raises)) as h:
        [name] = await h.accept(planned())
        await h.retried(name, 1)
        assert (await h.reach(name, READY)).reason == "ConnectionResetError: Connection reset by peer"
    assert "Traceback" not in caplog.text


async def test_secrets_stay_out_of_reasons_facts_and_tracebacks(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def leaks(self: Any, params: Said, delivery: Delivery) -> Any:
        if delivery.attempt == 1:
            raise ValueError(f"token {SECRET} of hush-hush-hush")
        return {"sent": [f"Bearer {SECRET}"], "hush-hush-hush": 1}

    async with house(tmp_path, destination("app", leaks)) as h:
        [name] = await h.accept(planned())
        await h.retried(name, 1)
        assert (await h.reach(name, READY)).reason == "ValueError: token *** of ***"
        h.clock.move(minutes=1)
        h.worker.wake()
        await h.reach(name, DELIVERED)
        assert (await h.attempts(name))[1].facts == {"sent": ["Bearer ***"], "***": 1}
    assert "Traceback" in caplog.text
    assert "secret-of" not in caplog.text
    assert "hush-hush" not in caplog.text
    for file in tmp_path.iterdir():
        assert b"secret-of" not in file.read_bytes()


async def test_nonsense_that_is_returned_is_delivered_with_a_note(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def returns(self: Any, params: Said, delivery: Delivery) -> Any:
        return 42

    async with house(tmp_path, destination("app", returns)) as h:
        [name] = await h.accept(planned())
        await h.reach(name, DELIVERED)
        [attempt] = await h.attempts(name)
    assert attempt.facts == {"note": "`execute` returned an int, not a mapping or None"}
    [line] = [r for r in caplog.records if r.levelno == logging.WARNING]
    assert name in line.getMessage()


async def test_a_plain_function_runs_in_a_thread_and_may_return_an_awaitable(tmp_path: Path) -> None:
    threads: list[str] = []

    def plain(self: Any, params: Said, delivery: Delivery) -> Any:
        threads.append(threading.current_thread().name)

        async def rest() -> dict[str, str]:
            threads.append(threading.current_thread().name)
            return {"said": params.text}

        return rest()

    async with house(tmp_path, destination("app", plain)) as h:
        [name] = await h.accept(planned())
        await h.reach(name, DELIVERED)
        [attempt] = await h.attempts(name)
    assert attempt.facts == {"said": "hello"}
    assert threads == ["action app-1", "MainThread"]


async def test_a_generator_has_done_nothing_and_is_dead(tmp_path: Path) -> None:
    def plain(self: Any, params: Said, delivery: Delivery) -> Iterator[None]:
        yield

    async def also(self: Any, params: Said, delivery: Delivery) -> AsyncIterator[None]:
        yield

    async with house(tmp_path, destination("app", plain), destination("other", also)) as h:
        await h.accept(planned(), planned("other", action="b"))
        reasons = {
            (await h.reach(planned(to, action=by).id, DEAD)).reason for to, by in (("app", "say"), ("other", "b"))
        }
    assert reasons == {f"`{name}` is a generator: take the `yield` out of it" for name in ("plain", "also")}


async def test_an_attempt_that_takes_too_long_is_cancelled_and_tried_again(tmp_path: Path) -> None:
    async def hangs(self: Any, params: Said, delivery: Delivery) -> None:
        await asyncio.Event().wait()

    async with house(tmp_path, destination("app", hangs), policy=Policy(timeout=0.01)) as h:
        [name] = await h.accept(planned())
        await h.retried(name, 1)
        assert (await h.reach(name, READY)).reason == "timed out after 0.01 s"


@pytest.mark.parametrize("plain", [False, True])
async def test_an_attempt_that_ignores_its_time_out_costs_its_slot_and_is_not_run_twice(
    tmp_path: Path, plain: bool, caplog: pytest.LogCaptureFixture
) -> None:
    calls: list[str] = []
    gate, thread_gate = asyncio.Event(), threading.Event()

    async def stubborn(self: Any, params: Said, delivery: Delivery) -> None:
        calls.append(delivery.event.id)
        while params.text == "bad" and not gate.is_set():
            try:
                await gate.wait()
            except asyncio.CancelledError:
                continue

    def stubborn_thread(self: Any, params: Said, delivery: Delivery) -> None:
        calls.append(delivery.event.id)
        if params.text == "bad":
            thread_gate.wait()

    to = destination("app", stubborn_thread if plain else stubborn, concurrency=2)
    async with house(tmp_path, to, policy=Policy(timeout=0.01), grace=0.01) as h:
        h.policy.timeout = 0.01
        [bad] = await h.accept(planned(params=b'{"text": "bad"}'))
        await eventually(lambda: h.worker.abandoned)
        assert f"delivery {bad} is abandoned" in caplog.text
        h.policy.timeout = 30
        for number in (2, 3, 4):
            [good] = await h.accept(planned(number=number), number=number)
            await h.reach(good, DELIVERED)
        h.worker.wake()
        assert (await h.reach(bad, RUNNING)).attempts == 1
        target = h.targets.get("app")
        assert target is not None
        await eventually(lambda: target.busy == 1)
        gate.set()
        thread_gate.set()
        await h.reach(bad, DELIVERED)  # what it did in the end is what counts
        await eventually(lambda: (h.worker.abandoned, target.busy) == (0, 0))
    assert calls.count("msg_1") == 1


async def test_an_abandoned_attempt_does_not_keep_the_process_and_is_crashed_at_the_next_start(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    gate = threading.Event()

    def stuck(self: Any, params: Said, delivery: Delivery) -> None:
        gate.wait()

    async def works(self: Any, params: Said, delivery: Delivery) -> None:
        return

    async with house(tmp_path, destination("app", stuck), policy=Policy(timeout=0.01), grace=0, cut=0.01) as h:
        [name] = await h.accept(planned())
        await eventually(lambda: h.worker.abandoned)
        assert await h.worker.drain(60) == 1
    assert f"delivery {name} does not end" in caplog.text
    async with house(tmp_path, destination("app", works)) as h:
        await h.reach(name, DELIVERED)
        assert [a.outcome for a in await h.attempts(name)] == [Outcome.CRASHED, Outcome.DELIVERED]
    gate.set()


async def test_a_bug_in_the_policy_is_this_delivery_s_trouble_only(tmp_path: Path) -> None:
    async def works(self: Any, params: Said, delivery: Delivery) -> None:
        return

    async with house(tmp_path, destination("app", works)) as h:
        h.policy.timeout = None  # type: ignore[assignment]
        [name] = await h.accept(planned())
        await h.retried(name, 1)
        assert "TypeError" in ((await h.reach(name, READY)).reason or "")


async def test_a_validator_that_raises_anything_is_a_retry(tmp_path: Path) -> None:
    class Raising(Said):
        def model_post_init(self, context: Any) -> None:
            raise ZeroDivisionError("hm")

    async def works(self: Any, params: Said, delivery: Delivery) -> None:
        raise Retry("never reached")

    to = destination("app", works, action=action(works, Params=Raising))
    async with house(tmp_path, to) as h:
        [name] = await h.accept(planned())
        await h.retried(name, 1)
        assert (await h.reach(name, READY)).reason == "ZeroDivisionError: hm"
