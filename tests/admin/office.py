"""A real admin listener over a real journal; what it plans is one delivery an event."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp.test_utils import BaseTestServer, TestServer

from router.admin.api import AdminApi
from router.admin.changes import Changes
from router.admin.config import Configuration
from router.admin.health import Health
from router.admin.metrics import Metrics
from router.delivery.replay_request import Only
from router.ids import delivery_id
from router.journal.journal import StoredEvent
from router.journal.sqlite import SqliteJournal
from router.model import DeliveryState, EventState, Plan
from router.reload import Reloader
from tests.journal.values import NOW, attempt, begun, event, later, plan, planned

RUN, OWN = "token-of-this-run", "token-of-the-file"
OPEN = {"Authorization": f"Bearer {RUN}"}


@dataclass
class Office:
    """The listener; `woken` counts how often the worker was told that there is work."""

    journal: SqliteJournal
    metrics: Metrics
    health: Health
    session: aiohttp.ClientSession
    server: BaseTestServer
    worker: dict[str, float] = field(default_factory=dict)
    woken: list[None] = field(default_factory=list)

    async def get(self, path: str, **options: Any) -> tuple[int, str]:
        """Return the status and the text of an answer."""
        async with self.session.get(self.server.make_url(path), **options) as answer:
            return answer.status, await answer.text()

    async def post(self, verb: str, body: Any = None, **options: Any) -> tuple[int, dict[str, Any]]:
        """Ask for a change, with the token of this run where no headers are given."""
        headers = options.pop("headers", {"Authorization": f"Bearer {RUN}"})
        content: dict[str, Any] = {"data": body} if isinstance(body, bytes) else {"json": body}
        url = self.server.make_url(f"/api/v1/{verb}")
        async with self.session.post(url, headers=headers, **content, **options) as answer:
            return answer.status, await answer.json()

    async def replayed(self, body: Any) -> dict[str, Any]:
        """Ask for a replay, and return how it stands when it is over."""
        status, said = await self.post("replay", body)
        assert status == 202, said
        while said["state"] == "running":
            said = json.loads((await self.get(f"/api/v1/replays/{said['replay']}", headers=OPEN))[1])
        return said

    async def dead(self, name: str, reason: str = "HTTP 400") -> str:
        """Store an event whose one delivery is dead; return the delivery's id."""
        delivery = await begun(self.journal, name)
        await self.journal.record(attempt(delivery, DeliveryState.DEAD, reason=reason))
        return delivery.id

    async def delivered(self, name: str) -> str:
        """Store an event whose one delivery is delivered; return the delivery's id."""
        delivery = await begun(self.journal, name)
        await self.journal.record(attempt(delivery))
        return delivery.id

    async def state(self, delivery: str) -> DeliveryState:
        """Return where a delivery stands."""
        found = await self.journal.delivery(delivery)
        assert found is not None
        return found.state


class Today:
    """Plans as today's routes would: the same delivery, with an id of its own."""

    actions: Mapping[str, tuple[str, ...]] = {"welcome": ("slack",), "other": ("mail",)}
    hosts: Mapping[str, str] = {"slack": "hooks.slack.example"}

    def replan(self, stored: StoredEvent, replay: str, only: Only | None = None) -> Plan:
        """Return the plan of an event."""
        again = planned(stored.uid)
        name = delivery_id(stored.uid, again.route, again.action, again.index, replay)
        made = plan(stored.uid.removeprefix("evt_"), planned(stored.uid, id=name))
        if only is not None and not only(again.route, again.action):
            return replace(made, state=EventState.UNMATCHED, deliveries=())
        return made


@asynccontextmanager
async def office(
    path: Path, *, public: bool = True, clock: datetime = NOW, reloader: Reloader | None = None
) -> AsyncIterator[Office]:
    """Open one; with `public` the metrics need no token, as on a loopback listener without one of its own."""
    journal = SqliteJournal(path, clock=lambda: clock, min_free=0)
    await journal.open()
    metrics, health = Metrics(), Health(journal.probe)
    worker: dict[str, float] = {}
    woken: list[None] = []

    async def counts() -> Mapping[str, float]:
        return worker

    changes = Changes(journal, Today(), clock=lambda: later(60), wake=lambda: woken.append(None))
    api = AdminApi(
        health=health,
        metrics=metrics,
        journal=journal,
        changes=changes,
        worker=counts,
        tokens=(RUN, OWN if not public else ""),
        public=public,
        clock=lambda: later(60),
        configuration=Configuration(lambda: reloader, lambda text: text.replace("hunter2", "***")),
    )
    async with TestServer(api.app) as server, aiohttp.ClientSession() as session:
        yield Office(journal, metrics, health, session, server, worker, woken)
    await journal.close()


__all__ = ["OPEN", "OWN", "RUN", "Office", "event", "office"]
