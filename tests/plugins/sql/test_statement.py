"""What each statement does to the rows, on both databases."""

from __future__ import annotations

import pytest

from router.plugin import Permanent
from tests.plugins.sql.bench import Bench, PostgresBench

USERS = "create table users (clerk_id text primary key, email text unique, name text, visits integer default 0)"
MEMBERS = "create table members (org text, member text, role text, primary key (org, member))"


async def test_an_upsert_inserts_then_updates_and_may_be_repeated(bench: Bench) -> None:
    await bench.script(USERS)
    for name in ("Ann", "Ann", "Anna"):
        facts = await bench.run(upsert="users", key="clerk_id", values={"clerk_id": "u1", "name": name})
        assert facts == {"statement": "upsert", "table": "users", "rows": 1}
    assert await bench.rows("select clerk_id, name, email, visits from users") == [("u1", "Anna", None, 0)]


async def test_an_upsert_leaves_the_columns_that_it_does_not_name(bench: Bench) -> None:
    await bench.script(USERS)
    await bench.script("insert into users values ('u1', 'a@b.c', 'Ann', 7)")
    await bench.run(upsert="users", key="clerk_id", values={"clerk_id": "u1", "name": None})
    assert await bench.rows("select * from users") == [("u1", "a@b.c", None, 7)]


async def test_a_key_of_two_columns_in_any_order_finds_the_row(bench: Bench) -> None:
    await bench.script(MEMBERS)
    for role in ("admin", "member"):
        values = {"org": "o", "member": "m", "role": role}
        await bench.run(upsert="members", key=["member", "org"], values=values)
    assert await bench.rows("select * from members") == [("o", "m", "member")]


async def test_an_upsert_of_nothing_but_its_key_makes_the_row_once(bench: Bench) -> None:
    await bench.script(MEMBERS)
    for rows in (1, 0):
        facts = await bench.run(upsert="members", key=["org", "member"], values={"org": "o", "member": "m"})
        assert facts["rows"] == rows
    assert await bench.rows("select * from members") == [("o", "m", None)]


async def test_a_unique_index_is_key_enough(bench: Bench) -> None:
    await bench.script(USERS + "; create unique index by_name on users (name)")
    for email in ("a", "b"):
        await bench.run(upsert="users", key="name", values={"clerk_id": "u1", "name": "Ann", "email": email})
    assert await bench.rows("select email from users") == [("b",)]


@pytest.mark.parametrize(
    "index",
    [
        "",
        "create index i on users (name)",
        "create unique index i on users (name, email)",
    ],
)
async def test_an_upsert_without_a_unique_index_says_which_one_it_needs(bench: Bench, index: str) -> None:
    await bench.script(USERS)
    if index:
        await bench.script(index)
    with pytest.raises(Permanent, match=r"create unique index on users \(name\)"):
        await bench.run(upsert="users", key="name", values={"name": "Ann"})


async def test_a_partial_or_computed_unique_index_is_no_key(bench: Bench) -> None:
    await bench.script(f"{USERS}; create unique index i on users (name) where visits > 0")
    await bench.script("create unique index j on users (lower(name))")
    with pytest.raises(Permanent, match="no unique index"):
        await bench.run(upsert="users", key="name", values={"name": "Ann"})


async def test_an_insert_of_a_row_that_is_there_is_permanent(bench: Bench) -> None:
    await bench.script(USERS)
    values = {"clerk_id": "u1", "email": "secret@acme.dev"}
    assert (await bench.run(insert="users", values=values))["rows"] == 1
    with pytest.raises(Permanent) as raised:
        await bench.run(insert="users", values=values)
    assert "users" in raised.value.reason
    assert "secret@acme.dev" not in raised.value.reason


async def test_an_update_touches_the_rows_of_its_where_and_none_is_fine_too(bench: Bench) -> None:
    await bench.script(MEMBERS)
    await bench.script("insert into members values ('o', 'a', 'x'), ('o', 'b', 'x'), ('p', 'a', 'x')")
    assert (await bench.run(update="members", values={"role": "y"}, where={"org": "o"}))["rows"] == 2
    assert (await bench.run(update="members", values={"role": "y"}, where={"org": "none"}))["rows"] == 0
    assert await bench.rows("select org, member from members where role = 'y' order by 2") == [
        ("o", "a"),
        ("o", "b"),
    ]


