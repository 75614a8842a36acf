"""What a test of an action needs: the class as the registry loads it, opened, and a delivery to execute."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import import_module
from typing import Any

import aiohttp

from router.plugin import Action, Delivery, EventInfo
from router.registry import load_registry

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


@cache
def action_class(name: str) -> type[Action[Any, Any]]:
    """Return a shipped action as the registry loads it."""
    found = load_registry(entry_points=False).get(name)
    assert found is not None, f"there is no shipped action {name}"
    return found.action


def part_of(name: str, part: str) -> Any:
    """Return a file of a shipped action that is a package, as the action itself has it."""
    return import_module(f"{action_class(name).__module__}.{part}")


def params(name: str, given: Mapping[str, Any]) -> Any:
    """Return the Params of an action."""
    return action_class(name).Params.model_validate(given)


@asynccontextmanager
async def opened(name: str, config: Mapping[str, Any]) -> AsyncIterator[Any]:
    """Open an action for one destination, with a session of its own."""
    action: Any = action_class(name)()
    action.config = action.Config.model_validate(config)
    action.log = logging.getLogger(f"router.test.{name}")
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        action.http = http
        await action.open()
        try:
            yield action
        finally:
            await action.close()


def delivery(
    *,
    name: str = "dlv_4c9k2m7r0b8t5v1x3z6q",
    attempt: int = 1,
    body: bytes = b'{"type":"user.created","data":{"id":"user_1"}}',
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/json"),),
    sign: Callable[[], Mapping[str, str]] = dict,
    now: datetime = NOW,
    first: datetime | None = None,
    version: int | None = None,
) -> Delivery:
    """Return a delivery in its given attempt."""
    event = EventInfo("evt_1", "msg_1", "clerk", "user.created", NOW, NOW, headers)
    return Delivery(
        name,
        attempt,
        asyncio.get_running_loop().time() + 30,
        "welcome",
        "notice",
        event,
        now,
        first or now - timedelta(minutes=attempt - 1),
        version,
        lambda: body,
        sign,
    )
