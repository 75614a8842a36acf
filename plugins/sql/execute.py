"""The parameters of `execute`: PostgreSQL says itself what each is, SQLite takes anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from .binds import Sql
from .coercion import Coerce, Unfit, coercer, json_text
from .failure import Misfit

_TYPES: Mapping[str, Any] = {
    "int2": sa.SmallInteger(), "int4": sa.Integer(), "int8": sa.BigInteger(), "bool": sa.Boolean(),
    "float4": sa.Float(), "float8": sa.Double(), "numeric": sa.Numeric(), "uuid": sa.Uuid(),
    "text": sa.Text(), "varchar": sa.Text(), "bpchar": sa.Text(), "json": sa.JSON(), "jsonb": sa.JSON(),
    "date": sa.Date(), "time": sa.Time(), "timestamp": sa.DateTime(), "timestamptz": sa.DateTime(timezone=True),
    "bytea": sa.LargeBinary(),
}  # fmt: skip
_MOST = 500


async def parameters(
    connection: AsyncConnection, sql: Sql, given: Mapping[str, Any], seen: dict[str, list[tuple[str, Coerce]]]
) -> tuple[str, tuple[Any, ...]]:
    """Return the SQL with numbered parameters, and their values in that order; raises Misfit.

    `seen` keeps what PostgreSQL said of each text.
    """
    postgres = connection.dialect.name == "postgresql"
    text = sql.numbered("$" if postgres else "?")
    names = tuple(dict.fromkeys(sql.names))
    if not names:
        return text, ()
    if text not in seen:
        if len(seen) >= _MOST:
            seen.clear()
        seen[text] = await _asked(connection, text) if postgres else [("", _SQLITE)] * len(names)
    return text, tuple(
        _fit(name, type_, coerce, given[name]) for name, (type_, coerce) in zip(names, seen[text], strict=True)
    )


async def _asked(connection: AsyncConnection, text: str) -> list[tuple[str, Coerce]]:
    driver: Any = (await connection.get_raw_connection()).driver_connection
    async with driver.transaction():  # else asking would leave locks until the connection's next statement
        statement = await driver.prepare(text)
        return [(type_.name, _of(type_.name)) for type_ in statement.get_parameters()]


def _of(name: str) -> Coerce:
    if name.endswith("[]") and name[:-2] in _TYPES:
        return coercer(sa.ARRAY(_TYPES[name[:-2]]), "postgresql")
    coerce = coercer(_TYPES.get(name, sa.types.NullType()), "postgresql")
    if name in ("json", "jsonb"):
        return lambda value: None if value is None else json_text(coerce(value))
    return coerce


_SQLITE = coercer(sa.types.NullType(), "sqlite")


def _fit(name: str, type_: str, coerce: Coerce, value: Any) -> Any:
    try:
        return coerce(value)
    except Unfit as unfit:
        raise Misfit(f"`:{name}`{f' ({type_})' if type_ else ''} {unfit}") from None