async def test_a_delete_needs_every_condition_to_hold(bench: Bench) -> None:
    await bench.script(MEMBERS)
    await bench.script("insert into members values ('o', 'a', 'x'), ('o', 'b', 'x')")
    facts = await bench.run(delete="members", where={"org": "o", "member": "a"})
    assert facts == {"statement": "delete", "table": "members", "rows": 1}
    assert await bench.rows("select member from members") == [("b",)]


@pytest.mark.parametrize(
    "params",
    [
        {"delete": "members", "where": {"org": None}},
        {"delete": "members", "where": {"org": "o", "member": None}},
        {"delete": "members", "where": {}},
        {"delete": "members"},
        {"update": "members", "values": {"role": "z"}, "where": {"org": None}},
        {"update": "members", "values": {}, "where": {"org": "o"}},
        {"delete": "members", "where": {"org": ["o", "p"]}},
        {"upsert": "members", "key": ["org", "member"], "values": {"org": "o", "member": None}},
        {"upsert": "members", "key": ["org", "member"], "values": {"org": "o"}},
        {"transaction": []},
        {},
        {"delete": "members", "update": "members", "where": {"org": "o"}},
    ],
)
async def test_a_statement_without_clear_rows_touches_none(bench: Bench, params: dict[str, object]) -> None:
    await bench.script(MEMBERS)
    await bench.script("insert into members values ('o', 'a', 'x')")
    with pytest.raises(Permanent):
        await bench.run(**params)
    assert await bench.rows("select * from members") == [("o", "a", "x")]


async def test_a_transaction_happens_as_a_whole(bench: Bench) -> None:
    await bench.script(f"{USERS}; {MEMBERS}")
    facts = await bench.run(
        transaction=[
            {"upsert": "users", "key": "clerk_id", "values": {"clerk_id": "u1"}},
            {"insert": "members", "values": {"org": "o", "member": "u1"}},
            {"delete": "members", "where": {"org": "none"}},
        ]
    )
    assert facts == {
        "statement": "transaction",
        "statements": [
            {"statement": "upsert", "table": "users", "rows": 1},
            {"statement": "insert", "table": "members", "rows": 1},
            {"statement": "delete", "table": "members", "rows": 0},
        ],
    }


async def test_a_transaction_that_fails_at_its_end_leaves_nothing(bench: Bench) -> None:
    await bench.script(f"{USERS}; {MEMBERS}")
    await bench.script("insert into members values ('o', 'u1', 'x')")
    with pytest.raises(Permanent, match="statement 2 of the transaction"):
        await bench.run(
            transaction=[
                {"upsert": "users", "key": "clerk_id", "values": {"clerk_id": "u1"}},
                {"insert": "members", "values": {"org": "o", "member": "u1"}},
            ]
        )
    assert await bench.rows("select * from users") == []


async def test_a_transaction_whose_last_value_is_unfit_runs_none_of_it(bench: Bench) -> None:
    await bench.script(USERS)
    with pytest.raises(Permanent, match=r"statement 2 .*`users.visits`|`users.visits`"):
        await bench.run(
            transaction=[
                {"insert": "users", "values": {"clerk_id": "u1"}},
                {"insert": "users", "values": {"clerk_id": "u2", "visits": "many"}},
            ]
        )
    assert await bench.rows("select * from users") == []


async def test_execute_binds_values_and_leaves_casts_and_texts_alone(bench: Bench) -> None:
    await bench.script(USERS)
    await bench.script("insert into users values ('u1', 'e', 'x:name', 1)")
    cast = "visits + :by::int" if bench.dialect == "postgresql" else "visits + cast(:by as integer)"
    facts = await bench.run(
        execute=f"update users set visits = {cast} where clerk_id = :id and name = 'x:name' -- :nothing",
        params={"by": 2, "id": "u1"},
    )
    assert facts == {"statement": "execute", "rows": 1}
    assert await bench.rows("select visits from users") == [(3,)]


async def test_execute_binds_one_name_in_two_places(bench: Bench) -> None:
    await bench.script(USERS)
    sql = "insert into users (clerk_id, email, name) values (:id, :mail, :id)"
    await bench.run(execute=sql, params={"mail": "m", "id": "u1"})
    assert await bench.rows("select clerk_id, email, name from users") == [("u1", "m", "u1")]


