"""The action, opened on a database of the test's own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.plugins.sql.bench import Bench, PostgresBench, SqliteBench, opened


@pytest.fixture(params=["sqlite", "postgresql"])
async def bench(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Bench]:
    """The action on each database in turn."""
    async with opened(request.param, tmp_path) as one:
        yield one


@pytest.fixture
async def lite(tmp_path: Path) -> AsyncIterator[SqliteBench]:
    """The action on SQLite."""
    async with opened("sqlite", tmp_path) as one:
        yield one


@pytest.fixture
async def postgres(tmp_path: Path) -> AsyncIterator[PostgresBench]:
    """The action on PostgreSQL."""
    async with opened("postgresql", tmp_path) as one:
        yield one
