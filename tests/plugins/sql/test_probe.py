"""What `check --connect` learns of a database, without writing to it."""

from __future__ import annotations

import os
import stat
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from router.plugin import Example, Finding, Permanent, Probed, Retry, Use
from tests.plugins.sql.bench import SQL, Bench, PostgresBench, SqliteBench, part, postgres_url
from tests.ports import free_port

USERS = """
    create table users (clerk_id text primary key, email varchar(60) not null, name text,
                        age integer, seen timestamp, paid boolean default false not null);
    create table logs (id integer primary key, said text);
"""
GOOD = {"clerk_id": "{{ data.id }}", "email": "{{ primary_email }}"}


async def probe(bench: Bench, *params: dict[str, Any]) -> Probed:
    found: Probed = await bench.sql.probe([Use("users", "save", one) for one in params])
    return found


async def findings(bench: Bench, **params: Any) -> list[str]:
    """Return what is wrong with one action: `place: message (hint)`, with `!` before a warning."""
    await bench.script(USERS)
    found = await probe(bench, params)
    return [
        ("!" if one.warning else "") + f"{'.'.join(map(str, one.path))}: {one.message}"
        + (f" ({one.hint})" if one.hint else "")
        for one in found.findings
    ]  # fmt: skip


@pytest.mark.parametrize(
    "params",
    [
        {"upsert": "users", "key": "clerk_id", "values": {**GOOD, "age": "{{ data.age }}", "seen": "2026-01-15"}},
        {"insert": "users", "values": {**GOOD, "name": "Mx {{ data.name }}", "age": 41, "paid": True}},
        {"insert": "logs", "values": {"id": "{{ data.n }}0", "said": 5}},
        {"update": "users", "values": {"name": None, "age": "-5"}, "where": {"clerk_id": "{{ data.id }}"}},
        {"delete": "users", "where": {"clerk_id": "a-{{ data.id }}"}},
        {
            "execute": "update users set age = :age where clerk_id = :id",
            "params": {"age": 5, "id": "{{ data.id }}"},
        },
        {"transaction": [{"delete": "logs", "where": {"id": 1}}, {"execute": "delete from logs where id = 2"}]},
        {"transaction": [{"execute": "create table t2 (a int)"}, {"execute": "delete from t2"}]},
    ],
)
async def test_what_fits_is_not_blamed(bench: Bench, params: dict[str, Any]) -> None:
    assert await findings(bench, **params) == []


async def test_it_says_what_answered_and_which_tables_fit(bench: Bench) -> None:
    await bench.script(USERS)
    found = await probe(bench, {"delete": "users", "where": {"name": "x"}}, {"delete": "logs", "where": {"id": 1}})
    name = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[bench.dialect]
    assert found.said.startswith(f"{name} ")
    assert found.said.endswith("; `logs`, `users` fit")


async def test_nothing_is_run(bench: Bench) -> None:
    await bench.script(USERS + "insert into logs (id, said) values (1, 'kept');")
    await probe(
        bench,
        {"execute": "delete from logs"},
        {"execute": "drop table logs"},
        {"delete": "logs", "where": {"id": 1}},
        {"insert": "logs", "values": {"id": 2, "said": "new"}},
        {"execute": "insert into logs (id, said) values (:id, 'x')", "params": {"id": 3}},
    )
    assert await bench.rows("select id, said from logs") == [(1, "kept")]


async def test_a_missing_table_is_told_with_the_nearest(bench: Bench) -> None:
    assert await findings(bench, delete="user", where={"id": 1}) == [
        "delete: there is no table `user` in the database (did you mean `users`?)"
    ]
    assert await findings_again(bench, delete="x", where={"id": 1}) == [
        "delete: there is no table `x` in the database (there are: logs, users)"
    ]


async def findings_again(bench: Bench, **params: Any) -> list[str]:
    found = await probe(bench, params)
    return [f"{'.'.join(map(str, one.path))}: {one.message} ({one.hint})" for one in found.findings]


