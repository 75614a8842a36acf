"""Sees whether the database is there and fits what the actions do to it; nothing is written, nothing is run."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from router.plugin import Finding, Permanent, Probed, Use

from .config import SqlConfig
from .database import Database
from .failure import Refused
from .fitness import misfits, unfit
from .rights import Rights, elsewhere, read_rights
from .trial import tried
from .written import Step, steps

_DEFINES = ("create", "alter", "drop", "set")


async def probed(config: SqlConfig, database: Database, uses: Sequence[Use]) -> Probed:
    """Connect, and compare each action with the tables as they are."""
    if config.dialect == "sqlite" and (missing := _missing_file(config)) is not None:
        return Probed("there is no database yet", [missing])
    try:
        server = await _server(config, database)
    except Refused as refused:
        return Probed("the login was refused", [Finding(refused.reason, ("url",))])
    findings = list(_unwritable(config))
    tables: set[str] = set()
    rights: dict[object, Rights | None] = {}
    for use in uses:
        group = steps(use.params)
        tables.update(step.table for step in group if step.table)
        findings += [replace(finding, use=use) async for finding in _of(config, database, group, rights)]
        findings += [replace(finding, use=use) async for finding in _of_examples(database, use, group)]
    names = ", ".join(f"`{name}`" for name in sorted(tables)[:8]) + (", ..." if len(tables) > 8 else "")
    fits = f"; {names} fit{'s' if len(tables) == 1 else ''}" if tables and not findings else ""
    return Probed(f"{server}{fits}", findings)


def _missing_file(config: SqlConfig) -> Finding | None:
    """Say that the file is not there; to connect would make it."""
    path = Path(config.path)
    if path.is_file():
        return None
    if path.exists():
        return Finding(f"`{config.path}` is no file", ("url",))
    if not path.absolute().parent.is_dir():
        hint = "make it; a relative path is relative to the working directory"
        return Finding(f"the folder of `{config.path}` does not exist", ("url",), hint=hint, unreachable=True)
    return Finding(f"there is no file `{config.path}`", ("url",), hint=_how_to_make(config), unreachable=True)


def _how_to_make(config: SqlConfig) -> str:
    schema = config.schema_file
    if schema is None:
        return "create it with its tables; or name a file of `create table if not exists` as the `schema`"
    if config.dialect == "sqlite":
        return f"`router dev` makes it from `{schema.name}`"
    return f"run the destination's schema against the database: psql -f {schema.name}"


def _unwritable(config: SqlConfig) -> Iterator[Finding]:
    path = Path(config.path) if config.dialect == "sqlite" else None
    for needed in (path, path.absolute().parent) if path is not None else ():
        if not os.access(needed, os.W_OK):
            yield Finding(f"`{needed}` cannot be written to by this user", ("url",), hint="check its permissions")
            return


async def _server(config: SqlConfig, database: Database) -> str:
    """Connect, and return what answers; raises Retry, or Permanent where it takes no writes."""
    async with database.looking() as connection:
        if config.dialect == "sqlite":
            version = (await connection.exec_driver_sql("select sqlite_version()")).scalar()
            await connection.exec_driver_sql(
                "select count(*) from sqlite_master"
            )  # reads the file for the first time
            return f"SQLite {version}"
        version = (await connection.exec_driver_sql("show server_version")).scalar()
        reads_only = (await connection.exec_driver_sql("show transaction_read_only")).scalar() == "on"
    if reads_only:
        raise Permanent("the database only reads: name the primary, or a user that may write")
    return f"PostgreSQL {str(version).split()[0]}"


async def _of(
    config: SqlConfig, database: Database, group: Sequence[Step], known: dict[object, Rights | None]
) -> AsyncIterator[Finding]:
    """Yield what is wrong with the statements of one action; `known` keeps rights by the shapes of statements."""
    for step in group:
        if step.verb == "execute":
            async with database.looking() as connection:
                async for finding in tried(connection, step):
                    yield finding
            if step.text.lstrip().lower().startswith(_DEFINES):
                return  # what comes after it may need what it makes
            continue
        try:
            target = await database.table(step.table)
        except Permanent as missing:
            yield await _missing_table(config, database, step, missing.reason)
            continue
        if step.shape not in known and config.dialect == "postgresql":
            async with database.looking() as connection:
                known[step.shape] = await read_rights(connection, step, target)
        rights = known.get(step.shape)
        for finding in misfits(step, target, triggers=rights is not None and rights.triggers):
            yield finding
        for finding in rights.findings(step) if rights is not None else ():
            yield finding


async def _of_examples(database: Database, use: Use, group: Sequence[Step]) -> AsyncIterator[Finding]:
    """Yield each column that takes the value of a template in none of the samples, or not in all.

    Where `for_each` makes several statements of one, which is which is not known, and nothing is said.
    """
    for number, step in enumerate(group):
        if step.table and use.examples:
            try:
                target = await database.table(step.table)
            except Permanent:
                return  # it was told
            made = [(example.event, steps(example.params)) for example in use.examples]
            for finding in unfit(step, target, [(event, s[number]) for event, s in made if len(s) == len(group)]):
                yield finding


async def _missing_table(config: SqlConfig, database: Database, step: Step, reason: str) -> Finding:
    """Say what is probably meant: a table of nearly that name, one of another schema, or one still to be made."""
    cut = re.fullmatch(r"(.*?)[:;] ((?:did you mean|there are).*)", reason, re.DOTALL)
    message, hint = (cut[1], cut[2]) if cut else (reason, None)
    schema = None
    if config.dialect == "postgresql" and "." not in step.table:
        async with database.looking() as connection:
            schema = await elsewhere(connection, step.table)
    if schema is not None:
        hint = f"there is one in the schema `{schema}`: write {schema}.{step.table}, or let this user use it"
    elif config.schema_file is not None and not (hint or "").startswith("did you mean"):
        hint = _how_to_make(config)
    return Finding(message, step.at(step.verb), hint=hint)
