"""Which errors are worth another attempt, what their reasons say, and what they leave behind."""

from __future__ import annotations

import asyncio
import logging
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from router.plugin import Permanent, Retry
from tests.plugins.sql.bench import SQL, Bench, PostgresBench, SqliteBench, postgres_url
from tests.ports import free_port

USERS = "create table users (clerk_id text primary key, email text unique, age integer check (age > 0))"


async def tried(url: str, **params: Any) -> Exception:
    """Open a destination, run one delivery that cannot work, and return what it raised."""
    sql = SQL()
    sql.config = SQL.Config(url=url)
    await sql.open()
    try:
        await sql.execute(SQL.Params(**params), None)
    except Exception as error:
        return error
    finally:
        await sql.close()
    raise AssertionError("it worked")


@contextmanager
def locked(path: Path) -> Iterator[sqlite3.Connection]:
    """Hold the write lock of a SQLite file."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("begin immediate")
    try:
        yield connection
    finally:
        connection.close()


@pytest.mark.parametrize(
    "params",
    [
        {"insert": "users", "values": {"clerk_id": "u2", "email": "taken@acme.dev"}},
        {"insert": "users", "values": {"email": "clerk@acme.dev", "clerk_id": None}},
        {"insert": "users", "values": {"clerk_id": "confidential", "age": -5}},
        {"execute": "insert into users (clerk_id) valus (:id)", "params": {"id": "confidential"}},
        {"execute": "update nowhere set a = :id", "params": {"id": "confidential"}},
        {"execute": "update users set nothing = :id", "params": {"id": "confidential"}},
    ],
)
async def test_what_the_database_refuses_is_permanent_and_quotes_no_value(bench: Bench, params: Any) -> None:
    await bench.script(USERS.replace("text primary key", "text not null primary key"))
    await bench.script("insert into users values ('u1', 'taken@acme.dev', 1)")
    with pytest.raises(Permanent) as raised:
        await bench.run(**params)
    assert "acme.dev" not in raised.value.reason
    assert "confidential" not in raised.value.reason
    assert any(word in raised.value.reason for word in ("users", "age", "valus", "nothing", "nowhere"))


async def test_a_row_whose_parent_is_still_missing_is_tried_again(bench: Bench) -> None:
    await bench.script("create table orgs (id text primary key)")
    await bench.script("create table members (id text primary key, org text references orgs (id))")
    with pytest.raises(Retry, match=r"(?i)foreign key"):
        await bench.run(upsert="members", key="id", values={"id": "m", "org": "o"})
    await bench.run(insert="orgs", values={"id": "o"})
    await bench.run(upsert="members", key="id", values={"id": "m", "org": "o"})


async def test_a_deferred_foreign_key_fails_at_the_commit_and_leaves_nothing(bench: Bench) -> None:
    await bench.script("create table orgs (id text primary key)")
    deferred = "deferrable initially deferred"
    await bench.script(f"create table members (id text primary key, org text references orgs (id) {deferred})")
    with pytest.raises(Retry, match=r"(?i)foreign key"):
        await bench.run(insert="members", values={"id": "m", "org": "o"})
    assert await bench.rows("select * from members") == []
    await bench.run(insert="orgs", values={"id": "o"})
    await bench.run(insert="members", values={"id": "m", "org": "o"})


async def test_a_value_that_postgresql_quotes_in_its_error_is_taken_out(postgres: PostgresBench) -> None:
    await postgres.script("create table t (v text)")
    with pytest.raises(Permanent) as raised:
        await postgres.run(execute="insert into t select cast(:v as text)::int::text", params={"v": 'conf"ident'})
    assert raised.value.reason == 'invalid input syntax for type integer: "..." (22P02)'
    trigger = "begin raise exception 'no % here', new.v; end"
    await postgres.script(f"create function refuse() returns trigger language plpgsql as $${trigger}$$")
    await postgres.script("create trigger refuse before insert on t for each row execute function refuse()")
    with pytest.raises(Permanent) as raised:
        await postgres.run(insert="t", values={"v": "confidential"})
    assert raised.value.reason == "no ... here (P0001)"


async def test_a_deadlock_is_tried_again(postgres: PostgresBench) -> None:
    await postgres.script("create table t (id int primary key, v int)")
    await postgres.script("insert into t values (1, 0), (2, 0)")
    gate = secrets.randbits(62)
    guard = await asyncpg.connect(postgres.url.partition("?")[0])
    await guard.execute(f"select pg_advisory_lock({gate})")
    async with postgres.connection.transaction():
        await postgres.connection.execute("set local deadlock_timeout = '1h'; update t set v = 1 where id = 2")
        running = asyncio.ensure_future(
            postgres.run(
                transaction=[
                    {"execute": "set local deadlock_timeout = '10ms'"},
                    {"update": "t", "values": {"v": 2}, "where": {"id": 1}},
                    {"execute": f"select pg_advisory_xact_lock({gate})"},
                    {"update": "t", "values": {"v": 2}, "where": {"id": 2}},
                ]
            )
        )
        # A server looks for a deadlock once a wait, so the action has to be the last that begins to wait.
        blocked = "select count(*) from pg_stat_activity where $1 = any(pg_blocking_pids(pid))"
        while not await guard.fetchval(blocked, guard.get_server_pid()):
            await asyncio.sleep(0.01)
        other = asyncio.ensure_future(postgres.connection.execute("update t set v = 1 where id = 1"))
        while not await guard.fetchval(
            "select pg_blocking_pids($1) <> '{}'", postgres.connection.get_server_pid()
        ):
            await asyncio.sleep(0.01)
        await guard.execute(f"select pg_advisory_unlock({gate})")
        with pytest.raises(Retry, match="40P01"):
            await running
        await other
    await guard.close()


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+asyncpg"])
async def test_a_database_that_is_down_is_tried_again_and_its_address_is_not_told(scheme: str) -> None:
    port = free_port()
    url = f"{scheme}://bob:hunter2@127.0.0.1:{port}/app"
    error = await tried(url, insert="t", values={"a": 1})
    assert isinstance(error, Retry)
    assert error.reason == "the database cannot be reached: Connection refused"


async def test_a_host_without_a_name_is_tried_again() -> None:
    error = await tried("postgresql://bob:hunter2@no.such.host.invalid/app", insert="t", values={"a": 1})
    assert isinstance(error, Retry)
    assert "hunter2" not in error.reason
    assert "invalid" not in error.reason


async def test_a_database_that_does_not_exist_is_tried_again() -> None:
    error = await tried(postgres_url().rpartition("/")[0] + "/no_such_db", insert="t", values={"a": 1})
    assert isinstance(error, Retry)
    assert "no_such_db" not in error.reason


async def test_a_server_that_never_answers_is_left_at_the_deadline() -> None:
    reached, left = asyncio.Event(), asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reached.set()
        await reader.read()
        writer.close()
        await writer.wait_closed()
        left.set()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    sql = SQL()
    sql.config = SQL.Config(url=f"postgresql://bob:hunter2@127.0.0.1:{port}/app")
    await sql.open()
    running = asyncio.ensure_future(sql.execute(SQL.Params(insert="t", values={"a": 1}), None))
    await reached.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await left.wait()
    await sql.close()
    server.close()
    await server.wait_closed()


async def test_connections_that_the_server_closed_are_replaced(postgres: PostgresBench) -> None:
    await postgres.script("create table t (id int primary key, pid int)")
    for number in range(3):
        await postgres.run(execute="insert into t values (:n, pg_backend_pid())", params={"n": number})
        await postgres.script(f"select pg_terminate_backend(pid) from t where id = {number}")
    await postgres.run(insert="t", values={"id": 9})
    assert await postgres.rows("select count(*), count(distinct pid) from t") == [(4, 3)]


async def test_a_connection_that_dies_in_the_middle_is_tried_again(postgres: PostgresBench) -> None:
    with pytest.raises(Retry):
        await postgres.run(execute="select pg_terminate_backend(pg_backend_pid())")
    await postgres.run(execute="select 1")


async def test_a_locked_sqlite_file_is_tried_again(lite: SqliteBench, monkeypatch: pytest.MonkeyPatch) -> None:
    await lite.script(USERS)
    await lite.run(insert="users", values={"clerk_id": "u1"})
    await lite.run(execute="pragma busy_timeout = 1")  # of the one connection there is
    with locked(lite.path), pytest.raises(Retry, match="locked"):
        await lite.run(insert="users", values={"clerk_id": "u2"})
    await lite.run(insert="users", values={"clerk_id": "u2"})


@pytest.mark.parametrize("content", [None, b"this is no database at all, and long enough to be told from one" * 9])
async def test_a_sqlite_file_that_cannot_be_opened_is_tried_again(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / ("missing/app.db" if content is None else "app.db")
    if content is not None:
        path.write_bytes(content)
    error = await tried(f"sqlite:///{path}", insert="t", values={"a": 1})
    assert isinstance(error, Retry)
    assert str(tmp_path) not in error.reason


async def test_a_cancelled_delivery_leaves_no_transaction_open(bench: Bench) -> None:
    await bench.script(USERS)
    many = [{"insert": "users", "values": {"clerk_id": f"u{number}"}} for number in range(30)]
    await bench.run(insert="users", values={"clerk_id": "warm"})
    for turns in range(1, 60, 2):
        running = asyncio.ensure_future(bench.run(transaction=many))
        for _ in range(turns):
            await asyncio.sleep(0)
        running.cancel()
        await asyncio.wait([running])
        assert running.cancelled()
        await asyncio.wait_for(bench.run(update="users", values={"age": turns}, where={"clerk_id": "warm"}), 20)
    assert await bench.rows("select clerk_id, age from users") == [("warm", 59)]


async def test_a_delivery_that_waits_for_a_lock_can_be_cancelled(bench: Bench) -> None:
    await bench.script(USERS)
    await bench.run(insert="users", values={"clerk_id": "u1"})
    if isinstance(bench, SqliteBench):
        with locked(bench.path):
            await _cancelled(bench)
    else:
        assert isinstance(bench, PostgresBench)
        async with bench.connection.transaction():
            await bench.connection.execute("lock table users in exclusive mode")
            await _cancelled(bench)
    await bench.run(update="users", values={"age": 5}, where={"clerk_id": "u1"})
    assert await bench.rows("select age from users") == [(5,)]


async def _cancelled(bench: Bench) -> None:
    waiting = [
        asyncio.ensure_future(bench.run(update="users", values={"age": 1}, where={"clerk_id": "u1"}))
        for _ in range(3)
    ]
    await asyncio.sleep(0.05)
    for one in waiting:
        one.cancel()
    await asyncio.wait(waiting)
    assert all(one.cancelled() for one in waiting)


async def test_nothing_of_a_failure_is_logged_with_the_password(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    await tried(f"postgresql://bob:hunter2@127.0.0.1:{free_port()}/app", insert="t", values={"a": "confidential"})
    assert "hunter2" not in caplog.text
    assert "confidential" not in caplog.text
