"""What is told of a statement before any event."""

from __future__ import annotations

from typing import Any

import pytest

from router.plugin import Usage
from tests.plugins.sql.bench import SQL, part


def faults(params: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the places and messages of what is wrong."""
    found = SQL.check(None, params, Usage())
    return [(".".join(str(step) for step in fault.path), fault.message) for fault in found]


@pytest.mark.parametrize(
    "params",
    [
        {"upsert": "t", "key": "id", "values": {"id": "{{ data.id }}", "a": None}},
        {"upsert": "t", "key": ["id", "b"], "values": {"id": 1, "b": 2}},
        {"insert": "t", "values": {"a": "{{ data.a or omit }}"}},
        {"update": "t", "values": {"a": 1}, "where": {"id": 0}},
        {"delete": "t", "where": {"id": "omit"}},
        {"execute": "vacuum"},
        {"execute": "select now();"},
        {"execute": "select :a::int, ':b', \":c\" -- :d\n, :a /* ; :e */", "params": {"a": 1}},
        {"execute": "select a[1:2], $x$ :b ; $x$, E'\\':c', b ? 'k' where c = :a", "params": {"a": 1}},
        {"transaction": [{"delete": "t", "where": {"id": 1}}, {"execute": "select 1"}]},
    ],
)
def test_a_sound_statement_has_no_fault(params: dict[str, Any]) -> None:
    assert faults(params) == []


@pytest.mark.parametrize(
    ("params", "place", "said"),
    [
        ({}, "", "this does nothing yet"),
        ({"key": "id", "values": {"id": 1}}, "", "this does nothing yet"),
        ({"upsert": "t", "delete": "t"}, "delete", "two statements"),
        ({"upsert": "t", "values": {"id": 1}}, "", "`upsert` needs `key`"),
        ({"upsert": "t", "key": "id"}, "", "`upsert` needs `values`"),
        ({"upsert": "t", "key": [], "values": {"id": 1}}, "key", "`key` is empty"),
        ({"upsert": "t", "key": "id", "values": {}}, "values", "`values` is empty"),
        ({"upsert": "t", "key": "clerkid", "values": {"clerk_id": 1}}, "key", "did you mean `clerk_id`?"),
        ({"upsert": "t", "key": ["a", "b"], "values": {"a": 1}}, "key.1", "`b` is in `key` but not in `values`"),
        ({"upsert": "t", "key": ["a", "a"], "values": {"a": 1}}, "key.1", "twice"),
        ({"upsert": "t", "key": "a", "values": {"a": None}}, "values.a", "is null"),
        ({"upsert": "t", "key": "a", "values": {"a": 1}, "where": {"a": 1}}, "where", "`upsert` takes no `where`"),
        ({"insert": "t", "values": {"a": 1}, "key": "a"}, "key", "`insert` takes no `key`"),
        ({"update": "t", "values": {"a": 1}}, "", "`update` needs `where`"),
        ({"update": "t", "values": {"a": 1}, "where": {}}, "where", "an empty `where` would be every row"),
        ({"delete": "t"}, "", "`delete` needs `where`"),
        ({"delete": "t", "where": {}}, "where", "an empty `where` would be every row"),
        ({"delete": "t", "where": {"a": None}}, "where.a", "never means IS NULL"),
        ({"delete": "t", "where": {"a": [1, 2]}}, "where.a", "compares with one value"),
        ({"delete": "t", "where": {"a": 1, "b": "{{ data.b or omit }}"}}, "where.b", "`omit` in a `where`"),
        ({"delete": " ", "where": {"a": 1}}, "delete", "name a table"),
        ({"execute": "  "}, "execute", "is empty"),
        ({"execute": "-- nothing"}, "execute", "is empty"),
        ({"execute": "delete from a; delete from b"}, "execute", "one statement"),
        ({"execute": "Commit"}, "execute", "transaction of its own"),
        ({"execute": "select :user_id", "params": {"userid": 1}}, "execute", "did you mean `userid`?"),
        ({"execute": "select :a", "params": {"a": 1, "b": 2}}, "params.b", "`:b` is not in the SQL"),
        ({"execute": "select 1", "values": {"a": 1}}, "values", "`execute` takes no `values`"),
        ({"transaction": []}, "transaction", "is empty"),
        ({"transaction": [{"delete": "t", "where": {"a": 1}}], "key": "a"}, "key", "belongs into a statement"),
        ({"transaction": [{"transaction": []}]}, "transaction.0.transaction", "cannot hold another one"),
        ({"transaction": [{"execute": "select 1"}, {"delete": "t"}]}, "transaction.1", "`delete` needs `where`"),
        ({"transaction": [{"delete": "t", "where": {"a": None}}]}, "transaction.0.where.a", "IS NULL"),
        ({"transaction": [{"delete": "t", "where": {"a": "{{ omit }}"}}]}, "transaction.0.where.a", "`omit`"),
        ({"transaction": "x", "delete": "t"}, "transaction", "two statements"),
    ],
)
def test_a_mistake_is_told_at_its_place(params: dict[str, Any], place: str, said: str) -> None:
    found = faults(params)
    assert any(at == place and said in message for at, message in found), found


@pytest.mark.parametrize(
    "odd", [{"upsert": 5}, {"delete": "t", "where": "x"}, {"execute": ["a"]}, {"transaction": 5}]
)
def test_what_the_model_refuses_anyway_does_not_break_the_check(odd: dict[str, Any]) -> None:
    faults(odd)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a = :a and b = :b", ["a", "b"]),
        (":a::text", ["a"]),
        ("a::int", []),
        ("'it''s :a' || :b", ["b"]),
        ("E'\\' :a' || :b", ["b"]),
        ('":a"', []),
        ("-- :a\n:b", ["b"]),
        ("/* :a\n */ :b", ["b"]),
        ("$$ :a $$ :b $t$ :c $$ :d $t$", ["b"]),
        ("a[:i] b[1:2]", ["i"]),
        (":1 :_x", ["_x"]),
    ],
)
def test_parameters_are_found_where_sql_has_them(text: str, names: list[str]) -> None:
    assert list(part("binds").read_sql(text).names) == names


def test_a_repeated_parameter_has_one_number() -> None:
    sql = part("binds").read_sql("select :a, ':a', :b::int, :a")
    assert sql.numbered("$") == "select $1, ':a', $2::int, $1"
    assert sql.numbered("?") == "select ?1, ':a', ?2::int, ?1"
