"""A small house around the worker: a real journal, actions made of one function, a clock that stands still."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp

from router.delivery.intake import Intake
from router.delivery.targets import Targets
from router.delivery.worker import Worker
from router.destinations import Destination
from router.errors import Permanent
from router.ids import delivery_id
from router.journal.journal import DeliveryFilter, Journal, StoredAttempt
from router.journal.sqlite import SqliteJournal
from router.model import (
    Attempt,
    DeliveryState,
    Event,
    EventState,
    Plan,
    PlannedDelivery,
    RetryPolicy,
    StoredDelivery,
)
from router.observe import Observer
from router.plugin import Action, Delivery, Model, SecretStr
from router.redaction import Redactor

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECRET = "s3cret-of-the-destination"


class Settings(Model):
    """A destination of the tests."""

    token: SecretStr = SecretStr(SECRET)
    to: str = "x"


class Said(Model):
    """The parameters of the tests."""

    text: str = "hello"


Execute = Callable[[Any, Said, Delivery], Any]


def action(execute: Execute, **members: Any) -> type[Action[Settings, Said]]:
    """Return an action class whose `execute` is the function, with (self, params, delivery)."""
    return type(
        "Made", (Action,), {"name": "made", "Config": Settings, "Params": Said, "execute": execute, **members}
    )


def destination(name: str, execute: Execute, **settings: Any) -> Destination:
    """Return a destination of an action that is made of the function."""
    settings.setdefault("config", Settings())
    return Destination(name, "made", settings.pop("action", None) or action(execute), **settings)


class Flaky:
    """An action that raises these one after the other, then works."""

    def __init__(self, *errors: BaseException) -> None:
        self.errors = list(errors)
        self.calls: list[Delivery] = []

    async def execute(self, delivery: Delivery) -> None:
        """Make one attempt."""
        self.calls.append(delivery)
        if self.errors:
            raise self.errors.pop(0)


def flaky(*errors: BaseException) -> tuple[Flaky, Execute]:
    """Return an action that raises these, and the function for its destination."""
    found = Flaky(*errors)

    async def execute(self: Any, params: Said, delivery: Delivery) -> None:
        await found.execute(delivery)

    return found, execute


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        """Move on."""
        self.now += timedelta(**by)


class Seen(Observer):
    """Keeps every attempt that it is told of."""

    def __init__(self) -> None:
        self.attempts: list[Attempt] = []

    def attempted(self, delivery: StoredDelivery, attempt: Attempt) -> None:
        self.attempts.append(attempt)


@dataclass
class Policy:
    """A policy of the tests."""

    retry: RetryPolicy = field(default_factory=lambda: RetryPolicy(first=10))
    timeout: float = 30.0


def event(number: int = 1) -> Event:
    """Return an event; each number is another one."""
    body = json.dumps({"n": number}).encode()
    payload = {"n": number}
    headers = (("svix-id", f"msg_{number}"),)
    return Event(
        f"evt_{number:05}", "clerk", f"msg_{number}", "user.created", START, START, body, payload, payload, headers
    )


def planned(to: str = "app", number: int = 1, *, action: str = "say", **more: Any) -> PlannedDelivery:
    """Return one planned delivery of that event to that destination."""
    replay = more.pop("replay", "")
    return PlannedDelivery(
        id=delivery_id(f"evt_{number:05}", "hello", action, more.get("index"), replay),
        route="hello",
        action=action,
        plugin=more.pop("plugin", "made"),
        plugin_version="1",
        destination=to,
        params=more.pop("params", b'{"text": "hello"}'),
        max_attempts=more.pop("max_attempts", 20),
        expires_at=more.pop("expires_at", START + timedelta(days=1)),
        **more,
    )


def sign(source: str, event_id: str, body: bytes, now: datetime) -> Mapping[str, str]:
    """Sign like a source named clerk; others hold no secret."""
    if source != "clerk":
        raise Permanent("no secret")
    return {"signed": f"{event_id} {len(body)} {now:%H:%M}"}


@dataclass
class House:
    """All parts of one running worker."""

    journal: Journal
    targets: Targets
    worker: Worker
    clock: Clock
    seen: Seen
    policy: Policy = field(default_factory=Policy)

    async def accept(self, *deliveries: PlannedDelivery, number: int = 1) -> list[str]:
        """Take an event with these deliveries in; return their ids."""
        await Intake(self.journal, self.worker).accept([Plan(event(number), EventState.PLANNED, deliveries)])
        return [delivery.id for delivery in deliveries]

    async def looked(self, name: str = "app", *, informed: bool = True) -> None:
        """Wait until the first look at the journal is over, has left nothing, and the lanes are known."""

        def over() -> bool:
            target = self.targets.get(name)
            if target is None or (informed and not target._informed):
                return False
            return not target.backlog and not target.claiming

        await eventually(over)

    async def reach(self, name: str, *states: DeliveryState) -> StoredDelivery:
        """Wait until the delivery is in one of these states."""

        async def there() -> StoredDelivery | None:
            found = await self.journal.delivery(name)
            return found if found is not None and found.state in states else None

        found: StoredDelivery = await eventually(there)
        return found

    async def attempts(self, name: str) -> list[StoredAttempt]:
        """Return the attempts that have ended."""
        return [a for a in await self.journal.attempts(name) if a.outcome is not None]

    async def retried(self, name: str, times: int) -> None:
        """Wait for that many recorded attempts."""

        async def there() -> bool:
            return len(await self.attempts(name)) >= times

        await eventually(there)

    async def states(self) -> list[DeliveryState]:
        """Return the states of all deliveries."""
        return [d.state for d in await self.journal.deliveries(DeliveryFilter(limit=1000))]


async def eventually(look: Callable[[], Any]) -> Any:
    """Look again and again until something is there; the test's time-out is the limit."""
    while True:
        found = look()
        if asyncio.iscoroutine(found):
            found = await found
        if found:
            return found
        await asyncio.sleep(0.002)


