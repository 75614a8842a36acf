"""The database as a destination: addresses, the schema file, what is loaded when."""

from __future__ import annotations

import subprocess
import sys
from importlib import util
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from router.plugin import Permanent
from tests.plugins.sql.bench import DELIVERY, SQL, Bench, PostgresBench, SqliteBench


@pytest.mark.parametrize(
    ("url", "dialect"),
    [
        ("sqlite:///app.db", "sqlite"),
        ("sqlite+aiosqlite:////srv/app.db", "sqlite"),
        ("postgresql://u:p@h/db", "postgresql"),
        ("postgres://u:p%40@h:5432/db?sslmode=require", "postgresql"),
        ("postgresql+asyncpg://h1:5432,h2:5433/db", "postgresql"),
        ("postgresql:///db?host=/run/postgresql", "postgresql"),
    ],
)
def test_addresses_that_can_be_used(url: str, dialect: str) -> None:
    assert SQL.Config(url=url).dialect == dialect


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://u:hunter2@h/db", "mysql is not supported yet"),
        ("mariadb+asyncmy://u:hunter2@h/db", "mariadb is not supported yet"),
        ("oracle://u:hunter2@h/db", "is no address of a database"),
        ("app.db", "is no address of a database"),
        ("", "is no address of a database"),
        ("sqlite://app.db", "three slashes"),
        ("sqlite:///", "names no file"),
        ("sqlite:///:memory:", "must name a file"),
        ("sqlite:///app.db?mode=ro", "must name a file"),
        ("postgresql:/hunter2", "cannot be read"),
        ("postgresql://u:hunter2#3@h/db", "percent-encode"),
        ("postgresql://u:hunter2/3@h/db", "percent-encode"),
        ("postgresql://u:hunter2@h:port/db", "percent-encode"),
        ("postgresql://u:hunter2@3@h/db", "percent-encode"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_without_being_quoted(url: str, said: str) -> None:
    with pytest.raises(ValidationError) as raised:
        SQL.Config(url=url)
    assert said in str(raised.value)
    assert "hunter2" not in str(raised.value)


def test_a_missing_driver_names_the_extra_that_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    found = util.find_spec
    module = sys.modules[SQL.Config.__module__]
    monkeypatch.setattr(module, "find_spec", lambda name: None if name == "asyncpg" else found(name))
    with pytest.raises(ValidationError, match=r"pip install -e '\.\[postgres\]'"):
        SQL.Config(url="postgresql://h/db")
    SQL.Config(url="sqlite:///app.db")


def test_an_address_of_another_client_keeps_what_postgresql_knows() -> None:
    url = "postgres://u:p@h/db?sslmode=require&channel_binding=require&pgbouncer=true&schema=app&connect_timeout=9"
    assert SQL.Config(url=url).dsn == "postgresql://u:p@h/db?sslmode=require&search_path=app"


@pytest.mark.parametrize("later", ["unless_newer", "on_insert", "on_conflict", "once", "order_by", "final"])
def test_keys_of_later_are_no_parameters_yet(later: str) -> None:
    with pytest.raises(ValidationError, match=later):
        SQL.Params(**{"delete": "t", "where": {"a": 1}, later: True})


def test_nothing_of_the_database_is_imported_before_a_destination_is_opened() -> None:
    code = (
        "import sys; from router.registry import load_registry; sql = load_registry().get('sql').action; "
        "list(sql.check(sql.Config(url='sqlite:///a.db'), {}, None)); "
        "sys.exit(any(name in sys.modules for name in ('sqlalchemy', 'aiosqlite', 'asyncpg')))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


async def test_an_address_that_nothing_answers_can_be_opened_and_closed() -> None:
    sql = SQL()
    sql.config = SQL.Config(url="postgresql://bob:hunter2@127.0.0.1:9/app")
    await sql.open()
    await sql.close()


async def schema(bench: Bench, folder: Path, text: str) -> Any:
    """Apply a file of tables."""
    file = folder / "schema.sql"
    file.write_text(text)
    bench.sql.config = SQL.Config(url=bench.url, schema=file)
    if bench.dialect == "sqlite":
        await bench.sql.prepare()
    else:
        await bench.sql._opened.apply(file)


TABLES = """
-- two tables; the second has a trick
create table if not exists users (clerk_id text primary key, note text default 'a;b');
create table if not exists logs (line text); create index if not exists i on logs (line);
"""


async def test_the_schema_file_makes_its_tables_and_may_be_applied_again(bench: Bench, tmp_path: Path) -> None:
    await schema(bench, tmp_path, TABLES)
    await bench.run(insert="users", values={"clerk_id": "u1"})
    await schema(bench, tmp_path, TABLES)
    assert await bench.rows("select * from users") == [("u1", "a;b")]


async def test_a_trigger_in_the_schema_file_is_one_statement(lite: SqliteBench, tmp_path: Path) -> None:
    trigger = "create trigger log after insert on users begin insert into logs values (new.clerk_id); end;"
    await schema(lite, tmp_path, TABLES + trigger)
    await lite.run(insert="users", values={"clerk_id": "u1"})
    assert await lite.rows("select * from logs") == [("u1",)]


async def test_a_broken_schema_file_changes_nothing_and_is_named(bench: Bench, tmp_path: Path) -> None:
    with pytest.raises(Permanent, match=r"schema\.sql: .*crate"):
        await schema(bench, tmp_path, TABLES + "crate table x (a text);")
    with pytest.raises(Permanent, match="no table `users`"):
        await bench.run(insert="users", values={"clerk_id": "u1"})


async def test_a_table_of_the_schema_file_is_seen_at_once(bench: Bench, tmp_path: Path) -> None:
    await schema(bench, tmp_path, "create table if not exists t (a integer primary key);")
    await bench.run(insert="t", values={"a": 1})
    await bench.script("drop table t")
    await schema(bench, tmp_path, "create table if not exists t (a text primary key);")
    await bench.run(insert="t", values={"a": "text"})


async def test_the_schema_of_postgresql_is_not_applied_to_prepare_this_machine(
    postgres: PostgresBench, tmp_path: Path
) -> None:
    file = tmp_path / "schema.sql"
    file.write_text(TABLES)
    postgres.sql.config = SQL.Config(url=postgres.url, schema=file)
    await postgres.sql.prepare()
    with pytest.raises(Permanent, match="no table `users`"):
        await postgres.run(insert="users", values={"clerk_id": "u1"})


async def test_a_rehearsal_lets_a_sqlite_file_be_written_and_no_other_database(bench: Bench) -> None:
    told = await bench.sql.rehearse(SQL.Params(delete="t", where={"a": 1}), DELIVERY)
    assert (told is None) == (bench.dialect == "sqlite")


async def test_a_destination_without_a_schema_file_has_nothing_to_prepare(bench: Bench) -> None:
    await bench.sql.prepare()
