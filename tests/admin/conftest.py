"""One admin listener a test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.admin.office import Office, office


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Office]:
    """A listener without a token of its own, as by default."""
    async with office(tmp_path / "router.db") as one:
        yield one
