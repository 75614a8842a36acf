"""How long a token is kept, on a clock of the test's own."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.plugins.stage import NOW, part_of


class Bank:
    """Grants a new token at each request; `now` is the clock."""

    def __init__(self, life: float | None) -> None:
        self.now = 1000.0
        self.life = life
        self.granted = 0
        self.takes = 0.0
        self.tokens: Any = part_of("http", "tokens").Tokens(self.fetch, lambda: self.now)

    async def fetch(self, now: datetime) -> Any:
        assert now == NOW
        self.granted += 1
        self.now += self.takes
        return part_of("http", "oauth2").Granted(f"t{self.granted}", self.life)

    async def at(self, moment: float) -> str:
        self.now = moment
        return str((await self.tokens.current(NOW)).value)


@pytest.mark.parametrize(
    ("life", "kept"),
    [(3600.0, 3540.0), (601.0, 541.0), (600.0, 540.0), (100.0, 90.0), (1.0, 0.9), (0.0, 0.0)],
)
async def test_it_is_renewed_a_tenth_of_its_life_before_its_end_and_a_minute_at_most(
    life: float, kept: float
) -> None:
    bank = Bank(life)
    assert await bank.at(1000) == "t1"
    if kept:
        assert await bank.at(1000 + kept - 0.001) == "t1"
    assert await bank.at(1000 + kept) == "t2"


async def test_its_life_begins_when_it_is_asked_for() -> None:
    bank = Bank(100.0)
    bank.takes = 50.0
    assert await bank.at(1000) == "t1"
    bank.takes = 0.0
    assert await bank.at(1090) == "t2"


async def test_one_whose_life_nobody_tells_is_kept_until_it_is_refused() -> None:
    bank = Bank(None)
    assert await bank.at(1000) == "t1"
    assert await bank.at(1e9) == "t1"
    refused = await bank.tokens.current(NOW)
    assert (await bank.tokens.instead_of(refused, NOW)).value == "t2"
    assert (await bank.tokens.instead_of(refused, NOW)).value == "t2"


async def test_a_token_is_not_shown_where_it_is_printed() -> None:
    bank = Bank(None)
    assert "t1" not in repr(await bank.tokens.current(NOW))
