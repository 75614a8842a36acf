"""The example, whole: Clerk in front, the router in a process, Slack, Resend, an app and a database behind."""

from __future__ import annotations

import io
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
from svix.webhooks import Webhook

from router.sources.samples import sample
from tests.acceptance.process import RouterProcess
from tests.vendors.app import AppVendor
from tests.vendors.resend import API_KEY, ResendVendor
from tests.vendors.slack import SlackVendor

ROOT = Path(__file__).resolve().parents[2]
SECRET = "whsec_" + "dGhlIHNlY3JldCBvZiB0aGUgYWNjZXB0YW5jZSB0ZXN0cw=="
OTHER_SECRET = "whsec_" + "YSBzZWNyZXQgdGhhdCBub2JvZHkgaGFzIGNvbmZpZ3VyZWQ="


@dataclass
class Answer:
    """What the router said to the sender."""

    status: int
    body: dict[str, Any]


@dataclass
class Clerk:
    """Posts as Clerk does: each event signed by svix, `msg_` ids, JSON."""

    url: str
    key: Webhook = field(default_factory=lambda: Webhook(SECRET))

    def signed(
        self, body: bytes, *, uid: str | None = None, at: datetime | None = None, key: Webhook | None = None
    ) -> dict[str, str]:
        """Return the headers of an event."""
        uid, at = uid or f"msg_{secrets.token_hex(12)}", at or datetime.now(UTC)
        return {
            "Content-Type": "application/json",
            "User-Agent": "Svix-Webhooks/1.62",
            "svix-id": uid,
            "svix-timestamp": str(int(at.timestamp())),
            "svix-signature": (key or self.key).sign(uid, at, body.decode()),
        }

    async def post(self, body: bytes, headers: dict[str, str]) -> Answer:
        """Post what it is given."""
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self.url}/webhooks/clerk", data=io.BytesIO(body), headers=headers) as answer,
        ):
            return Answer(answer.status, json.loads(await answer.text()))

    async def send(self, event_type: str, uid: str | None = None, **data: Any) -> Answer:
        """Post a sample event, its `data` changed where asked."""
        body = event(event_type, **data)
        return await self.post(body, self.signed(body, uid=uid))


def event(event_type: str, **data: Any) -> bytes:
    """Return the body of a sample event, its `data` changed where asked."""
    payload = sample("clerk", event_type, datetime.now(UTC))
    payload["data"] |= data
    return json.dumps(payload).encode()


@dataclass
class Town:
    """Everybody."""

    clerk: Clerk
    router: RouterProcess
    slack: SlackVendor
    resend: ResendVendor
    app: AppVendor


def example(resend: ResendVendor) -> str:
    """Return routes.example.yaml, with Resend at its loopback address; nothing else is changed."""
    text = (ROOT / "routes.example.yaml").read_text()
    assert text.count('resend: {api_key: "${RESEND_API_KEY}",') == 1
    return text.replace(
        'resend: {api_key: "${RESEND_API_KEY}",',
        f'resend: {{api_key: "${{RESEND_API_KEY}}", base_url: "{resend.url}",',
    )


@asynccontextmanager
async def opened(folder: Path, *, database: str = "sqlite:///app.db", more: str = "") -> AsyncIterator[Town]:
    """Start everybody but the router, whose process is ready to be started in `folder`."""
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(SlackVendor())
        resend = await stack.enter_async_context(ResendVendor())
        app = await stack.enter_async_context(AppVendor())
        (folder / "routes.example.sql").write_text((ROOT / "routes.example.sql").read_text())
        env = {
            "CLERK_WEBHOOK_SIGNING_SECRET": SECRET,
            "SLACK_WEBHOOK_URL": slack.webhook_url,
            "RESEND_API_KEY": API_KEY,
            "APP_URL": app.url,
            "DATABASE_URL": database,
        }
        router = RouterProcess(folder, example(resend) + more, env)
        stack.push_async_callback(router.stop)
        yield Town(Clerk(router.url), router, slack, resend, app)
