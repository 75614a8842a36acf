"""Lets the database read the SQL of `execute` without running it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from router.plugin import Finding, Permanent

from .binds import read_sql
from .execute import parameters
from .failure import Misfit, told
from .written import Step, constants

_EXPLAINED = re.compile(r"\s*(select|insert|update|delete|merge|with|values)\b", re.I)
# SQLite carries these out while it reads them (sqlite.org/pragma.html).
_AT_ONCE = re.compile(r"\s*(pragma|attach|detach|vacuum)\b", re.I)


async def tried(connection: AsyncConnection, step: Step) -> AsyncIterator[Finding]:
    """Yield what the database says of the statement, and constants that do not fit its parameters."""
    sql = read_sql(step.text)
    if sql.fault or set(sql.names) - step.params.keys():
        return  # `check` has told
    seen: dict[str, Any] = {}
    nothing: dict[str, Any] = dict.fromkeys(sql.names)
    try:
        with told():
            if connection.dialect.name == "postgresql":
                async with connection.begin_nested():
                    text, row = await parameters(connection, sql, nothing, seen)
                    if not sql.names:
                        driver: Any = (await connection.get_raw_connection()).driver_connection
                        await driver.prepare(text)
                    if _EXPLAINED.match(text):
                        await connection.exec_driver_sql(f"explain {text}", row)
            elif not _AT_ONCE.match(step.text):
                text, row = await parameters(connection, sql, nothing, seen)
                await connection.exec_driver_sql(f"explain {text}", row)
    except Permanent as refused:
        yield Finding(refused.reason, step.at("execute"))
        return
    for name, value in constants(step.params):
        if name in sql.names:
            try:
                await parameters(connection, sql, {**nothing, name: value}, seen)
            except Misfit as misfit:
                yield Finding(misfit.reason, step.at("params", name))
