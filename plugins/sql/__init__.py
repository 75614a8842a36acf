"""The `sql` action: rows in SQLite and PostgreSQL, through SQLAlchemy."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from router.plugin import Action, Delivery, Fault, Permanent, Probed, Retry, Starter, Subject, Usage, Use

from .check import rules, template_rules
from .config import SqlConfig
from .params import SqlParams, Statement
from .starter import rows

if TYPE_CHECKING:
    from .database import Database


class Sql(Action[SqlConfig, SqlParams]):
    """Writes rows: `upsert`, `insert`, `update`, `delete`, `execute`, or several in one `transaction`.

    An upsert, an update and a delete may be repeated without harm. An `insert` or `execute` may happen
    twice: when the process ends between the commit and the record of it, the delivery is tried again.
    """

    name = "sql"
    Config = SqlConfig
    Params = SqlParams

    _database: Database | None = None

    async def open(self) -> None:
        """Load the driver and make the pool; the first statement connects."""
        self._database = await asyncio.to_thread(_loaded, self.config, __package__ or __name__)

    async def close(self) -> None:
        """Close every connection."""
        if self._database is not None:
            await self._database.close()

    async def probe(self, uses: Sequence[Use]) -> Probed:
        """Connect, and see whether tables, columns and rights are there that the actions need; run nothing."""
        probe: Any = await asyncio.to_thread(import_module, f"{__package__ or __name__}.probe")
        found: Probed = await probe.probed(self.config, self._opened, uses)
        return found

    async def prepare(self) -> None:
        """Run the destination's `schema` file on SQLite; raises Permanent or Retry naming the file."""
        if self.config.dialect == "sqlite" and self.config.schema_file is not None:
            await self._opened.apply(self.config.schema_file)

    @classmethod
    def starter(cls, about: Subject) -> Starter:
        """Return a table that is kept in step with the sender, and the file that makes it."""
        return rows(about)

    @property
    def _opened(self) -> Database:
        if self._database is None:
            raise Retry("the destination is not open")
        return self._database

    async def rehearse(self, params: SqlParams, delivery: Delivery) -> dict[str, Any] | None:
        """Let a SQLite file be written to; other databases are not touched."""
        if self.config.dialect == "sqlite":
            return None
        return {"not run": f"{self.config.dialect} is written to with `router dev --write` only"}

    @classmethod
    def check(cls, config: SqlConfig | None, params: Mapping[str, Any], usage: Usage) -> Iterator[Fault]:
        """Yield what is wrong with the statements, before there is a database to ask."""
        yield from rules(params)
        yield from template_rules(params)

    async def execute(self, params: SqlParams, delivery: Delivery) -> dict[str, Any]:
        """Run the statements in one transaction; the facts say how many rows each touched."""
        for fault in rules(_plain(params)):
            raise Permanent(fault.message)
        statements = params.statements
        facts = [
            _fact(statement, rows)
            for statement, rows in zip(statements, await self._opened.run(statements), strict=True)
        ]
        return facts[0] if params.transaction is None else {"statement": "transaction", "statements": facts}


def _loaded(config: SqlConfig, package: str) -> Database:
    try:
        database: Database = import_module(f"{package}.database").Database(config)
    except ImportError as error:
        of = ".[postgres]" if config.dialect == "postgresql" else "."
        raise Retry(f"the package `{error.name}` is missing: in a checkout, pip install -e '{of}'") from None
    return database


def _fact(statement: Statement, rows: int) -> dict[str, Any]:
    table = {"table": statement.table} if statement.table else {}
    return {"statement": statement.verb, **table, "rows": rows}


def _plain(params: Statement) -> dict[str, Any]:
    """Return the parts that were given, as `rules` reads them."""
    parts = {name: value for name, value in params if value is not None}
    if "transaction" in parts:
        parts["transaction"] = [_plain(statement) for statement in parts["transaction"]]
    return parts