async def test_an_unknown_column_is_told_at_its_key(bench: Bench) -> None:
    values = {**GOOD, "nmae": "{{ full_name }}"}
    told = await findings(bench, upsert="users", key="clerk_id", values=values)
    assert told == ["values.nmae: `users` has no column `nmae` (did you mean `name`?)"]
    found = await probe(bench, {"delete": "users", "where": {"zzz": 1}})
    assert [(one.path, one.key) for one in found.findings] == [(("where", "zzz"), True)]


async def test_a_statement_of_a_transaction_is_told_at_its_place(bench: Bench) -> None:
    statements = [{"delete": "logs", "where": {"id": 1}}, {"delete": "logs", "where": {"ide": 1}}]
    told = await findings(bench, transaction=statements)
    assert told == ["transaction.1.where.ide: `logs` has no column `ide` (did you mean `id`?)"]


async def test_the_key_of_an_upsert_needs_a_unique_index_of_just_these_columns(bench: Bench) -> None:
    told = await findings(bench, upsert="users", key="email", values=GOOD)
    assert told == [
        "key: `users` has no unique index on (email), so an upsert cannot find its row "
        "(create unique index on users (email))"
    ]
    await bench.script("create unique index by_email on users (email)")
    assert (await fresh(bench, upsert="users", key="email", values=GOOD)).findings == []
    both = await fresh(bench, upsert="users", key=["clerk_id", "email"], values=GOOD)
    assert [one.path for one in both.findings] == [("key",)]


async def fresh(bench: Bench, **params: Any) -> Probed:
    """Probe as a new process would, which has read no table yet."""
    sql = SQL()
    sql.config = bench.sql.config
    await sql.open()
    try:
        found: Probed = await sql.probe([Use("users", "save", params)])
    finally:
        await sql.close()
    return found


async def test_a_column_that_a_new_row_needs_is_missed(bench: Bench) -> None:
    said = "a new row of `users` needs `email`, which is `not null` and has no default"
    hint = " (add it to `values`, or give the column a default)"
    for verb in ({"insert": "users"}, {"upsert": "users", "key": "clerk_id"}):
        told = await findings_of(bench, **verb, values={"clerk_id": "{{ data.id }}"})
        assert told == [f"values: {said}{hint}"]
    update = {"update": "users", "values": {"name": "x"}, "where": {"clerk_id": "{{ data.id }}"}}
    assert await findings_of(bench, **update) == []


async def findings_of(bench: Bench, **params: Any) -> list[str]:
    await bench.script("drop table if exists users; drop table if exists logs;")
    return await findings(bench, **params)


async def test_a_value_that_never_fits_its_column_is_told(bench: Bench) -> None:
    values = {**GOOD, "email": None, "age": "old", "seen": "soon", "paid": "maybe"}
    told = await findings(bench, insert="users", values=values)
    assert [one.partition(": ")[0] for one in told] == ["values.email", "values.age", "values.seen", "values.paid"]
    assert "takes no null" in told[0]
    assert "only whole numbers" in told[1]
    told = [
        one.message
        for one in (await probe(bench, {"delete": "users", "where": {"age": "n-{{ data.n }}"}})).findings
    ]
    assert len(told) == 1
    assert "holds numbers, and this is always a text: `n-` stands in it" in told[0]


async def test_sql_that_the_database_cannot_read_is_told(bench: Bench) -> None:
    told = await findings(bench, execute="update users set nmae = :x", params={"x": "{{ data.x }}"})
    assert len(told) == 1
    assert told[0].startswith("execute: ")
    assert "nmae" in told[0]


async def test_a_constant_that_does_not_fit_its_parameter_is_told(postgres: PostgresBench) -> None:
    told = await findings(postgres, execute="update users set age = :age", params={"age": "old"})
    assert len(told) == 1
    assert told[0].startswith("params.age: `:age` (int4) cannot hold a text")


