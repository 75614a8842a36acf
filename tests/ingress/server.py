"""A real server around Ingress, and a recorder in place of the journal."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import IPv4Network, IPv6Network
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from router.ids import event_uid
from router.ingress import SERVER_OPTIONS, Ingress
from router.journal.journal import Appended
from router.model import Event, EventState, Plan, RawRequest
from router.observe import Observer
from router.sources.source import Source
from tests.sources.build import SECRET, compiled

SOURCES = f"""
clerk: {{provider: clerk, secret: {SECRET}}}
small: {{provider: clerk, secret: {SECRET}, max_body: 100B}}
open: {{verify: none, id: $.id, type: $.type, path: /hooks/open}}
calm: {{verify: none, id: $.id, type: $.type, path: /hooks/calm, on_duplicate: ignore}}
token: {{verify: {{scheme: token, header: X-T}}, secret: [secret, older], id: $.id}}
"""


@dataclass
class Settings:
    """The limits of the server."""

    max_body: int = 10_000
    body_timeout: float = 5.0
    ack_timeout: float = 5.0
    max_waiting: int = 1_000_000
    trusted_proxies: Sequence[IPv4Network | IPv6Network] = ()


class Recorder(Observer):
    """Keeps what was refused and accepted."""

    def __init__(self) -> None:
        self.refusals: list[tuple[str, int, str]] = []
        self.requests: list[RawRequest | None] = []
        self.accepted_events: list[tuple[str, bool, bool]] = []
        self.secrets: list[tuple[str, int]] = []
        self.shaken: list[str] = []

    def verified(self, source: str, secret: int) -> None:
        self.secrets.append((source, secret))

    def handshake(self, source: str) -> None:
        self.shaken.append(source)

    def refused(self, request: RawRequest | None, source: str, status: int, reason: str) -> None:
        self.refusals.append((source, status, reason))
        self.requests.append(request)

    def accepted(self, event: Event, plan: Plan, *, duplicate: bool, differs: bool) -> None:
        self.accepted_events.append((event.id, duplicate, differs))


@dataclass
class Rules:
    """Sources, and a plan without deliveries."""

    sources: Mapping[str, Source]
    planned: Callable[[Event], Plan] = lambda event: Plan(event, EventState.UNMATCHED)

    digest: str = "d" * 64

    def plan(self, event: Event) -> Plan:
        return self.planned(event)


@dataclass
class Running:
    """One server of a test; `accept` may be replaced."""

    settings: Settings
    rules: Rules
    observer: Recorder = field(default_factory=Recorder)
    plans: list[Plan] = field(default_factory=list)
    seen: dict[tuple[str, str], str] = field(default_factory=dict)
    accept: Callable[[Plan], Awaitable[Appended]] | None = None
    retry_dead: dict[str, bool] = field(default_factory=dict)
    ingress: Ingress | None = None
    server: TestServer | None = None

    @property
    def events(self) -> list[Event]:
        """What was accepted."""
        return [plan.event for plan in self.plans]

    @property
    def address(self) -> str:
        """Its address, without a slash at the end."""
        assert self.server is not None
        return str(self.server.make_url("")).rstrip("/")

    @property
    def reason(self) -> str:
        """The reason of the last refusal."""
        return self.observer.refusals[-1][2]

    async def record(self, plans: Sequence[Plan], *, retry_dead: bool) -> list[Appended]:
        """Keep the plans; an id that was seen is a duplicate. `retry_dead` is kept by source."""
        return [await self._record(plan, retry_dead) for plan in plans]

    async def _record(self, plan: Plan, retry_dead: bool) -> Appended:
        self.retry_dead[plan.event.source] = retry_dead
        if self.accept is not None:
            return await self.accept(plan)
        first = self.seen.setdefault((plan.event.source, plan.event.id), plan.event.uid)
        if first != plan.event.uid:
            return Appended(first, duplicate=True)
        self.plans.append(plan)
        return Appended(plan.event.uid)

    async def start(self) -> None:
        """Serve on a free port."""
        app = web.Application()
        app.router.add_get("/healthz", _health)
        self.ingress = Ingress(
            lambda: self.rules, self.record, self.observer, lambda: datetime.now(UTC), event_uid, self.settings
        )
        self.ingress.add_to(app)
        self.server = TestServer(app)
        await self.server.start_server(**SERVER_OPTIONS)

    async def end(self) -> None:
        """Begin to end, as a runner does before it waits for open requests."""
        assert self.server is not None
        await self.server.app.shutdown()

    async def stop(self) -> None:
        """Stop serving."""
        if self.server is not None:
            await self.server.close()

    def signed(self, source: str, body: bytes, message_id: str = "msg_1") -> dict[str, str]:
        """Return the headers of a genuine request, made now."""
        return self.rules.sources[source].request_headers(message_id, "user.created", datetime.now(UTC), body)

    async def raw(self, sent: bytes | Sequence[bytes], *, close: bool = False) -> tuple[int, bytes]:
        """Send bytes over a socket, and return the status and the whole answer."""
        assert self.server is not None
        reader, writer = await asyncio.open_connection("127.0.0.1", self.server.port)
        try:
            for part in [sent] if isinstance(sent, bytes) else sent:
                writer.write(part)
                await writer.drain()
            if close:
                writer.close()
                return 0, b""
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length:")[2].split()[0])
            body = await reader.readexactly(length)
            return int(head.split()[1]), head + body
        finally:
            writer.close()


def running(**settings: Any) -> Running:
    """Return a server that is not started yet."""
    sources, problems = compiled(SOURCES)
    assert not problems.errors
    return Running(Settings(**settings), Rules(sources))


def request_bytes(path: str, headers: Mapping[str, str] | Sequence[tuple[str, str | bytes]], body: bytes) -> bytes:
    """Return an HTTP request as bytes; Content-Length is added."""
    lines = [f"POST {path} HTTP/1.1".encode(), b"Host: router"]
    for name, value in headers.items() if isinstance(headers, Mapping) else headers:
        lines.append(name.encode() + b": " + (value if isinstance(value, bytes) else value.encode()))
    lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


async def _health(request: web.Request) -> web.Response:
    return web.Response(text="ok")
