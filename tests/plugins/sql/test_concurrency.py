"""Several deliveries at once, of one destination and of two."""

from __future__ import annotations

import asyncio

from tests.plugins.sql.bench import DELIVERY, SQL, Bench

USERS = "create table users (clerk_id text primary key, email text unique, name text, visits integer default 0)"
MEMBERS = "create table members (org text, member text, role text, primary key (org, member))"


async def test_many_deliveries_at_once_neither_deadlock_nor_lose_a_row(bench: Bench) -> None:
    await bench.script(f"{USERS}; {MEMBERS}")

    async def one(number: int) -> None:
        rows = [{"org": "o", "member": who, "role": str(number)} for who in ("a", "b")]
        statements = [{"upsert": "members", "key": ["org", "member"], "values": row} for row in rows]
        await bench.run(transaction=statements)
        await bench.run(upsert="users", key="clerk_id", values={"clerk_id": f"u{number}", "visits": number})

    await asyncio.gather(*(one(number) for number in range(40)))
    roles = await bench.rows("select distinct role from members")
    assert len(roles) == 1
    assert await bench.rows("select count(*), sum(visits) from users") == [(40, 780)]


async def test_two_destinations_of_one_database_take_turns(bench: Bench) -> None:
    await bench.script(USERS)
    if bench.dialect == "sqlite":
        await bench.rows("pragma journal_mode = wal")
    other = SQL()
    other.config = SQL.Config(url=bench.url)
    await other.open()
    # What reads first and writes then is what two writers of SQLite refuse each other.
    read = {"execute": "select count(*) from users"}
    rows = [{"insert": "users", "values": {"clerk_id": f"u{number}"}} for number in range(40)]
    try:
        await asyncio.gather(
            *(
                action.execute(SQL.Params(transaction=[read, row, read]), DELIVERY)
                for row, action in zip(rows, [bench.sql, other] * 20, strict=True)
            )
        )
    finally:
        await other.close()
    assert await bench.rows("select count(*) from users") == [(40,)]