async def test_a_pragma_is_not_even_explained(lite: SqliteBench) -> None:
    await findings(lite, execute="pragma user_version = 7")
    assert await lite.rows("pragma user_version") == [(0,)]


async def test_a_sqlite_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    schema = tmp_path / "tables.sql"
    schema.write_text(USERS)
    for config, hint in (
        ({}, "create it with its tables"),
        ({"schema": schema}, "`router dev` makes it from `tables.sql`"),
    ):
        found = await alone({"url": f"sqlite:///{tmp_path}/app.db", **config})
        (finding,) = found.findings
        assert finding.path == ("url",)
        assert finding.unreachable
        assert hint in (finding.hint or "")
        assert not (tmp_path / "app.db").exists()
    (finding,) = (await alone({"url": f"sqlite:///{tmp_path}/none/app.db"})).findings
    assert "the folder of" in finding.message


async def alone(config: dict[str, Any], *uses: Use) -> Probed:
    sql = SQL()
    sql.config = SQL.Config(**config)
    await sql.open()
    try:
        found: Probed = await sql.probe(uses)
    finally:
        await sql.close()
    return found


async def test_a_missing_table_of_a_destination_with_a_schema_says_how_to_make_it(
    lite: SqliteBench, tmp_path: Path
) -> None:
    await lite.script(USERS)
    schema = tmp_path / "tables.sql"
    schema.write_text("create table if not exists admins (id text primary key)")
    use = Use("a", "b", {"delete": "admins", "where": {"id": 1}})
    (finding,) = (await alone({"url": lite.url, "schema": schema}, use)).findings
    assert finding == Finding(
        "there is no table `admins` in the database",
        ("delete",),
        use,
        "`router dev` makes it from `tables.sql`",
    )


async def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "app.db").write_text("this is a text, and long enough for a header of a database" * 20)
    with pytest.raises(Retry, match="not a database"):
        await alone({"url": f"sqlite:///{tmp_path}/app.db"})


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
async def test_a_file_that_cannot_be_written_is_told(lite: SqliteBench) -> None:
    await lite.script(USERS)
    lite.path.chmod(stat.S_IRUSR)
    found = await probe(lite)
    assert "cannot be written to" in found.findings[0].message


async def test_a_server_that_is_not_there_is_unreachable() -> None:
    with pytest.raises(Retry, match="cannot be reached"):
        await alone({"url": f"postgresql://ada:p4ssw0rd-GhJkL@127.0.0.1:{free_port()}/app"})


async def test_a_database_that_is_not_there_is_an_error_at_the_url() -> None:
    address = postgres_url().rpartition("/")[0]
    (finding,) = (await alone({"url": f"{address}/no_such_database"})).findings
    assert finding.path == ("url",)
    assert not finding.unreachable
    assert "does not exist" in finding.message


async def test_a_setting_that_the_driver_does_not_take_is_an_error_at_the_url() -> None:
    (finding,) = (await alone({"url": f"{postgres_url()}?sslmode=perhaps"})).findings
    assert (finding.path, finding.unreachable) == (("url",), False)
    assert "check its settings" in finding.message


@pytest.fixture
async def clerk(postgres: PostgresBench) -> AsyncIterator[str]:
    """A user of PostgreSQL who may log in and nothing else; gives the address with it."""
    name = f"clerk_{postgres.schema}"
    await postgres.script(f"create role {name} login password 'p4ssw0rd-GhJkL'; {USERS}")
    place = postgres.url.partition("://")[2].rpartition("@")[2]
    try:
        yield f"postgresql://{name}:p4ssw0rd-GhJkL@{place}"
    finally:
        await postgres.script(f"drop owned by {name}; drop role {name}")


async def refused(url: str, params: dict[str, Any]) -> list[str]:
    found = await alone({"url": url}, Use("a", "b", params))
    return [one.message for one in found.findings]


