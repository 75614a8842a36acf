"""The tables that state facts of the code are true: answers, conversions, names that are not supported yet."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from router.ingress.answer import refusal
from router.registry import load_registry
from tests.docs.pages import ROOT, blocks, code, tables
from tests.servers import needed

POSTGRESQL = ROOT / "docs" / "postgresql.md"
TYPES: dict[str, Any] = {
    "text": sa.Text(),
    "varchar(3)": sa.String(3),
    "integer": sa.Integer(),
    "bigint": sa.BigInteger(),
    "numeric": sa.Numeric(),
    "boolean": sa.Boolean(),
    "timestamp": sa.DateTime(),
    "timestamptz": sa.DateTime(timezone=True),
    "date": sa.Date(),
    "uuid": sa.Uuid(),
    "json": postgresql.JSON(),
    "jsonb": postgresql.JSONB(),
    "text[]": postgresql.ARRAY(sa.Text()),
    "bytea": sa.LargeBinary(),
}


@pytest.mark.parametrize("row", tables(ROOT / "docs" / "http.md", "answers"), ids=lambda row: row[0])
def test_an_answer_is_what_its_page_says(row: list[str]) -> None:
    answer = refusal(int(row[0]))
    assert answer.text == code(row[1])
    assert ("Retry-After" in answer.headers) is ("Retry-After" in row[2])


@pytest.mark.parametrize("row", tables(POSTGRESQL, "coercions"), ids=lambda row: f"{row[0]} {row[1]}")
def test_a_value_becomes_what_the_page_of_postgresql_says(row: list[str]) -> None:
    action = load_registry(entry_points=False).actions["sql"].action
    coercion = import_module(f"{action.__module__}.coercion")
    for name in row[0].split(", "):
        coerce = coercion.coercer(TYPES[code(name)], "postgresql")
        value = json.loads(code(row[1]))
        if row[2] == "dead":
            with pytest.raises(coercion.Unfit):
                coerce(value)
        else:
            assert str(coerce(value)) == code(row[2])


async def test_the_tables_of_the_page_can_be_made_in_postgresql(tmp_path: Path) -> None:
    url = needed("ROUTER_TEST_POSTGRES_URL", "a PostgreSQL database that the tests may use")
    import asyncpg

    (ddl,) = [block.text for block in blocks(POSTGRESQL) if block.marker == "ddl"]
    connection = await asyncpg.connect(url)
    try:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute("create schema router_docs; set local search_path to router_docs")
        await connection.execute(ddl)
        await connection.execute((ROOT / "routes.example.sql").read_text())  # the same tables: nothing happens
        found = await connection.fetch(
            "select table_name from information_schema.tables where table_schema = 'router_docs'"
        )
        await transaction.rollback()
    finally:
        await connection.close()
    assert {row["table_name"] for row in found} == {"users", "workspaces", "team_members"}
