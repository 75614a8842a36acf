"""What one delivery does to the database: a statement, or several in one transaction."""

from __future__ import annotations

from router.plugin import Json, Model, Name

VERBS = ("upsert", "insert", "update", "delete", "execute")


class Statement(Model):
    """One statement: `upsert`, `insert`, `update` or `delete` names the table; `execute` is the SQL itself.

    `key` names the columns of a unique index; `values` and `where` are columns and their values, `params`
    the values of `:name` in `execute`. Names are constants; values keep the type they have in the event.
    """

    upsert: Name | None = None
    insert: Name | None = None
    update: Name | None = None
    delete: Name | None = None
    execute: Name | None = None
    key: Name | list[Name] | None = None
    values: dict[str, Json] | None = None
    where: dict[str, Json] | None = None
    params: dict[str, Json] | None = None

    @property
    def verb(self) -> str:
        """Which of the five it is."""
        return next(verb for verb in VERBS if getattr(self, verb) is not None)

    @property
    def table(self) -> str:
        """The table it names; '' for `execute`."""
        return "" if self.execute is not None else str(getattr(self, self.verb))

    @property
    def keys(self) -> tuple[str, ...]:
        """The key columns of an upsert."""
        return (self.key,) if isinstance(self.key, str) else tuple(self.key or ())


class SqlParams(Statement):
    """One statement, or `transaction`: a list of them that happens as a whole or not at all."""

    transaction: list[Statement] | None = None

    @property
    def statements(self) -> tuple[Statement, ...]:
        """The statements, in order."""
        return (self,) if self.transaction is None else tuple(self.transaction)