async def test_rights_that_are_missing_are_told_and_those_that_are_asked_for_are_enough(
    postgres: PostgresBench, clerk: str
) -> None:
    """Each statement is refused with one right less, and runs with those that the probe asks for."""
    name, schema = f"clerk_{postgres.schema}", postgres.schema
    upsert = {"upsert": "users", "key": "clerk_id", "values": {"clerk_id": "1", "email": "a"}}
    elsewhere = {**upsert, "upsert": f"{schema}.users"}
    assert await refused(clerk, elsewhere) == [
        f"the user `{name}` lacks the right to USAGE of its schema on `{schema}.users`"
    ]
    (finding,) = (await alone({"url": clerk}, Use("a", "b", upsert))).findings
    assert finding.hint == f"there is one in the schema `{schema}`: write {schema}.users, or let this user use it"
    await postgres.script(f"grant usage on schema {schema} to {name}")
    statements: list[tuple[dict[str, Any], str, str]] = [
        (
            upsert,
            "INSERT and UPDATE and SELECT",
            "insert (clerk_id, email), update (email), select (clerk_id, email)",
        ),
        ({"insert": "users", "values": upsert["values"]}, "INSERT", "insert (clerk_id, email)"),
        (
            {"update": "users", "values": {"name": "x"}, "where": {"clerk_id": "1"}},
            "UPDATE and SELECT",
            "update (name), select (clerk_id)",
        ),
        ({"delete": "users", "where": {"clerk_id": "1"}}, "DELETE and SELECT", "delete, select (clerk_id)"),
    ]
    for params, lacking, needed in statements:
        assert await refused(clerk, params) == [f"the user `{name}` lacks the right to {lacking} on `users`"]
        for right in needed.split("), "):
            one = right if right.endswith(")") or "(" not in right else f"{right})"
            with pytest.raises(Permanent):
                await executed(clerk, params)
            await postgres.script(f"grant {one} on users to {name}")
        assert await refused(clerk, params) == []
        await executed(clerk, params)
        await postgres.script(f"revoke all on users from {name}; delete from users")


async def executed(url: str, params: dict[str, Any]) -> None:
    bench = Bench("postgresql", url)
    await bench.sql.open()
    try:
        await bench.run(**params)
    finally:
        await bench.sql.close()


async def test_sql_that_the_user_may_not_run_is_told(postgres: PostgresBench, clerk: str) -> None:
    await postgres.script(f"grant usage on schema {postgres.schema} to clerk_{postgres.schema}")
    (said,) = await refused(
        clerk, {"execute": "delete from users where clerk_id = :id", "params": {"id": "{{ data.id }}"}}
    )
    assert said == "permission denied for table users (42501)"


async def test_a_trigger_may_fill_what_a_new_row_needs(postgres: PostgresBench) -> None:
    await postgres.script(
        "create function fill() returns trigger language plpgsql as "
        "$$ begin new.email = 'x'; return new; end $$;"
        + USERS
        + "create trigger fill before insert on users for each row execute function fill()"
    )
    (finding,) = (await probe(postgres, {"insert": "users", "values": {"clerk_id": "1"}})).findings
    assert finding.warning


async def test_numbers_that_the_database_makes_itself_may_be_left_out(postgres: PostgresBench) -> None:
    await postgres.script(
        "create table t (a serial primary key, b bigint generated always as identity, "
        "c int generated always as (1 + 1) stored, d timestamptz not null default now(), e text)"
    )
    assert (await probe(postgres, {"insert": "t", "values": {"e": "x"}})).findings == []
    (finding,) = (await probe(postgres, {"insert": "t", "values": {"c": 5}})).findings
    assert "is computed by the database" in finding.message


async def test_a_table_of_another_schema_is_looked_at_there(postgres: PostgresBench) -> None:
    await postgres.script(USERS)
    name = f"{postgres.schema}.users"
    (finding,) = (await probe(postgres, {"delete": name, "where": {"nmae": 1}})).findings
    assert finding.hint == "did you mean `name`?"