@asynccontextmanager
async def house(
    path: Path,
    *destinations: Destination,
    clock: Clock | None = None,
    policy: Policy | None = None,
    wrap: Callable[[Journal], Journal] = lambda journal: journal,
    crash: bool = False,
    settle: bool = True,
    random: Sequence[float] = (0.5,),
    **options: Any,
) -> AsyncIterator[House]:
    """Run a worker on a journal in `path`; with `crash` it ends without draining."""
    clock, policy, seen = clock or Clock(), policy or Policy(), Seen()
    journal = wrap(SqliteJournal(path / "journal.db", clock=clock))
    await journal.open()
    async with aiohttp.ClientSession() as http:
        targets = Targets(http, reopen_after=lambda tries: 0.01)
        targets.swap({d.name: d for d in destinations})
        if settle:
            await targets.settled()
        options.setdefault("probe_after", lambda tries: 0.005)
        redactor = Redactor({"hush-hush-hush"})
        worker = Worker(
            journal, targets, lambda d: policy, sign, clock, lambda: random[0], lambda: redactor, seen, **options
        )
        await worker.start()
        made = House(journal, targets, worker, clock, seen, policy)
        try:
            yield made
        finally:
            if not crash:
                await worker.drain(0.0)
            await journal.close()
            await targets.close()


def stored(**changes: Any) -> StoredDelivery:
    """Return a delivery that runs its first attempt."""
    delivery = StoredDelivery(
        id="dlv_1", event_uid="evt_1", source="clerk", route="hello", action="say", index=None, plugin="made",
        plugin_version="1", destination="app", params=b"{}", state=DeliveryState.RUNNING, reason=None, attempts=1,
        max_attempts=20, created_at=START, due_at=START, expires_at=START + timedelta(days=1), lease=1,
    )  # fmt: skip
    return replace(delivery, **changes)
