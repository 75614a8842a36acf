"""Nothing acknowledged is lost, and the harness that says so notices when it is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bench.conservation.account import KEYS, LOST, TWICE, Account
from bench.conservation.report import lines
from bench.conservation.run import Run
from bench.conservation.settings import Settings

SHORT = Settings(
    kills=3, stops=1, terms=1, fulls=1, gap=0.7, rate=20, connections=8, settle=60, grace=5, drain=6, seed=20
)
QUIET = replace(SHORT, kills=0, stops=0, terms=0, fulls=0, gap=1.0)
"""No fault at all: what is wrong shows by itself."""


async def account_of(settings: Settings, folder: Path) -> Account:
    """Return what a run came to; its report is shown where a test fails."""
    account = await Run(settings, folder, print).run()
    print("\n".join(lines(account, settings)))
    return account


async def test_nothing_is_lost_and_nothing_is_sent_twice_for_no_reason(tmp_path: Path) -> None:
    account = await account_of(SHORT, tmp_path)
    assert account.offences == []
    assert account.acknowledged > 50
    assert account.faults["kill -9"] == SHORT.kills
    assert all(tally.delivered for tally in account.tallies.values())
    assert account.tallies["fragile"].dead
    assert account.tallies["failing"].repeats["refused"]


@pytest.mark.parametrize(
    ("mutation", "settings", "kind"),
    [
        ("early-ack", replace(QUIET, kills=1), LOST),
        ("early-record", QUIET, LOST),
        ("no-running", replace(QUIET, settle=1), TWICE),
        ("forgetful", replace(QUIET, fulls=1, settle=2, seed=2), LOST),
        ("new-key", QUIET, KEYS),
    ],
)
async def test_a_router_that_breaks_a_promise_is_found_out(
    mutation: str, settings: Settings, kind: str, tmp_path: Path
) -> None:
    account = await account_of(replace(settings, mutate=mutation), tmp_path)
    assert account.count(kind)
    assert "NOT as promised" in list(lines(account, settings))[-1]
