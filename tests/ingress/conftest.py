"""Servers that end with their test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from tests.ingress.server import Running, running

Start = Callable[..., Awaitable[Running]]


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    """Start a server with other settings."""
    started: list[Running] = []

    async def begin(**settings: Any) -> Running:
        found = running(**settings)
        started.append(found)
        await found.start()
        return found

    yield begin
    for one in started:
        await one.stop()


@pytest.fixture
async def served(start: Start) -> Running:
    """A server with the usual settings."""
    return await start()