async def test_names_that_are_reserved_or_quoted_are_names(bench: Bench) -> None:
    await bench.script('create table "order" ("user" text primary key, "a ""b"" %(c)s :d" text, "Group" integer)')
    values = {"user": "u", 'a "b" %(c)s :d': "x", "Group": "4"}
    for _ in range(2):
        await bench.run(upsert="order", key="user", values=values)
    await bench.run(update="order", values={"Group": 5}, where={'a "b" %(c)s :d': "x"})
    assert await bench.rows('select * from "order"') == [("u", "x", 5)]


@pytest.mark.parametrize("evil", ["'; drop table users; --", "x' or '1'='1", '"', "\\'", "%s %(a)s :b $1 ?", "{}"])
async def test_a_hostile_value_is_a_value(bench: Bench, evil: str) -> None:
    await bench.script(USERS)
    await bench.script("insert into users values ('u0', 'kept', 'kept', 0)")
    await bench.run(upsert="users", key="clerk_id", values={"clerk_id": evil, "name": evil})
    assert (await bench.run(update="users", values={"email": evil}, where={"name": evil}))["rows"] == 1
    assert (await bench.run(execute="delete from users where name = :v", params={"v": evil}))["rows"] == 1
    assert await bench.rows("select email from users") == [("kept",)]


@pytest.mark.parametrize("evil", ["name = name; --", 'name" = 1, "email', "clerk_id) values ('x'); --"])
async def test_a_hostile_column_is_no_column(bench: Bench, evil: str) -> None:
    await bench.script(USERS)
    with pytest.raises(Permanent, match="no column"):
        await bench.run(insert="users", values={"clerk_id": "u", evil: "x"})
    with pytest.raises(Permanent, match="no column"):
        await bench.run(delete="users", where={evil: "x"})


async def test_an_unknown_table_or_column_names_the_nearest(bench: Bench) -> None:
    await bench.script(USERS)
    with pytest.raises(Permanent, match="no table `user` in the database: did you mean `users`"):
        await bench.run(insert="user", values={"clerk_id": "u"})
    with pytest.raises(Permanent, match=r"`users` has no column `emial`: did you mean `email`\?.*clerk_id, email"):
        await bench.run(insert="users", values={"clerk_id": "u", "emial": "x"})


async def test_a_table_that_changed_is_read_again(bench: Bench) -> None:
    await bench.script("create table notes (id integer primary key, text varchar(3))")
    await bench.run(insert="notes", values={"id": 1, "text": "abc"})
    await bench.script("alter table notes add column author text")
    await bench.run(insert="notes", values={"id": 2, "author": "ann"})
    await bench.script("alter table notes rename column author to writer")
    await bench.run(update="notes", values={"writer": "bob"}, where={"id": 2})
    with pytest.raises(Permanent, match="no column `author`"):
        await bench.run(insert="notes", values={"id": 3, "author": "ann"})
    await bench.script("drop table notes")
    with pytest.raises(Permanent, match="no table `notes`"):
        await bench.run(insert="notes", values={"id": 3})
    await bench.script("create table notes (id text primary key)")
    await bench.run(insert="notes", values={"id": "now a text"})


async def test_a_unique_index_made_later_is_found(bench: Bench) -> None:
    await bench.script("create table notes (id integer, text text)")
    with pytest.raises(Permanent, match="no unique index"):
        await bench.run(upsert="notes", key="id", values={"id": 1})
    await bench.script("create unique index i on notes (id)")
    await bench.run(upsert="notes", key="id", values={"id": 1})


async def test_a_widened_column_takes_the_wider_value(postgres: PostgresBench) -> None:
    await postgres.script("create table t (id int primary key, text varchar(3))")
    await postgres.run(insert="t", values={"id": 1})
    await postgres.script("alter table t alter id type bigint, alter text type text")
    await postgres.run(insert="t", values={"id": 2**40, "text": "longer"})


async def test_a_table_of_another_schema_is_named_with_it(postgres: PostgresBench) -> None:
    await postgres.script(f"create table {postgres.schema}.t (id int primary key)")
    for _ in range(2):
        await postgres.run(upsert=f"{postgres.schema}.t", key="id", values={"id": 1})
    assert await postgres.rows("select id from t") == [(1,)]
    with pytest.raises(Permanent, match=r"no table `nowhere\.t`"):
        await postgres.run(insert="nowhere.t", values={"id": 1})
