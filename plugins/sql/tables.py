"""The tables as they are in the database: their columns, types and unique indexes, read on first use."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import NoSuchTableError, SAWarning
from sqlalchemy.ext.asyncio import AsyncEngine

from .check import near
from .coercion import Anything, Coerce, Unfit, bound_as, coercer
from .failure import Misfit


@dataclass(frozen=True, slots=True)
class Column:
    """A column: the type that a parameter for it is sent as, and what makes a value of JSON fit it."""

    label: str
    type: Any
    coerce: Coerce
    scalar: bool
    nullable: bool = True
    computed: bool = False
    filled: bool = True  #: whether a new row may leave it out
    numeric: bool = False

    def fit(self, value: Any) -> Any:
        """Return the value as the column takes it; raises Misfit naming table, column and type."""
        try:
            return self.coerce(value)
        except Unfit as unfit:
            raise Misfit(f"{self.label} {unfit}") from None


@dataclass(frozen=True, slots=True)
class Target:
    """A table, and the statements that were built for it, by their shape."""

    name: str
    table: sa.Table
    columns: Mapping[str, Column]
    unique: Collection[frozenset[str]]
    statements: dict[Any, Any] = field(default_factory=dict)

    def column(self, name: str) -> Column:
        """Return a column; raises Misfit with the nearest name and the list of those there are."""
        if found := self.columns.get(name):
            return found
        known = ", ".join(list(self.columns)[:50])
        raise Misfit(f"`{self.name}` has no column `{name}`{near(name, self.columns) or '.'} Its columns: {known}")

    def need_unique(self, key: Collection[str]) -> None:
        """Raise Misfit unless the columns are those of a unique index: an upsert finds its row by one."""
        if frozenset(key) not in self.unique:
            columns = ", ".join(key)
            raise Misfit(
                f"`{self.name}` has no unique index on ({columns}), so an upsert cannot find its row: "
                f"create unique index on {self.name} ({columns})"
            )


class Tables:
    """The tables that were read; each is read once, and again after `forget`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._known: dict[str, Target] = {}
        self._reading = asyncio.Lock()

    def known(self, names: Collection[str]) -> dict[str, Target]:
        """Return those of the tables that need no reading."""
        return {name: self._known[name] for name in names if name in self._known}

    def forget(self, outdated: Mapping[str, Target]) -> None:
        """Read these tables again on their next use, unless somebody has done so already."""
        for name, target in outdated.items():
            if self._known.get(name) is target:
                del self._known[name]

    def forget_all(self) -> None:
        """Read every table again on its next use."""
        self._known.clear()

    async def get(self, name: str) -> Target:
        """Return a table; raises Misfit where it does not exist, and the database's own errors."""
        if name not in self._known:
            async with self._reading:
                if name not in self._known:
                    async with self._engine.connect() as connection:
                        self._known[name] = await connection.run_sync(_read, name)
        return self._known[name]


def _read(connection: sa.Connection, name: str) -> Target:
    # SQLAlchemy warns of types and indexes that it does not know; both have their rule here.
    for message in ("Did not recognize type", "Skipped unsupported reflection", "Could not instantiate type"):
        warnings.filterwarnings("ignore", message=message, category=SAWarning)
    dialect = connection.dialect.name
    schema, bare = None, name
    if dialect == "postgresql" and "." in name:
        schema, _, bare = name.partition(".")
    inspector = sa.inspect(connection)
    try:
        table = sa.Table(bare, sa.MetaData(), autoload_with=connection, schema=schema, resolve_fks=False)
    except NoSuchTableError:
        known = [*inspector.get_table_names(schema), *inspector.get_view_names(schema)]
        there = near(bare, known) or (f"; there are: {', '.join(sorted(known)[:30])}" if known else "")
        raise Misfit(f"there is no table `{name}` in the database{there}") from None
    unique = {frozenset(inspector.get_pk_constraint(bare, schema)["constrained_columns"])}
    for index in inspector.get_indexes(bare, schema, include_auto_indexes=True):
        partial = index.get("dialect_options", {}).get(f"{dialect}_where") is not None
        names = index["column_names"]
        if index["unique"] and not partial and None not in names:
            unique.add(frozenset(str(column) for column in names))
    columns = {
        column.name: Column(
            f"`{name}.{column.name}` ({_type_name(column.type)})",
            bound_as(column.type, dialect),
            coercer(column.type, dialect),
            not isinstance(column.type, sa.JSON | sa.ARRAY),
            nullable=bool(column.nullable) or _is_rowid(column, table, dialect),
            computed=column.computed is not None,
            filled=_is_filled(column, table, dialect),
            numeric=isinstance(column.type, sa.Integer | sa.Numeric | sa.Boolean)
            and not isinstance(column.type, Anything),
        )
        for column in table.columns
    }
    return Target(name, table, columns, unique)


def _is_filled(column: sa.Column[Any], table: sa.Table, dialect: str) -> bool:
    """Tell whether the database has a value for a column that a new row leaves out, be it null."""
    made = column.server_default is not None or column.identity is not None or column.computed is not None
    return made or bool(column.nullable) or _is_rowid(column, table, dialect)


def _is_rowid(column: sa.Column[Any], table: sa.Table, dialect: str) -> bool:
    """Tell whether it is SQLite's own number of the row, which it makes by itself (sqlite.org/rowidtable.html)."""
    keys = list(table.primary_key.columns)
    return dialect == "sqlite" and keys == [column] and isinstance(column.type, sa.INTEGER)


def _type_name(type_: Any) -> str:
    return str(getattr(type_, "name", None) or type_.__visit_name__).upper().replace("_", " ")