async def test_a_database_that_only_reads_is_told(postgres: PostgresBench) -> None:
    name = f"reader_{postgres.schema}"
    await postgres.script(f"create role {name} login; alter role {name} set default_transaction_read_only = on")
    place = postgres.url.partition("://")[2].rpartition("@")[2]
    try:
        with pytest.raises(Permanent, match="only reads"):
            await alone({"url": f"postgresql://{name}@{place}"})
    finally:
        await postgres.script(f"drop role {name}")


def test_the_text_beside_values_is_told_apart() -> None:
    written = part("written")
    assert written.literal("{{ data.id }}") is None
    assert written.literal("{{ data.a }}{{ data.b }}") == ""
    assert written.literal("x{% if a %}{{ b }}{% endif %}") == "x"
    assert written.literal("constant") is None
    assert dict(written.constants({"a": 1, "b": "{{ x }}", "c": ["{{ x }}"], "d": {"e": "f"}})) == {
        "a": 1,
        "d": {"e": "f"},
    }


async def examined(bench: Bench, written: dict[str, Any], *made: tuple[str, dict[str, Any]]) -> list[str]:
    """Return what the samples show to be wrong."""
    use = Use("users", "save", written, [Example(event, params) for event, params in made])
    found = (await bench.sql.probe([use])).findings
    assert all(one.warning and one.use is use for one in found)
    return [f"{'.'.join(map(str, one.path))}: {one.message} ({one.hint})" for one in found]


async def test_a_template_whose_value_fits_in_no_sample_is_a_warning(bench: Bench) -> None:
    await bench.script(USERS)
    written = {"insert": "users", "values": {**GOOD, "age": "{{ data.name }}", "seen": "{{ data.created_at }}"}}
    good = {"clerk_id": "user_1", "email": "ada@example.org", "age": 5, "seen": 1768478400000}
    bad = {**good, "email": None, "age": "Ada"}
    one, two = ("clerk/user.created", bad), ("clerk/user.updated", {**bad, "email": "a"})
    told = await examined(bench, written, *((event, {"insert": "users", "values": v}) for event, v in (one, two)))
    assert len(told) == 2
    assert told[0].startswith("values.email: `users.email` (VARCHAR) takes no null (so it is with some samples")
    assert told[0].endswith("(clerk/user.created))")
    assert told[1].startswith("values.age: `users.age` (INTEGER) cannot hold a text")
    assert told[1].endswith("(so it is with every sample (clerk/user.created, clerk/user.updated))")
    fine = ("clerk/user.created", {"insert": "users", "values": good})
    assert await examined(bench, written, fine) == []


async def test_a_condition_that_fits_in_no_sample_is_a_warning(bench: Bench) -> None:
    await bench.script(USERS)
    written = {"transaction": [{"execute": "select 1"}, {"delete": "logs", "where": {"id": "{{ data.id }}"}}]}
    made = {"transaction": [{"execute": "select 1"}, {"delete": "logs", "where": {"id": "user_1"}}]}
    (told,) = await examined(bench, written, ("clerk/user.deleted", made))
    assert told.startswith("transaction.1.where.id: `logs.id` (INTEGER) cannot hold a text")


async def test_a_statement_for_each_item_is_looked_at_as_one(bench: Bench) -> None:
    each = {
        "for_each": "{{ data.lines }}",
        "as": "line",
        "value": {"delete": "logs", "where": {"ide": "{{ line.id }}"}},
    }
    told = await findings(bench, transaction=[each])
    assert told == ["transaction.0.value.where.ide: `logs` has no column `ide` (did you mean `id`?)"]
    made = {"transaction": [{"delete": "logs", "where": {"id": "a"}}, {"delete": "logs", "where": {"id": "b"}}]}
    right = {**each, "value": {"delete": "logs", "where": {"id": "{{ line.id }}"}}}
    assert await examined(bench, {"transaction": [right]}, ("app/order", made)) == []
