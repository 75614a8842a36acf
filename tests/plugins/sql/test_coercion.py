"""Values of JSON into columns: one table, run on both databases."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pytest

from router.plugin import Permanent
from tests.plugins.sql.bench import Bench, PostgresBench, SqliteBench

AT = datetime(2024, 5, 28, 8, 0, tzinfo=UTC)
NAIVE = AT.replace(tzinfo=None)
UUID = "c56a4180-65aa-42ec-a945-5fd21dec0538"

TYPES = "create type mood as enum ('happy', 'sad'); create domain positive as int check (value > 0)"

#: The column's type, the value of the event, and what is in the column afterwards.
FITTING: list[tuple[str, Any, Any]] = [
    ("integer", 5, 5),
    ("integer", "5", 5),
    ("integer", "-007", -7),
    ("integer", 5.0, 5),
    ("integer", None, None),
    ("integer", 2**31 - 1, 2**31 - 1),
    ("smallint", "-32768", -32768),
    ("bigint", 2**63 - 1, 2**63 - 1),
    ("bigint", str(-(2**63)), -(2**63)),
    ("boolean", True, True),
    ("boolean", "false", False),
    ("boolean", "TRUE", True),
    ("boolean", 0, False),
    ("boolean", 1, True),
    ("text", "x", "x"),
    ("text", "", ""),
    ("text", 5, "5"),
    ("text", 2.5, "2.5"),
    ("text", True, "true"),
    ("text", {"a": [1, "ü"]}, '{"a": [1, "ü"]}'),
    ("text", ["a"], '["a"]'),
    ("text", "🙂'\"\\", "🙂'\"\\"),
    ("varchar(3)", "abc", "abc"),
    ("varchar(3)", 123, "123"),
    ("timestamp", 1716883200, NAIVE),
    ("timestamp", 1716883200000, NAIVE),
    ("timestamp", 1716883200.5, NAIVE.replace(microsecond=500000)),
    ("timestamp", "2024-05-28T08:00:00Z", NAIVE),
    ("timestamp", "2024-05-28T08:00:00.000Z", NAIVE),
    ("timestamp", "2024-05-28T13:00:00+05:00", NAIVE),
    ("timestamp", "2024-05-28 08:00:00", NAIVE),
    ("timestamp", "2024-05-28", NAIVE.replace(hour=0)),
    ("timestamp", -1, datetime(1969, 12, 31, 23, 59, 59)),  # noqa: DTZ001
    ("timestamp with time zone", 1716883200000, AT),
    ("timestamp with time zone", "2024-05-28T13:00:00+05:00", AT),
    ("timestamp with time zone", "2024-05-28T08:00:00", AT),
    ("date", "2024-05-28", date(2024, 5, 28)),
    ("date", "2024-05-28T23:30:00-05:00", date(2024, 5, 29)),
    ("date", 1716883200, date(2024, 5, 28)),
    ("time", "08:30", time(8, 30)),
    ("numeric(12,2)", "1234567890.12", Decimal("1234567890.12")),
    ("numeric(12,2)", 12.1, Decimal("12.10")),
    ("numeric(12,2)", 12, Decimal(12)),
    ("double precision", "1.5", 1.5),
    ("double precision", 3, 3.0),
    ("json", {"a": [1, None, "x"]}, {"a": [1, None, "x"]}),
    ("json", "text", "text"),
    ("json", 5, 5),
    ("json", False, False),
    ("json", None, None),
    ("jsonb", {"b": {"c": "ü'"}}, {"b": {"c": "ü'"}}),
    ("jsonb", [], []),
    ("uuid", UUID, UUID),
    ("uuid", UUID.upper(), UUID),
]

#: The column's type, and a value that it cannot hold.
UNFIT: list[tuple[str, Any]] = [
    ("integer", "abc"),
    ("integer", ""),
    ("integer", " 5"),
    ("integer", "٥"),
    ("integer", "9" * 5000),
    ("integer", 5.5),
    ("integer", 1e300),
    ("integer", True),
    ("integer", {}),
    ("bigint", 2**63),
    ("bigint", "9223372036854775808"),
    ("boolean", "yes"),
    ("boolean", 2),
    ("boolean", []),
    ("timestamp", "tomorrow"),
    ("timestamp", "20240528"),
    ("timestamp", "1716883200"),
    ("timestamp", "2024-13-28"),
    ("timestamp", 1e30),
    ("timestamp", True),
    ("timestamp", []),
    ("timestamp with time zone", "9999-12-31T23:59:59-12:00"),
    ("date", "28.05.2024"),
    ("time", "25:00"),
    ("time", 5),
    ("numeric(12,2)", "12,50"),
    ("numeric(12,2)", "NaN"),
    ("numeric(12,2)", "1e999999999"),
    ("numeric(12,2)", "12\n"),
    ("numeric(12,2)", True),
    ("numeric(12,2)", [1]),
    ("double precision", "1e999"),
    ("double precision", "inf"),
    ("uuid", "not-a-uuid"),
    ("uuid", 5),
    ("text", "half \ud800"),
    ("text", ["\udfff"]),
    ("jsonb", {"a": "\ud800"}),
    ("jsonb", {"\ud800": 1}),
]


def seen(bench: Bench, found: Any, wanted: Any) -> Any:
    """Return what was found as the type that is wanted: SQLite has no times, decimals and booleans."""
    if bench.dialect == "postgresql" or found is None:
        return str(found) if wanted == UUID else found
    if isinstance(wanted, datetime):
        return datetime.fromisoformat(found).replace(tzinfo=wanted.tzinfo)
    if isinstance(wanted, date | time):
        return type(wanted).fromisoformat(found)
    return Decimal(str(found)) if isinstance(wanted, Decimal) else found


@pytest.mark.parametrize(("type_", "value", "wanted"), FITTING)
async def test_a_value_becomes_what_its_column_holds(bench: Bench, type_: str, value: Any, wanted: Any) -> None:
    await bench.script(f"create table t (id integer primary key, v {type_})")
    await bench.run(upsert="t", key="id", values={"id": 1, "v": value})
    found = (await bench.rows("select v from t"))[0][0]
    assert (found is None) == (value is None)  # SQL's null, also where JSON has one of its own
    if type_.startswith("json") and isinstance(found, str):
        found = json.loads(found)
    assert seen(bench, found, wanted) == wanted


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("integer", "5"),
        ("text", 5),
        ("boolean", "true"),
        ("timestamp", 1716883200000),
        ("timestamptz", 1716883200),
        ("numeric(12,2)", 12.1),
        ("date", "2024-05-28"),
        ("uuid", UUID.upper()),
        ("jsonb", {"a": 1}),
    ],
)
async def test_a_where_finds_what_the_same_value_wrote(bench: Bench, type_: str, value: Any) -> None:
    await bench.script(f"create table t (id integer primary key, v {type_})")
    await bench.run(insert="t", values={"id": 1, "v": value})
    assert (await bench.run(delete="t", where={"v": value}))["rows"] == 1


@pytest.mark.parametrize(("type_", "value"), UNFIT)
async def test_a_value_that_does_not_fit_is_permanent_and_named_by_its_place(
    bench: Bench, type_: str, value: Any
) -> None:
    await bench.script(f"create table t (id integer primary key, v {type_})")
    with pytest.raises(Permanent) as raised:
        await bench.run(insert="t", values={"id": 1, "v": value})
    assert raised.value.reason.startswith("`t.v` (")
    assert str(value) not in raised.value.reason or value in ("", True, 2, 5, 5.5)
    assert await bench.rows("select * from t") == []


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("integer", 2**40),
        ("smallint", 40000),
        ("varchar(3)", "abcd"),
        ("text", "nul \0"),
        ("jsonb", {"a": ["\0"]}),
        ("mood", "furious"),
        ("positive", "many"),
        ("bytea", "aGk="),
        ("integer[]", ["x"]),
        ("integer[]", 5),
        ("inet", 5),
    ],
)
async def test_what_only_postgresql_refuses_is_refused_before_it_is_sent(
    postgres: PostgresBench, type_: str, value: Any
) -> None:
    await postgres.script(
        "create type mood as enum ('happy', 'sad'); create domain positive as int check (value > 0)"
    )
    await postgres.script(f"create table t (id integer primary key, v {type_})")
    with pytest.raises(Permanent) as raised:
        await postgres.run(insert="t", values={"id": 1, "v": value})
    assert raised.value.reason.startswith("`t.v` (")


@pytest.mark.parametrize(
    ("type_", "value", "wanted"),
    [
        ("mood", "happy", "happy"),
        ("positive", "3", "3"),
        ("text[]", ["a", None, 5], "{a,NULL,5}"),
        ("integer[]", ["1", 2], "{1,2}"),
        ("integer[]", [[1], [2]], "{{1},{2}}"),
        ("timestamptz[]", [0], '{"1970-01-01 00:00:00+00"}'),
        ("char(4)", "ab", "ab"),
        ("inet", "10.0.0.1", "10.0.0.1/32"),
        ("interval", None, None),
        ("tsvector", "a b", "'a' 'b'"),
        ("numeric", "12345678901234567890.123456789", "12345678901234567890.123456789"),
    ],
)
async def test_types_of_postgresql_take_what_they_can(
    postgres: PostgresBench, type_: str, value: Any, wanted: Any
) -> None:
    await postgres.script(
        "create type mood as enum ('happy', 'sad'); create domain positive as int check (value > 0)"
    )
    await postgres.script(f"set time zone 'UTC'; create table t (id integer primary key, v {type_})")
    await postgres.run(upsert="t", key="id", values={"id": 1, "v": value})
    assert await postgres.rows("select v::text from t") == [(wanted,)]


async def test_a_domain_refuses_what_its_check_refuses(postgres: PostgresBench) -> None:
    await postgres.script("create domain positive as int check (value > 0); create table t (v positive)")
    with pytest.raises(Permanent, match="positive"):
        await postgres.run(insert="t", values={"v": -1})


@pytest.mark.parametrize(
    ("declared", "value", "wanted"),
    [
        ("", "x", "x"),
        ("", {"a": 1}, '{"a": 1}'),
        ("point", [1, 2], "[1, 2]"),
        ("whatever", "x", "x"),
        ("whatever", 5, 5),
        ("bool", "true", 1),
        ("timestamptz", 0, "1970-01-01 00:00:00.000000"),
        ("datetime", 0, "1970-01-01 00:00:00.000000"),
        ("timestamp(3)", 0, "1970-01-01 00:00:00.000000"),
        ("string", "x", "x"),
        ("nvarchar(2)", "longer", "longer"),
        ("decimal(10, 2)", "0.1", 0.1),
        ("int8", "5", 5),
    ],
)
async def test_what_sqlite_is_told_of_a_column_is_understood(
    lite: SqliteBench, declared: str, value: Any, wanted: Any
) -> None:
    await lite.script(f"create table t (id integer primary key, v {declared})")
    if declared == "point":  # its letters make it an integer for SQLite
        with pytest.raises(Permanent, match="a list"):
            await lite.run(insert="t", values={"id": 1, "v": value})
        return
    await lite.run(insert="t", values={"id": 1, "v": value})
    assert await lite.rows("select v from t") == [(wanted,)]


async def test_the_parameters_of_execute_take_the_types_that_postgresql_expects(postgres: PostgresBench) -> None:
    await postgres.script(
        "create table t (id bigint, at timestamptz, data jsonb, price numeric, ok bool, tags text[])"
    )
    sql = "insert into t values (:id, :at, :data, :price, :ok, :tags)"
    params = {"id": "7", "at": 1716883200000, "data": {"a": 1}, "price": "1.10", "ok": "true", "tags": ["x", 1]}
    for _ in range(2):
        await postgres.run(execute=sql, params=params)
    found = await postgres.rows("select id, at, data::text, price, ok, tags from t")
    assert found == [(7, AT, '{"a": 1}', Decimal("1.10"), True, ["x", "1"])] * 2
    with pytest.raises(Permanent, match=r"`:id` \(int8\) cannot hold a text"):
        await postgres.run(execute=sql, params={**params, "id": "seven"})
    await postgres.script("set lock_timeout = '5s'; drop table t")  # nobody holds a lock on it


async def test_the_parameters_of_execute_are_stored_as_they_come_by_sqlite(lite: SqliteBench) -> None:
    await lite.script("create table t (a, b, c, d)")
    params = {"a": 5, "b": "x", "c": {"k": [1]}, "d": None}
    await lite.run(execute="insert into t values (:a, :b, :c, :d)", params=params)
    assert await lite.rows("select * from t") == [(5, "x", '{"k": [1]}', None)]
    for unfit in (2**63, "\ud800"):
        with pytest.raises(Permanent, match="`:a`"):
            await lite.run(execute="insert into t values (:a, :b, :c, :d)", params={**params, "a": unfit})
