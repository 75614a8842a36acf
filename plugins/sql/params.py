"""What one delivery does to the database: a statement, or several in one transaction."""

from __future__ import annotations

from pydantic import Field

from router.plugin import Json, Model, Name

VERBS = ("upsert", "insert", "update", "delete", "execute")


class Statement(Model):
    """One statement: `upsert`, `insert`, `update` or `delete` names the table; `execute` is the SQL itself.

    `key` names the columns of a unique index; `values` and `where` are columns and their values, `params`
    the values of `:name` in `execute`. Names are constants; values keep the type they have in the event.
    """

    upsert: Name | None = Field(None, description="Table to write one row to: new, or over the one of its key.")
    insert: Name | None = Field(None, description="Table to add one row to.")
    update: Name | None = Field(None, description="Table whose rows that fit `where` get `values`.")
    delete: Name | None = Field(None, description="Table whose rows that fit `where` go.")
    execute: Name | None = Field(None, description="Constant SQL with `:name` for each value of `params`.")
    key: Name | list[Name] | None = Field(None, description="Columns of a unique index, for `upsert`.")
    values: dict[str, Json] | None = Field(None, description="Columns and their values.")
    where: dict[str, Json] | None = Field(None, description="Columns and the values that they must have.")
    params: dict[str, Json] | None = Field(None, description="Values of `:name` in `execute`.")

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

    transaction: list[Statement] | None = Field(None, description="Statements that all happen, or none.")

    @property
    def statements(self) -> tuple[Statement, ...]:
        """The statements, in order."""
        return (self,) if self.transaction is None else tuple(self.transaction)
