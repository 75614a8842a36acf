"""Builds the statement of one shape once, and the parameters of each delivery for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from router.plugin import Permanent

from .params import Statement
from .tables import Target

_MOST = 200  # shapes kept of one table; `omit` makes several, and nobody has so many

Row = dict[str, Any]


def prepared(target: Target, statement: Statement, dialect: str) -> tuple[sa.Executable, Row]:
    """Return the statement with its parameters; raises Misfit or Permanent where table or values do not fit."""
    values, where, key = statement.values or {}, statement.where or {}, statement.keys
    row = {f"router_v{n}": target.column(name).fit(value) for n, (name, value) in enumerate(values.items())}
    row |= {f"router_w{n}": value for n, value in enumerate(_conditions(target, where))}
    if statement.upsert is not None:
        target.need_unique(key)
    shape = (statement.verb, tuple(values), tuple(where), key)
    if shape not in target.statements:
        if len(target.statements) >= _MOST:
            target.statements.clear()
        target.statements[shape] = _built(target, statement, dialect)
    return target.statements[shape], row


def _conditions(target: Target, where: Mapping[str, Any]) -> Iterator[Any]:
    for name, value in where.items():
        column = target.column(name)
        if column.scalar and isinstance(value, list | dict):
            raise Permanent(f"{column.label} is compared with a list or mapping: a `where` takes one value")
        yield column.fit(value)


def _built(target: Target, statement: Statement, dialect: str) -> sa.Executable:
    table = target.table
    values = {
        table.c[name]: sa.bindparam(f"router_v{n}", type_=target.columns[name].type)
        for n, name in enumerate(statement.values or {})
    }
    where = [
        table.c[name] == sa.bindparam(f"router_w{n}", type_=target.columns[name].type)
        for n, name in enumerate(statement.where or {})
    ]
    match statement.verb:
        case "upsert":
            return _upsert(table, values, statement.keys, dialect)
        case "insert":
            return table.insert().inline().values(values)
        case "update":
            return table.update().where(*where).values(values)
        case _:
            return table.delete().where(*where)


def _upsert(table: sa.Table, values: Mapping[Any, Any], key: tuple[str, ...], dialect: str) -> sa.Executable:
    insert: Any = (postgresql if dialect == "postgresql" else sqlite).insert(table).inline().values(values)
    rest = [column.name for column in values if column.name not in key]
    if not rest:
        return insert.on_conflict_do_nothing(index_elements=list(key))  # type: ignore[no-any-return]
    written = {name: insert.excluded[name] for name in rest}
    return insert.on_conflict_do_update(index_elements=list(key), set_=written)  # type: ignore[no-any-return]
