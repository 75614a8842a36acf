"""Nothing acknowledged is lost, and the harness that says so notices when it is."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from bench.conservation.account import KEYS, LOST, TWICE, Account
from bench.conservation.report import lines
from bench.conservation.run import Run
from bench.conservation.settings import Settings
from tests.servers import needed

SHORT = Settings(
    kills=2, stops=1, terms=1, fulls=1, gap=0.7, rate=20, connections=8, settle=60, grace=5, drain=6, seed=20
)
REPLICAS = replace(SHORT, journal="postgresql", processes=3, terms=0, fulls=0, cuts=1)
QUIET = replace(SHORT, kills=0, stops=0, terms=0, fulls=0, gap=1.0)
"""No fault at all: what is wrong shows by itself."""

MUTATED: Mapping[str, tuple[Settings, str]] = {
    "early-ack": (replace(QUIET, kills=1), LOST),
    "early-record": (QUIET, LOST),
    "no-running": (replace(QUIET, settle=1), TWICE),
    "forgetful": (replace(QUIET, fulls=3, settle=2, seed=2), LOST),  # one may find nothing on its way
    "new-key": (QUIET, KEYS),
}
"""Of each broken promise, what shows it, and as which kind of offence."""


async def account_of(settings: Settings, folder: Path) -> Account:
    """Return what a run came to; its report is shown where a test fails."""
    folder.mkdir(exist_ok=True)
    account = await Run(settings, folder, print).run()
    print("\n".join(lines(account, settings)))
    return account


def assert_nothing_is_lost(account: Account, kills: int) -> None:
    """Assert that everything is accounted for, and that there was something to account for."""
    assert account.offences == []
    assert account.acknowledged > 50
    assert account.faults["kill -9"] == kills
    assert all(tally.delivered for tally in account.tallies.values())
    assert account.tallies["fragile"].dead
    assert account.tallies["stale"].skipped
    assert account.tallies["failing"].repeats["refused"]


@pytest.mark.timeout(300)
@pytest.mark.flaky(reruns=0)  # one loss is one too many
async def test_nothing_is_lost_and_nothing_is_sent_twice_for_no_reason(tmp_path: Path) -> None:
    assert_nothing_is_lost(await account_of(SHORT, tmp_path), SHORT.kills)


@pytest.mark.timeout(300)
@pytest.mark.flaky(reruns=0)
async def test_neither_are_they_by_three_processes_on_one_journal(tmp_path: Path) -> None:
    address = needed("ROUTER_TEST_POSTGRES_URL", "a PostgreSQL database")
    account = await account_of(replace(REPLICAS, address=address), tmp_path)
    assert_nothing_is_lost(account, REPLICAS.kills)


@pytest.mark.timeout(300)
async def test_a_router_that_breaks_a_promise_is_found_out(tmp_path: Path) -> None:
    runs = [account_of(replace(settings, mutate=name), tmp_path / name) for name, (settings, _) in MUTATED.items()]
    accounts = dict(zip(MUTATED, await asyncio.gather(*runs), strict=True))
    unnoticed = [name for name, (_, kind) in MUTATED.items() if not accounts[name].count(kind)]
    assert unnoticed == []
    assert not any(account.fine for account in accounts.values())
