"""The journal in PostgreSQL keeps what every journal promises."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from router.journal.journal import Journal
from router.journal.postgres.journal import PostgresJournal
from tests.journal.contract import *  # noqa: F403
from tests.journal.contract_again import *  # noqa: F403
from tests.journal.contract_batches import *  # noqa: F403
from tests.journal.contract_configs import *  # noqa: F403
from tests.journal.contract_keeping import *  # noqa: F403
from tests.journal.contract_lanes import *  # noqa: F403
from tests.journal.contract_listing import *  # noqa: F403
from tests.journal.contract_replays import *  # noqa: F403
from tests.journal.contract_suspects import *  # noqa: F403
from tests.journal.contract_telling import *  # noqa: F403
from tests.journal.values import Clock, Reopen


@pytest.fixture
def journal(postgres: PostgresJournal) -> Journal:
    return postgres


@pytest.fixture
async def reopen(postgres: PostgresJournal, postgres_url: str, clock: Clock) -> AsyncIterator[Reopen]:
    opened = [postgres]

    async def restart() -> Journal:
        await opened[-1].close()
        opened.append(PostgresJournal(postgres_url, clock=clock))
        await opened[-1].open()
        return opened[-1]

    yield restart
    await opened[-1].close()
